"""The provider, used through OpenFeature's client, with a server that can misbehave."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
import time
from typing import Any

import pytest
from openfeature import api
from openfeature.evaluation_context import EvaluationContext
from openfeature.exception import ErrorCode, ProviderNotReadyError
from openfeature.flag_evaluation import FlagEvaluationDetails
from openfeature.provider import ProviderStatus

from rampart_openfeature import RampartProvider

from .conftest import Events, MakeProvider, until
from .documents import document, flag
from .fake_server import KEY, BadResponse, FakeServer

USER = EvaluationContext("u1", {"country": "US"})


class TestValues:
    @pytest.fixture(autouse=True)
    def ready(self, make: MakeProvider) -> None:
        api.set_provider_and_wait(make())
        self.client = api.get_client()

    @pytest.mark.parametrize(
        ("type", "key", "default", "expected"),
        [
            ("boolean", "bool", False, True),
            ("string", "text", "", "hello"),
            ("integer", "int", 0, 10),
            ("integer", "whole", 0, 10),
            ("float", "float", 0.0, 0.5),
            ("float", "int", 0.0, 10.0),
            ("object", "object", {}, {"a": [1]}),
        ],
    )
    def test_matching_types(self, type: str, key: str, default: Any, expected: Any) -> None:
        details = getattr(self.client, f"get_{type}_details")(key, default, USER)
        assert details.value == expected
        assert details.value.__class__ is expected.__class__
        assert (details.variant, details.reason, details.error_code) == ("v", "STATIC", None)
        assert details.flag_metadata == {"revision": 3}
        later = getattr(self.client, f"get_{type}_details_async")(key, default, USER)
        assert asyncio.run(later) == details

    @pytest.mark.parametrize(
        ("type", "key", "default"),
        [
            ("boolean", "int", False),
            ("boolean", "text", False),
            ("string", "int", ""),
            ("integer", "bool", 0),
            ("integer", "float", 0),
            ("integer", "text", 0),
            ("float", "bool", 0.0),
            ("float", "text", 0.0),
            ("object", "text", {}),
            ("object", "null", {}),
            ("boolean", "null", False),
        ],
    )
    def test_other_types(self, type: str, key: str, default: Any) -> None:
        details = getattr(self.client, f"get_{type}_details")(key, default, USER)
        assert (details.value, details.error_code) == (default, ErrorCode.TYPE_MISMATCH)
        assert details.reason == "ERROR"

    def test_a_flag_without_a_value_gives_the_default(self) -> None:
        details = self.client.get_string_details("off", "mine", USER)
        assert (details.value, details.reason, details.variant) == ("mine", "DISABLED", None)
        assert details.error_code is None

    def test_not_found(self) -> None:
        details = self.client.get_boolean_details("none", True, USER)
        assert (details.value, details.error_code) == (True, ErrorCode.FLAG_NOT_FOUND)

    @pytest.mark.parametrize("unit", [None, ""])
    def test_no_unit(self, unit: str | None) -> None:
        details = self.client.get_integer_details("split", 5, EvaluationContext(unit))
        assert (details.value, details.error_code) == (5, ErrorCode.TARGETING_KEY_MISSING)
        assert self.client.get_boolean_value("bool", False, EvaluationContext(unit)) is True
        assert self.client.get_boolean_value("bool", False) is True

    def test_a_unit_that_is_not_a_string(self) -> None:
        context = EvaluationContext(42)  # type: ignore[arg-type]
        details = self.client.get_integer_details("split", 5, context)
        assert (details.value, details.error_code) == (5, ErrorCode.INVALID_CONTEXT)
        assert "targeting_key must be a str" in (details.error_message or "")

    def test_a_caller_changes_only_its_own_copy(self) -> None:
        value: Any = self.client.get_object_value("object", {}, USER)
        value["a"].append(2)
        details = self.client.get_object_details("object", {}, USER)
        details.flag_metadata["revision"] = 9  # type: ignore[index]
        again = self.client.get_object_details("object", {}, USER)
        assert (again.value, again.flag_metadata) == ({"a": [1]}, {"revision": 3})

    def test_an_experiment(self) -> None:
        details = self.client.get_string_details("f", "", USER)
        assert (details.value, details.reason) == ("value of treatment", "SPLIT")
        assert details.flag_metadata == {
            "revision": 7,
            "experiment_id": "e",
            "variant": "treatment",
            "in_experiment": True,
        }

    @pytest.mark.parametrize(
        "attributes", [{"a": object()}, {"a": 10**400}, {"a": {1: 2}}, {"a": [float("nan")]}]
    )
    def test_any_attributes_are_accepted(self, attributes: Any) -> None:
        assert self.client.get_boolean_value("bool", False, EvaluationContext("u1", attributes)) is True


class TestAssign:
    def test_assignment(self, make: MakeProvider, server: FakeServer) -> None:
        provider = make()
        assert provider.assign("e", "u1").reason == "PROVIDER_NOT_READY"
        api.set_provider_and_wait(provider)
        one = provider.assign("e", "u1", {"country": "US"})
        assert (one.variant, one.config, one.in_experiment) == ("treatment", {"algorithm": "hybrid"}, True)
        assert (one.reason, one.revision, one.experiment_id, one.unit_id) == ("SPLIT", 7, "e", "u1")
        until(lambda: server.events)
        provider.assign("e", "u1")
        provider.assign("e", "u2", exposure=False)
        provider.shutdown()
        assert [event["unit_id"] for event in server.events] == ["u1"]

    def test_no_answer(self, make: MakeProvider) -> None:
        provider = make()
        api.set_provider_and_wait(provider)
        assert provider.assign("none", "u1").reason == "EXPERIMENT_NOT_FOUND"
        assert provider.assign("e", "").reason == "TARGETING_KEY_MISSING"
        assert provider.assign("e", None).reason == "TARGETING_KEY_MISSING"  # type: ignore[arg-type]
        assert provider.assign("none", "u1").variant is None


def value_of_bool() -> FlagEvaluationDetails[bool]:
    return api.get_client().get_boolean_details("bool", False, USER)


class TestStart:
    def test_ready(self, make: MakeProvider, events: Events) -> None:
        provider = make()
        before = provider.resolve_boolean_details("bool", False, USER)
        assert (before.value, before.error_code) == (False, ErrorCode.PROVIDER_NOT_READY)
        api.set_provider_and_wait(provider)
        until(lambda: events.names == ["READY"])
        assert value_of_bool().value is True

    def test_an_unreachable_server_that_comes_back(
        self, make: MakeProvider, server: FakeServer, events: Events, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.INFO, "rampart_openfeature")
        server.stop()
        began = time.monotonic()
        with pytest.raises(ProviderNotReadyError) as raised:
            api.set_provider_and_wait(make(timeout=0.3))
        assert 0.25 < time.monotonic() - began < 1
        assert "no snapshot from" in str(raised.value.error_message)
        assert value_of_bool().error_code is ErrorCode.PROVIDER_NOT_READY
        assert value_of_bool().value is False
        server.start()
        until(lambda: events.names == ["ERROR", "READY"])
        assert value_of_bool().value is True
        assert api.get_client().get_provider_status() is ProviderStatus.READY
        logged = [record.message for record in caplog.records if record.message.startswith("snapshot")]
        assert len(logged) == 2
        assert "unreachable" in logged[0]
        assert "is over" in logged[1]

    def test_a_slow_server(self, make: MakeProvider, server: FakeServer, events: Events) -> None:
        body = json.dumps(server.snapshot).encode()
        server.bad_response = BadResponse(200, body, after=0.3)
        with pytest.raises(ProviderNotReadyError):
            api.set_provider_and_wait(make(timeout=0.1))
        until(lambda: events.names == ["ERROR", "READY"])
        assert value_of_bool().value is True

    @pytest.mark.parametrize(
        "wrong",
        [
            {"base_url": ""},
            {"base_url": "localhost:8080"},
            {"base_url": "ftp://host"},
            {"base_url": "http://"},
            {"base_url": "http://host:port"},
            {"base_url": "http://host?a=1"},
            {"api_key": ""},
            {"api_key": "a\nb"},
            {"timeout": 0},
            {"timeout": float("inf")},
            {"poll_interval": "1"},
            {"flush_interval": -1},
            {"max_events": 0},
            {"stream": 1},
            {"exposures": None},
        ],
    )
    def test_errors_name_the_option(self, wrong: dict[str, Any]) -> None:
        with pytest.raises(ValueError, match=next(iter(wrong))):
            RampartProvider(**{"base_url": "http://host", "api_key": "key", **wrong})


CUT_OFF = {"Content-Length": "100000", "Connection": "close"}
TROUBLES = [
    (BadResponse(500), "HTTP 500"),
    (BadResponse(503, headers={"Retry-After": "0"}), "HTTP 503"),
    (BadResponse(401), "HTTP 401"),
    (BadResponse(404), "HTTP 404"),
    (BadResponse(302, headers={"Location": "/login"}), "HTTP 302"),
    (BadResponse(304), ""),
    (BadResponse(200, b""), "not JSON"),
    (BadResponse(200, b"<html>"), "not JSON"),
    (BadResponse(200, b"\xff\xfe"), "not JSON"),
    (BadResponse(200, b"[" * 100_000), "not JSON"),
    (BadResponse(200, b"null"), "not a snapshot"),
    (BadResponse(200, b'{"format":1}'), "not a snapshot"),
    (BadResponse(200, json.dumps(document(flags={})).encode()), "not a snapshot"),
    (BadResponse(200, json.dumps(document(format=2)).encode()), "another format"),
    (BadResponse(200, b"{", headers={"Content-Length": "1000"}, after=0), "unreachable"),
    (BadResponse(200, b"", after=0.8), "unreachable"),
    # A complete snapshot, but the response was cut off.
    (BadResponse(200, json.dumps(document()).encode(), headers=CUT_OFF), "unreachable"),
]


@pytest.mark.parametrize(("bad", "kind"), TROUBLES, ids=[f"{bad.status}-{kind}" for bad, kind in TROUBLES])
def test_a_problem_keeps_the_last_snapshot_and_is_reported_once(
    bad: BadResponse,
    kind: str,
    make: MakeProvider,
    server: FakeServer,
    events: Events,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, "rampart_openfeature")
    api.set_provider_and_wait(make())
    time.sleep(0.3)
    polls = len(server.polls)
    server.bad_response = bad
    until(lambda: len(server.polls) > polls + 3)
    assert value_of_bool().value is True
    if not kind:  # A 304 means that nothing has changed.
        assert events.names == ["READY"]
        return
    until(lambda: events.names == ["READY", "ERROR"])
    assert api.get_client().get_provider_status() is ProviderStatus.ERROR
    assert kind in (events.seen[1][1].message or "")
    server.bad_response = None
    until(lambda: events.names == ["READY", "ERROR", "READY"])
    logged = [record.message for record in caplog.records if record.message.startswith("snapshot")]
    assert len(logged) == 2
    assert kind in logged[0]
    assert kind in logged[1]
    assert logged[1].endswith("is over")


def test_without_any_good_snapshot(make: MakeProvider, server: FakeServer) -> None:
    server.bad_response = BadResponse(200, b"<html>")
    with pytest.raises(ProviderNotReadyError):
        api.set_provider_and_wait(make(timeout=0.2))
    details = value_of_bool()
    assert (details.value, details.error_code) == (False, ErrorCode.PROVIDER_NOT_READY)
    assert "not JSON" in (details.error_message or "")


def test_a_restarted_server(make: MakeProvider, server: FakeServer, events: Events) -> None:
    api.set_provider_and_wait(make())
    time.sleep(0.3)
    server.stop()
    until(lambda: events.names == ["READY", "ERROR"])
    assert value_of_bool().value is True
    server.change(flags=[flag("bool", **{"else": {"variant": "v", "value": False}})])
    server.start()
    until(lambda: value_of_bool().value is False)


class TestPolling:
    def test_requests(self, make: MakeProvider, server: FakeServer) -> None:
        provider = make()
        api.set_provider_and_wait(provider)
        until(lambda: len(server.polls) > 3)
        provider.shutdown()
        first, second, *_, last = server.polls
        assert "serving" not in first
        assert second == {"instance_id": first["instance_id"], "serving": "12"}
        assert last == {**second, "closing": "true"}
        assert [poll for poll in server.polls if "closing" in poll] == [last]
        assert server.connections == 1
        assert server.statuses[0] == 200
        assert set(server.statuses[1:]) == {304}
        assert all(agent.startswith("rampart-openfeature-python/") for agent in server.user_agents)

    def test_a_change(self, make: MakeProvider, server: FakeServer, events: Events) -> None:
        api.set_provider_and_wait(make())
        server.change(flags=[flag("bool", **{"else": {"variant": "v", "value": False}})])
        until(lambda: value_of_bool().value is False)
        until(lambda: "CONFIGURATION_CHANGED" in events.names)
        changed = events.seen[events.names.index("CONFIGURATION_CHANGED")][1].flags_changed
        assert changed and "bool" in changed and "text" in changed
        until(lambda: server.polls[-1]["serving"] == "13")

    def test_a_broken_definition_is_logged_and_the_others_are_served(
        self, make: MakeProvider, server: FakeServer, caplog: pytest.LogCaptureFixture
    ) -> None:
        server.snapshot["flags"].append({"key": "broken"})
        api.set_provider_and_wait(make())
        assert value_of_bool().value is True
        assert "must have revision; it is not served" in caplog.text

    def test_an_older_revision_is_refused_for_a_while(
        self, make: MakeProvider, server: FakeServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def text(revision: int) -> None:
            own = flag("text", **{"else": {"variant": "v", "value": f"of {revision}"}})
            server.snapshot = {**server.snapshot, "revision": revision, "flags": [own]}

        text(20)
        api.set_provider_and_wait(make(poll_interval=0.02))
        client = api.get_client()
        text(19)
        polls = len(server.polls)
        until(lambda: len(server.polls) > polls + 5)
        assert client.get_string_value("text", "", USER) == "of 20"
        server.age = 5  # Cut off: its older revision is never accepted.
        until(lambda: len(server.polls) > polls + 10)
        monkeypatch.setattr("rampart_openfeature.snapshot_keeper._OLDER_GRACE", 0.05)
        polls = len(server.polls)
        until(lambda: len(server.polls) > polls + 10)
        assert client.get_string_value("text", "", USER) == "of 20"
        server.age = 0
        until(lambda: client.get_string_value("text", "", USER) == "of 19")

    def test_evaluations_never_see_a_mix_of_two_snapshots(
        self, make: MakeProvider, server: FakeServer
    ) -> None:
        def both(value: int) -> list[dict[str, Any]]:
            own = {"else": {"variant": "v", "value": value}}
            needs = [{"flag": "a", "variants": [str(value)]}]
            return [
                flag("a", **{"else": {"variant": str(value), "value": value}}),
                flag("b", prerequisites=needs, **own),
            ]

        server.change(flags=both(0))
        provider = make(poll_interval=0.005)
        api.set_provider_and_wait(provider)
        wrong: list[Any] = []
        done = threading.Event()

        def evaluate() -> None:
            while not done.is_set():
                details = provider.resolve_integer_details("b", -1, USER)
                if details.error_code or details.reason != "STATIC":
                    wrong.append(details)

        thread = threading.Thread(target=evaluate)
        thread.start()
        for value in range(1, 15):
            server.change(flags=both(value))
            until(lambda value=value: provider.resolve_integer_details("a", -1, USER).value == value)  # type: ignore[misc]
        done.set()
        thread.join()
        assert wrong == []


def test_stale_by_the_age_of_responses(make: MakeProvider, server: FakeServer) -> None:
    provider = make(poll_interval=0.02)
    api.set_provider_and_wait(provider)
    assert not provider.is_stale
    server.age = 700
    until(lambda: provider.is_stale)
    server.age = 1
    until(lambda: not provider.is_stale)


def test_stale(make: MakeProvider, server: FakeServer, events: Events) -> None:
    server.snapshot["stale_after_ms"] = 300
    provider = make()
    api.set_provider_and_wait(provider)
    client = api.get_client()
    assert client.get_string_details("f", "", USER).reason == "SPLIT"
    until(lambda: server.events)
    server.stop()
    until(lambda: provider.is_stale)
    details = client.get_string_details("f", "", EvaluationContext("u2"))
    assert (details.value, details.reason) == ("value of else", "STALE")
    assert details.flag_metadata["in_experiment"] is False
    assert provider.assign("e", "u2").reason == "STALE"
    assert client.get_boolean_value("bool", False, USER) is True
    until(lambda: "STALE" in events.names)
    assert client.get_provider_status() is ProviderStatus.STALE
    server.start()
    until(lambda: events.names[-1] == "READY")
    assert client.get_string_details("f", "", USER).reason == "SPLIT"
    provider.shutdown()
    assert [event["unit_id"] for event in server.events] == ["u1"]


class TestStream:
    CHANGE = b'data: {"type":"refetchEvaluation","revision":13}\n\n'

    def test_a_change_is_fetched_at_once(self, make: MakeProvider, server: FakeServer) -> None:
        server.has_stream = True
        api.set_provider_and_wait(make(stream=True, poll_interval=30))
        until(lambda: server.streams and len(server.polls) == 2)
        server.send_to_streams(b'data: {"type":"other"}\n\ndata: rubbish\n\n: ping\n\n')
        time.sleep(0.1)
        assert len(server.polls) == 2
        server.change(flags=[flag("bool", **{"else": {"variant": "v", "value": False}})])
        server.send_to_streams(self.CHANGE)
        until(lambda: value_of_bool().value is False)

    def test_without_a_stream_polling_continues(
        self, make: MakeProvider, server: FakeServer, caplog: pytest.LogCaptureFixture
    ) -> None:
        api.set_provider_and_wait(make(stream=True))
        until(lambda: server.statuses.count(404) > 2)
        polls = len(server.polls)
        until(lambda: len(server.polls) > polls)
        logged = [record.message for record in caplog.records if record.message.startswith("stream")]
        assert len(logged) == 1

    def test_a_broken_stream_is_opened_again(self, make: MakeProvider, server: FakeServer) -> None:
        server.has_stream = True
        api.set_provider_and_wait(make(stream=True))
        until(lambda: server.streams == 1)
        server.break_streams()
        until(lambda: server.streams == 1)


class TestEnd:
    def test_shutdown_twice_is_quick(self, make: MakeProvider, server: FakeServer) -> None:
        server.has_stream = True
        provider = make(stream=True, poll_interval=30)
        api.set_provider_and_wait(provider)
        until(lambda: server.streams == 1)
        began = time.monotonic()
        provider.shutdown()
        provider.shutdown()
        assert time.monotonic() - began < 1
        until(lambda: not [thread for thread in threading.enumerate() if thread.name.startswith("rampart-")])

    def test_shutdown_with_a_server_that_hangs(self, make: MakeProvider, server: FakeServer) -> None:
        provider = make(timeout=0.3, request_timeout=20)
        api.set_provider_and_wait(provider)
        server.bad_response = BadResponse(200, after=3)
        server.bad_event_responses = [BadResponse(202, after=3)]
        provider.assign("e", "u1")
        until(lambda: server.tried)
        began = time.monotonic()
        provider.shutdown()
        assert time.monotonic() - began < 2.5
        assert provider.dropped_events == 1

    def test_shutdown_before_the_start(self, make: MakeProvider) -> None:
        make().shutdown()

    def test_start_after_a_shutdown(self, make: MakeProvider, server: FakeServer) -> None:
        provider = make()
        api.set_provider_and_wait(provider)
        provider.shutdown()
        assert (
            provider.resolve_boolean_details("bool", False, USER).error_code is ErrorCode.PROVIDER_NOT_READY
        )
        provider.initialize(USER)
        assert provider.resolve_boolean_details("bool", False, USER).value is True
        assert len({poll["instance_id"] for poll in server.polls}) == 2


def test_a_base_url_with_a_path(server: FakeServer) -> None:
    provider = RampartProvider(base_url=server.url + "/rampart/", api_key=KEY, timeout=0.2, stream=False)
    with pytest.raises(ProviderNotReadyError):
        provider.initialize(USER)
    provider.shutdown()
    assert 404 in server.statuses
