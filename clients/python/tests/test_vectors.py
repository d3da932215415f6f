"""The vectors that all implementations share. They are in the repository; without them these tests fail."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from rampart_openfeature.json_value import equal
from rampart_openfeature.slots import slots_under
from rampart_openfeature.snapshot import Snapshot
from rampart_openfeature.subject import Subject

from .documents import evaluate

VECTORS = Path(__file__).parents[3] / "test" / "vectors"


def read(name: str) -> Any:
    return json.loads((VECTORS / name).read_text("utf-8"))


def test_slots() -> None:
    vectors = read("slots.json")
    assert len(vectors) > 10
    for vector in vectors:
        assert slots_under(vector["salt"])(vector["unit_id"]) == vector["slot"], vector


def test_evaluations() -> None:
    number = 0
    for case in read("evaluation.json")["cases"]:
        snapshot = case["snapshot"]
        assert not Snapshot(snapshot).broken
        for vector in case.get("evaluations", []):
            arguments = [vector[name] for name in ("flag", "unit", "context", "now", "stale")]
            answer = evaluate(snapshot, *arguments)
            assert equal(answer, vector["expect"]), (vector, answer)
            number += 1
    assert number > 0


def test_assignments() -> None:
    number = 0
    for case in read("evaluation.json")["cases"]:
        snapshot = Snapshot(case["snapshot"])
        for vector in case.get("assignments", []):
            subject = Subject(vector["unit"], vector["context"], vector["now"], vector["stale"])
            assigned = snapshot.assign(vector["experiment"], subject)
            assert assigned is not None
            answer = {name: value for name, value in assigned._asdict().items() if value is not None}
            if assigned.segments is not None:
                answer["segments"] = list(assigned.segments)
            assert equal(answer, vector["expect"]), (vector, assigned)
            number += 1
    assert number > 0
