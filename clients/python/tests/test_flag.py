"""The steps of evaluating a flag, in the order of docs/snapshot.md."""

from __future__ import annotations

from typing import Any

import pytest

from rampart_openfeature.slots import slots_under

from .documents import NOW, document, driven, evaluate, experiment, flag, outcome, served

SPLIT = {"split": [[5_000, outcome("a")], [10_000, outcome("b")]]}
IN_US = {"conditions": {"country": "US"}, "serve": outcome("us")}
US = {"country": "US"}


def single_flag(**fields: Any) -> dict[str, Any]:
    return document(flags=[flag(**fields)])


def test_not_found() -> None:
    assert evaluate(single_flag(), "g") == {"error": "FLAG_NOT_FOUND"}


def test_else_and_metadata() -> None:
    assert evaluate(single_flag(metadata={"team": "search"})) == {
        "value": "value of else",
        "variant": "else",
        "reason": "STATIC",
        "metadata": {"team": "search", "revision": 3},
    }


def test_an_empty_outcome_has_no_value() -> None:
    assert evaluate(single_flag(inactive="DISABLED", off={})) == {
        "reason": "DISABLED",
        "metadata": {"revision": 3},
    }


def test_null_is_a_value() -> None:
    assert evaluate(single_flag(**{"else": {"variant": "v", "value": None}}))["value"] is None


@pytest.mark.parametrize("reason", ["DISABLED", "DEFAULT"])
def test_inactive_comes_first(reason: str) -> None:
    late = {"schedule": {"from": NOW + 1}, "before": [{"conditions": {}, "serve": outcome("x")}]}
    assert served(single_flag(inactive=reason, **late)) == ("off", reason)


@pytest.mark.parametrize(
    ("schedule", "is_on"),
    [
        ({}, True),
        ({"from": NOW}, True),
        ({"from": NOW + 1}, False),
        ({"until": NOW}, False),
        ({"until": NOW + 1}, True),
        ({"from": NOW - 1, "until": NOW + 1}, True),
        ({"from": NOW + 1, "until": NOW + 2}, False),
    ],
)
def test_schedule(schedule: dict[str, int], is_on: bool) -> None:
    before = [{"conditions": {}, "serve": outcome("rule")}]
    on, off = ("rule", "TARGETING_MATCH"), ("off", "DISABLED")
    assert served(single_flag(schedule=schedule, before=before)) == (on if is_on else off)
    # A rule outside of its schedule is skipped.
    ruled = single_flag(before=[{**before[0], "schedule": schedule}])
    assert served(ruled) == (on if is_on else ("else", "STATIC"))
    ruled = single_flag(after=[{**before[0], "schedule": schedule, "reason": "TARGETING_MATCH"}])
    assert served(ruled) == (on if is_on else ("else", "STATIC"))


class TestPrerequisites:
    def snapshot(self, **other: Any) -> dict[str, Any]:
        needs = [{"flag": "g", "variants": ["on", "us"]}]
        return document(
            flags=[flag("f", prerequisites=needs, before=[{"conditions": {}, "serve": outcome("x")}])]
            + ([flag("g", **other)] if other else [])
        )

    def test_met(self) -> None:
        assert served(self.snapshot(**{"else": outcome("on")})) == ("x", "TARGETING_MATCH")
        assert served(self.snapshot(before=[IN_US]), context=US) == ("x", "TARGETING_MATCH")

    def test_not_met(self) -> None:
        assert served(self.snapshot(before=[IN_US])) == ("off", "DEFAULT")
        assert served(self.snapshot(inactive="DISABLED")) == ("off", "DEFAULT")
        assert served(self.snapshot(**{"else": {}})) == ("off", "DEFAULT")

    def test_missing(self) -> None:
        assert served(self.snapshot()) == ("off", "DEFAULT")

    def test_an_error_in_a_prerequisite_is_an_error_of_the_flag(self) -> None:
        assert served(self.snapshot(**{"else": SPLIT}), unit=None) == (None, "TARGETING_KEY_MISSING")

    def test_in_order(self) -> None:
        # The first is not met: the error of the second is never reached.
        needs = [{"flag": "g", "variants": ["on"]}, {"flag": "h", "variants": ["on"]}]
        flags = [flag("f", prerequisites=needs), flag("g"), flag("h", **{"else": SPLIT})]
        assert served(document(flags=flags), unit=None) == ("off", "DEFAULT")


def test_before_in_order() -> None:
    rules = [IN_US, {"conditions": {}, "serve": outcome("all")}]
    assert served(single_flag(before=rules), context=US) == ("us", "TARGETING_MATCH")
    assert served(single_flag(before=rules)) == ("all", "TARGETING_MATCH")
    assert served(single_flag(before=rules[:1])) == ("else", "STATIC")


def test_after_in_order_with_their_reasons() -> None:
    rules = [
        {**IN_US, "reason": "TARGETING_MATCH"},
        {"conditions": {}, "serve": outcome("d"), "reason": "DEFAULT"},
    ]
    assert served(single_flag(after=rules), context=US) == ("us", "TARGETING_MATCH")
    assert served(single_flag(after=rules)) == ("d", "DEFAULT")


def test_split_by_the_flags_key() -> None:
    snapshot = single_flag(**{"else": SPLIT, "else_reason": "SPLIT"})
    slot = slots_under("f")
    for number in range(200):
        unit = f"u{number}"
        assert served(snapshot, unit=unit) == ("a" if slot(unit) < 5_000 else "b", "SPLIT")
    assert served(snapshot, unit=None) == (None, "TARGETING_KEY_MISSING")


def test_limits_of_a_split_are_exclusive() -> None:
    slot = slots_under("f")("u1")
    at = {"split": [[slot, outcome("a")], [10_000, outcome("b")]]}
    above = {"split": [[slot + 1, outcome("a")], [10_000, outcome("b")]]}
    assert served(single_flag(**{"else": at}))[0] == "b"
    assert served(single_flag(**{"else": above}))[0] == "a"


@pytest.mark.parametrize("where", ["before", "after"])
def test_a_split_in_a_rule_needs_a_unit_only_if_it_is_reached(where: str) -> None:
    rule = {"conditions": US, "serve": SPLIT, "reason": "SPLIT"}
    snapshot = single_flag(**{where: [rule]})
    assert served(snapshot, unit=None) == ("else", "STATIC")
    assert served(snapshot, unit=None, context=US) == (None, "TARGETING_KEY_MISSING")
    assert served(snapshot, context=US)[0] in ("a", "b")


def test_the_targeting_key_is_always_the_unit() -> None:
    snapshot = single_flag(before=[{"conditions": {"targetingKey": "u1"}, "serve": outcome("x")}])
    assert served(snapshot, unit="u1")[0] == "x"
    assert served(snapshot, unit="u2", context={"targetingKey": "u1"})[0] == "else"
    assert served(snapshot, unit=None, context={"targetingKey": "u1"})[0] == "else"


class TestExperiments:
    def snapshot(self, **fields: Any) -> dict[str, Any]:
        return document(flags=[driven(metadata={"team": "search"})], experiments=[experiment(**fields)])

    def test_in_the_experiment(self) -> None:
        assert evaluate(self.snapshot()) == {
            "value": "value of treatment",
            "variant": "treatment",
            "reason": "SPLIT",
            "metadata": {
                "team": "search",
                "revision": 7,
                "experiment_id": "e",
                "variant": "treatment",
                "in_experiment": True,
            },
        }

    def test_outside_of_the_experiment_the_flag_decides(self) -> None:
        answer = evaluate(self.snapshot(ranges=[]))
        assert (answer["variant"], answer["reason"]) == ("else", "STATIC")
        assert answer["metadata"] == {
            "team": "search",
            "revision": 7,
            "experiment_id": "e",
            "variant": "control",
            "in_experiment": False,
        }

    def test_without_a_unit(self) -> None:
        assert evaluate(self.snapshot(ranges=[]), unit=None) == {"error": "TARGETING_KEY_MISSING"}

    def test_a_variant_that_the_flag_has_no_outcome_for(self) -> None:
        answer = evaluate(self.snapshot(ranges=[[0, 10_000, "control"]]))
        assert (answer["variant"], answer["reason"]) == ("else", "SPLIT")
        assert answer["metadata"]["in_experiment"] is True

    def test_override(self) -> None:
        from rampart_openfeature.mark import mark_of

        mark = mark_of("salt", "u1")
        answer = evaluate(self.snapshot(overrides={mark: "vip"}))
        assert (answer["variant"], answer["reason"]) == ("vip", "TARGETING_MATCH")
        assert answer["metadata"]["in_experiment"] is False
        assert answer["metadata"]["variant"] == "vip"
        answer = evaluate(self.snapshot(overrides={mark: "unknown"}))
        assert (answer["variant"], answer["reason"]) == ("else", "TARGETING_MATCH")

    def test_stale(self) -> None:
        answer = evaluate(self.snapshot(), stale=True)
        assert (answer["variant"], answer["reason"]) == ("else", "STALE")
        assert answer["metadata"]["in_experiment"] is False
        # A fence comes before staleness, and then the reason is that of the flag.
        assert served(self.snapshot(fenced=True), stale=True) == ("else", "STATIC")

    def test_rules_before_the_experiment_decide_first(self) -> None:
        snapshot = document(flags=[driven(before=[IN_US])], experiments=[experiment()])
        assert evaluate(snapshot, context=US)["metadata"] == {"revision": 3}
        assert served(snapshot, context=US, unit=None) == ("us", "TARGETING_MATCH")
        assert served(snapshot) == ("treatment", "SPLIT")

    def test_the_first_experiment_with_the_unit_in_its_layer_drives_the_flag(self) -> None:
        slot = slots_under("layer:l")("u1")
        inside, outside = [[slot, slot + 1]], [[0, slot], [slot + 1, 10_000]]

        def driver(first: Any, second: Any, **fields: Any) -> tuple[str, bool]:
            experiments = [
                experiment("e", layer={"salt": "layer:l", "slots": first}, **fields),
                experiment("e2", layer={"salt": "layer:l", "slots": second}),
            ]
            drivers: Any = [{"experiment_id": name, "outcomes": {}} for name in ("e", "e2")]
            metadata = evaluate(document(flags=[flag(experiments=drivers)], experiments=experiments))[
                "metadata"
            ]
            return metadata["experiment_id"], metadata["in_experiment"]

        assert driver(inside, outside) == ("e", True)
        assert driver(outside, inside) == ("e2", True)
        assert driver(inside, inside) == ("e", True)
        assert driver(outside, outside) == ("e2", False)
        # With any other reason than LAYER, the first one drives the flag.
        assert driver(inside, inside, fenced=True) == ("e", False)
