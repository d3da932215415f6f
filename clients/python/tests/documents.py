"""Snapshot documents, and functions that evaluate them."""

from __future__ import annotations

from typing import Any

from rampart_openfeature.json_value import MISSING
from rampart_openfeature.snapshot import Snapshot
from rampart_openfeature.subject import Subject, UnitMissing

NOW = 1_764_500_000_000
EVERYBODY = [[0, 10_000, "treatment"]]


def document(**fields: Any) -> dict[str, Any]:
    """An empty snapshot, with the given fields."""
    return {
        "format": 1,
        "revision": 12,
        "environment": "production",
        "stale_after_ms": 600_000,
        "salt": "salt",
        "segments": {},
        "flags": [],
        "experiments": [],
        "opted_out": [],
        **fields,
    }


def flag(key: str = "f", **fields: Any) -> dict[str, Any]:
    """A flag that serves the variant `else`."""
    return {
        "key": key,
        "revision": 3,
        "off": outcome("off"),
        "else": outcome("else"),
        "else_reason": "STATIC",
        **fields,
    }


def experiment(experiment_id: str = "e", **fields: Any) -> dict[str, Any]:
    """An experiment on the flag f that gives every unit the treatment."""
    return {
        "experiment_id": experiment_id,
        "flag": "f",
        "salt": experiment_id,
        "control": "control",
        "revision": 7,
        "live": True,
        "conditions": {},
        "ranges": EVERYBODY,
        **fields,
    }


def driven(**fields: Any) -> dict[str, Any]:
    """The flag f, driven by the experiment e."""
    own = {"experiment_id": "e", "outcomes": {"treatment": outcome("treatment"), "vip": outcome("vip")}}
    return flag(experiments=[own], **fields)


def outcome(name: str) -> dict[str, Any]:
    return {"variant": name, "value": f"value of {name}"}


def evaluate(
    snapshot: dict[str, Any],
    key: str = "f",
    unit: str | None = "u1",
    context: dict[str, Any] | None = None,
    now: float = NOW,
    stale: bool = False,
) -> dict[str, Any]:
    """An evaluation, in the form of the shared vectors."""
    try:
        evaluation = Snapshot(snapshot).evaluate(key, Subject(unit, context or {}, now, stale))
    except UnitMissing:
        return {"error": "TARGETING_KEY_MISSING"}
    if evaluation is None:
        return {"error": "FLAG_NOT_FOUND"}
    (variant, value), reason, metadata = evaluation
    answer: dict[str, Any] = {"reason": reason, "metadata": dict(metadata)}
    if variant is not None:
        answer["variant"] = variant
    if value is not MISSING:
        answer["value"] = value
    return answer


def served(*arguments: Any, **options: Any) -> tuple[str | None, str]:
    """Variant and reason of an evaluation, or None and the error."""
    answer = evaluate(*arguments, **options)
    return answer.get("variant"), answer.get("reason") or answer["error"]


def assign(
    snapshot: dict[str, Any],
    unit: str = "u1",
    context: dict[str, Any] | None = None,
    now: float = NOW,
    stale: bool = False,
) -> tuple[str, bool, str]:
    """Variant, whether the unit is in the experiment, and reason, for the experiment e."""
    assigned = Snapshot(snapshot).assign("e", Subject(unit, context or {}, now, stale))
    assert assigned is not None
    return assigned.variant, assigned.in_experiment, assigned.reason
