"""The order of the reasons of an assignment in docs/snapshot.md: each wins over all after it."""

from __future__ import annotations

from typing import Any

import pytest

from rampart_openfeature.mark import mark_of
from rampart_openfeature.slots import slots_under
from rampart_openfeature.snapshot import Snapshot
from rampart_openfeature.subject import Subject

from .documents import NOW, assign, document, driven, evaluate, experiment, flag, outcome

MARK = mark_of("salt", "u1")
SLOT = slots_under("e")("u1")
HOLDOUT = slots_under("holdout:h")("u1")
LAYER = slots_under("layer:l")("u1")

# Causes of each reason, in order.
CAUSES: list[tuple[str, dict[str, Any]]] = [
    ("NOT_RUNNING", {"live": False}),
    ("FENCED", {"fenced": True}),
    ("STALE", {}),
    ("OPTED_OUT", {}),
    ("EXCLUDED", {"excluded": [MARK]}),
    ("OVERRIDE", {"overrides": {MARK: "vip"}}),
    ("NOT_TARGETED", {"inactive": True}),
    ("NOT_TARGETED", {"conditions": {"country": "US"}}),
    ("HOLDOUT", {"holdouts": [["other", 0], ["holdout:h", HOLDOUT + 1]]}),
    ("LAYER", {"layer": {"salt": "layer:l", "slots": [[0, LAYER], [LAYER + 1, 10_000]]}}),
    ("NOT_ENROLLED", {"ranges": [[0, SLOT, "treatment"], [SLOT + 1, 10_000, "treatment"]]}),
    ("SPLIT", {}),
]


@pytest.mark.parametrize("first", range(len(CAUSES)))
def test_order(first: int) -> None:
    reasons = [reason for reason, _ in CAUSES[first:]]
    fields: dict[str, Any] = {}
    for _, more in CAUSES[first:]:
        fields.update(more)
    snapshot = document(
        flags=[driven()],
        experiments=[experiment(**fields)],
        opted_out=[MARK] if "OPTED_OUT" in reasons else [],
    )
    variant, in_experiment, reason = assign(snapshot, stale="STALE" in reasons)
    assert reason == reasons[0]
    assert in_experiment is (reason == "SPLIT")
    assert variant == {"SPLIT": "treatment", "OVERRIDE": "vip"}.get(reason, "control")


def test_limits() -> None:
    def reason(**fields: Any) -> str:
        return assign(document(experiments=[experiment(**fields)]))[2]

    assert reason(holdouts=[["holdout:h", HOLDOUT]]) == "SPLIT"
    assert reason(layer={"salt": "layer:l", "slots": [[LAYER, LAYER + 1]]}) == "SPLIT"
    assert reason(layer={"salt": "layer:l", "slots": []}) == "LAYER"
    assert reason(ranges=[[SLOT, SLOT + 1, "treatment"]]) == "SPLIT"
    assert reason(ranges=[[SLOT + 1, SLOT + 2, "treatment"]]) == "NOT_ENROLLED"


def test_marks_of_other_units_have_no_effect() -> None:
    other = mark_of("salt", "u2")
    fields: dict[str, Any] = {"excluded": [other], "overrides": {other: "vip"}}
    assert assign(document(experiments=[experiment(**fields)], opted_out=[other]))[2] == "SPLIT"
    assert (
        assign(document(experiments=[experiment(**fields)], salt="another", opted_out=[MARK]))[2] == "SPLIT"
    )


@pytest.mark.parametrize(
    "decides",
    [
        {"inactive": "DISABLED"},
        {"schedule": {"until": 0}},
        {"prerequisites": [{"flag": "none", "variants": ["on"]}]},
        {"before": [{"conditions": {"targetingKey": "u1"}, "serve": outcome("x")}]},
    ],
)
def test_a_flag_that_decides_before_the_experiment(decides: dict[str, Any]) -> None:
    snapshot = document(flags=[driven(**decides)], experiments=[experiment()])
    assert assign(snapshot) == ("control", False, "NOT_TARGETED")
    # This comes right after `inactive`, so that earlier reasons win.
    overridden = document(flags=[driven(**decides)], experiments=[experiment(overrides={MARK: "vip"})])
    assert assign(overridden) == ("vip", False, "OVERRIDE")


def test_rules_after_the_experiment_have_no_effect() -> None:
    rule = {"conditions": {}, "serve": outcome("x"), "reason": "DEFAULT"}
    assert assign(document(flags=[driven(after=[rule])], experiments=[experiment()]))[2] == "SPLIT"
    assert (
        assign(document(flags=[flag("another", inactive="DISABLED")], experiments=[experiment()]))[2]
        == "SPLIT"
    )


def test_a_ramp_moves_no_unit_between_variants() -> None:
    ranges = [[0, 100, "control"], [5_000, 5_100, "treatment"]]
    wider = [*ranges, [100, 5_000, "control"], [5_100, 10_000, "treatment"]]
    for number in range(2_000):
        unit = f"u{number}"
        before = assign(document(experiments=[experiment(ranges=ranges)]), unit)
        if before[1]:
            assert assign(document(experiments=[experiment(ranges=wider)]), unit) == before


SEGMENTS = {
    "names": ["ios", "new"],
    "conditions": {
        "ios": {"platform": "iOS"},
        "new": {"$inGroup": "young", "country": "DE"},
        "young": {"sessions": {"$lt": 2}},
    },
}


@pytest.mark.parametrize(
    ("context", "segments"),
    [
        ({"platform": "iOS"}, ("ios",)),
        ({"country": "DE", "sessions": 1, "platform": "iOS"}, ("ios", "new")),
        ({"country": "DE"}, ()),
    ],
)
def test_segments(context: dict[str, Any], segments: tuple[str, ...]) -> None:
    # The snapshot's own segment of this name has changed since: the experiment keeps its definition.
    own = experiment(segments=SEGMENTS)
    snapshot = document(segments={"ios": {"other": 1}}, flags=[driven()], experiments=[own])
    assigned = Snapshot(snapshot).assign("e", Subject("u1", context, NOW))
    assert assigned is not None
    assert assigned.segments == segments
    assert evaluate(snapshot, context=context)["metadata"]["segments"] == ",".join(segments)


def test_no_segments() -> None:
    snapshot = document(flags=[driven(metadata={"segments": "of the flag"})], experiments=[experiment()])
    assigned = Snapshot(snapshot).assign("e", Subject("u1", {}, NOW))
    assert assigned is not None
    assert assigned.segments is None
    assert "segments" not in evaluate(snapshot)["metadata"]
