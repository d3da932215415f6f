"""Events and exposures, and a server that is not always available."""

from __future__ import annotations

import logging
import math
import time
import uuid
from datetime import datetime, timezone
from typing import Any

import pytest
from openfeature import api
from openfeature.evaluation_context import EvaluationContext
from openfeature.track import TrackingEventDetails

from rampart_openfeature import RampartProvider

from .conftest import MakeProvider, until
from .fake_server import BadResponse, FakeServer

USER = EvaluationContext("u1")


def started(make: MakeProvider, **options: Any) -> RampartProvider:
    provider = make(**options)
    api.set_provider_and_wait(provider)
    return provider


def logged(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.message for record in caplog.records if record.message.startswith("events")]


class TestTrack:
    def test_an_event(self, make: MakeProvider, server: FakeServer) -> None:
        started(make)
        details = TrackingEventDetails(182.5, {"source": "radio", "at": datetime(2026, 1, 31), "no": {1}})  # type: ignore[dict-item]
        api.get_client().track("track_played", USER, details)
        until(lambda: server.events)
        (event,) = server.events
        assert uuid.UUID(event.pop("event_id"))
        sent = datetime.fromisoformat(event.pop("timestamp").replace("Z", "+00:00"))
        assert abs((datetime.now(timezone.utc) - sent).total_seconds()) < 5
        assert event == {
            "type": "track_played",
            "unit_id": "u1",
            "value": 182.5,
            "properties": {"source": "radio", "at": "2026-01-31T00:00:00.000Z"},
        }

    def test_optional_fields_are_left_out(self, make: MakeProvider, server: FakeServer) -> None:
        started(make)
        api.get_client().track("click", USER)
        until(lambda: server.events)
        assert set(server.events[0]) == {"event_id", "type", "unit_id", "timestamp"}

    @pytest.mark.parametrize(
        ("context", "value"),
        [
            (EvaluationContext(), 1),
            (EvaluationContext(7), 1),  # type: ignore[arg-type]
            (USER, math.nan),
            (USER, math.inf),
            (USER, True),
            (USER, "1"),
        ],
    )
    def test_an_invalid_event_is_dropped_counted_and_logged_once(
        self, context: EvaluationContext, value: Any, make: MakeProvider, server: FakeServer, caplog: Any
    ) -> None:
        provider = started(make)
        for _ in range(3):
            api.get_client().track("click", context, TrackingEventDetails(value))
        provider.shutdown()
        assert (server.tried, provider.dropped_events) == ([], 3)
        assert len([record for record in caplog.records if record.message.startswith("track")]) == 1

    def test_an_event_before_the_start_is_queued(self, make: MakeProvider, server: FakeServer) -> None:
        provider = make()
        provider.track("click", USER)
        provider.initialize(USER)
        until(lambda: server.events)

    def test_too_large(self, make: MakeProvider, server: FakeServer) -> None:
        provider = started(make)
        provider.track("click", USER, TrackingEventDetails(None, {"text": "x" * 1_100_000}))
        provider.shutdown()
        assert (server.tried, provider.dropped_events) == ([], 1)


class TestExposures:
    def test_one_for_each_unit(self, make: MakeProvider, server: FakeServer) -> None:
        provider = started(make)
        client = api.get_client()
        for unit in ("u1", "u2", "u1", "u2"):
            client.get_string_value("f", "", EvaluationContext(unit))
        client.get_boolean_value("bool", False, USER)
        provider.shutdown()
        exposures = sorted((event["unit_id"], event["type"], event["variant"]) for event in server.events)
        assert exposures == [("u1", "exposure", "treatment"), ("u2", "exposure", "treatment")]
        assert {event["experiment_id"] for event in server.events} == {"e"}

    def test_even_if_another_type_was_requested(self, make: MakeProvider, server: FakeServer) -> None:
        provider = started(make)
        assert api.get_client().get_integer_value("f", 5, USER) == 5
        provider.shutdown()
        assert [event["unit_id"] for event in server.events] == ["u1"]

    def test_switched_off(self, make: MakeProvider, server: FakeServer) -> None:
        provider = started(make, exposures=False)
        api.get_client().get_string_value("f", "", USER)
        provider.assign("e", "u1")
        provider.track("click", USER)
        provider.shutdown()
        assert [event["type"] for event in server.events] == ["click"]

    def test_a_dropped_exposure_is_repeated(self, make: MakeProvider, server: FakeServer) -> None:
        provider = started(make)
        server.bad_event_responses = [BadResponse(422)]
        provider.assign("e", "u1")
        until(lambda: provider.dropped_events == 1)
        provider.assign("e", "u1")
        until(lambda: server.events)


class TestDelivery:
    @pytest.mark.parametrize(
        "bad",
        [
            BadResponse(503, headers={"Retry-After": "0"}),
            BadResponse(500),
            BadResponse(429),
            BadResponse(401),
            BadResponse(200, b"<html>"),
            BadResponse(202, b'{"accepted":"all"}'),
            BadResponse(202, b"{", headers={"Content-Length": "100"}),
        ],
    )
    def test_events_are_sent_again_with_the_same_ids(
        self, bad: BadResponse, make: MakeProvider, server: FakeServer, caplog: Any
    ) -> None:
        caplog.set_level(logging.INFO, "rampart_openfeature")
        provider = started(make)
        server.bad_event_responses = [bad, bad]
        provider.track("first", USER)
        until(lambda: server.tried)
        provider.track("second", USER)
        until(lambda: len(server.events) == 2)
        first, second, third, *_ = server.tried
        assert first == second == third
        assert [event["type"] for event in server.events] == ["first", "second"]
        assert provider.dropped_events == 0
        until(lambda: len(logged(caplog)) == 2)
        assert logged(caplog)[1].endswith("is over")

    def test_an_unreachable_server(self, make: MakeProvider, server: FakeServer) -> None:
        provider = started(make)
        server.stop()
        for number in range(20):
            provider.track(f"t{number}", USER)
        time.sleep(0.2)
        server.start()
        until(lambda: len(server.events) == 20)
        assert [event["type"] for event in server.events] == [f"t{number}" for number in range(20)]
        assert len({event["event_id"] for event in server.events}) == 20

    def test_retry_after_is_respected(self, make: MakeProvider, server: FakeServer) -> None:
        provider = started(make)
        server.bad_event_responses = [BadResponse(429, headers={"Retry-After": "1"})]
        provider.track("click", USER)
        until(lambda: server.tried)
        began = time.monotonic()
        until(lambda: server.events)
        assert time.monotonic() - began > 0.8

    def test_batches_of_a_thousand(self, make: MakeProvider, server: FakeServer) -> None:
        provider = started(make, flush_interval=30)
        for number in range(2_500):
            provider.track(f"t{number}", USER)
        until(lambda: len(server.events) >= 2_000)  # A full batch does not wait for the interval.
        provider.shutdown()
        assert max(len(batch) for batch in server.batches) <= 1_000
        assert [event["type"] for event in server.events] == [f"t{number}" for number in range(2_500)]

    def test_batches_stay_below_the_servers_limit(self, make: MakeProvider, server: FakeServer) -> None:
        provider = started(make)
        for _ in range(5):
            provider.track("click", USER, TrackingEventDetails(None, {"text": "x" * 400_000}))
        until(lambda: len(server.events) == 5)
        assert max(len(batch) for batch in server.batches) == 2

    def test_a_batch_that_is_too_large_is_halved(self, make: MakeProvider, server: FakeServer) -> None:
        provider = started(make, flush_interval=0.2)
        server.bad_event_responses = [BadResponse(413), BadResponse(413)]
        for number in range(8):
            provider.track(f"t{number}", USER)
        until(lambda: len(server.events) == 8)
        assert [len(batch) for batch in server.tried[:3]] == [8, 4, 2]
        assert [event["type"] for event in server.events] == [f"t{number}" for number in range(8)]

    def test_a_batch_rejected_for_good_is_dropped(
        self, make: MakeProvider, server: FakeServer, caplog: Any
    ) -> None:
        provider = started(make)
        server.bad_event_responses = [BadResponse(422, b'{"code":"validation_failed"}')]
        provider.track("click", USER)
        until(lambda: provider.dropped_events == 1)
        time.sleep(0.1)
        assert len(server.tried) == 1
        assert "validation_failed" in caplog.text

    def test_rejected_events_are_logged_and_not_repeated(
        self, make: MakeProvider, server: FakeServer, caplog: Any
    ) -> None:
        provider = started(make)
        server.rejected = [{"index": 0, "code": "too_old", "message": "more than 48 hours"}]
        provider.track("click", USER)
        until(lambda: "too_old" in caplog.text)
        time.sleep(0.1)
        assert len(server.tried) == 1
        assert "more than 48 hours" in caplog.text

    def test_overflow_drops_the_oldest_and_counts(
        self, make: MakeProvider, server: FakeServer, caplog: Any
    ) -> None:
        server.stop()
        provider = make(max_events=10, timeout=0.05)
        for number in range(25):
            provider.track(f"t{number}", USER)
        assert provider.dropped_events == 15
        assert len(logged(caplog)) == 1
        server.start()
        provider.initialize(USER)
        until(lambda: len(server.events) == 10)
        assert [event["type"] for event in server.events] == [f"t{number}" for number in range(15, 25)]


class TestEnd:
    def test_queued_events_are_sent(self, make: MakeProvider, server: FakeServer) -> None:
        provider = started(make, flush_interval=30)
        provider.track("click", USER)
        provider.shutdown()
        assert [event["type"] for event in server.events] == ["click"]
        assert provider.dropped_events == 0

    def test_it_keeps_trying_until_its_time_is_up(self, make: MakeProvider, server: FakeServer) -> None:
        provider = started(make, flush_interval=30, timeout=2)
        server.bad_event_responses = [BadResponse(503), BadResponse(503)]
        provider.track("click", USER)
        provider.shutdown()
        assert len(server.events) == 1

    def test_events_that_could_not_be_sent_are_counted(
        self, make: MakeProvider, server: FakeServer, caplog: Any
    ) -> None:
        provider = started(make, flush_interval=30, timeout=0.3)
        server.stop()
        for _ in range(3):
            provider.track("click", USER)
        began = time.monotonic()
        provider.shutdown()
        assert time.monotonic() - began < 2
        assert provider.dropped_events == 3
        assert "3 dropped: they could not be sent before the end" in caplog.text
        server.start()
