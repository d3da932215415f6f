from __future__ import annotations

from typing import Any

import pytest

from rampart_openfeature.changed_flags import changed_flags
from rampart_openfeature.json_node import SnapshotError
from rampart_openfeature.snapshot import Snapshot, UnsupportedFormat
from rampart_openfeature.subject import Subject

from .documents import NOW, document, driven, experiment, flag, outcome


@pytest.mark.parametrize("format", [0, 2, "1", None, True])
def test_another_format_is_refused(format: object) -> None:
    with pytest.raises(SnapshotError):
        Snapshot(document(format=format))


def test_the_format_is_checked_first() -> None:
    with pytest.raises(UnsupportedFormat, match="is 2"):
        Snapshot({"format": 2, "whatever": []})


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ([], "snapshot must be an object"),
        ({}, "must have format"),
        (document(flags={}), "snapshot.flags must be a list"),
        (document(revision="12"), "snapshot.revision must be a number"),
        (document(stale_after_ms=None), "must have stale_after_ms"),
        (document(opted_out=[1]), r"opted_out\[0\] must be a string"),
        (document(segments=[]), "snapshot.segments must be an object"),
    ],
)
def test_an_invalid_document_is_refused(wrong: object, message: str) -> None:
    with pytest.raises(SnapshotError, match=message):
        Snapshot(wrong)


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (flag(off=None), r"flags\[0\] must have off"),
        (flag(before=[{"conditions": {"a": {"$no": 1}}, "serve": {}}]), r"before\[0\]\.conditions\.a\.\$no"),
        (flag() | {"else": {"split": [[5_000, outcome("a")]]}}, r"else\.split must end with"),
        (flag(experiments=[{"experiment_id": "none", "outcomes": {}}]), "one of the snapshot's experiments"),
        ("f", r"flags\[0\] must be an object"),
    ],
)
def test_a_broken_flag_is_not_served_and_the_others_are(flags: Any, message: str) -> None:
    snapshot = Snapshot(document(flags=[flags, flag("g")]))
    assert list(snapshot.flags) == ["g"]
    assert len(snapshot.broken) == 1
    with pytest.raises(SnapshotError, match=message):
        raise SnapshotError(snapshot.broken[0])


def test_unknown_fields_are_ignored() -> None:
    snapshot = Snapshot(
        document(flags=[{**driven(), "new": {}}], experiments=[{**experiment(), "new": 1}], new="field")
    )
    assert not snapshot.broken


def test_a_cycle_of_prerequisites_raises() -> None:
    needs = [{"flag": "f", "variants": ["on"]}]
    with pytest.raises(RecursionError):
        Snapshot(document(flags=[flag(prerequisites=needs)])).evaluate("f", Subject("u1", {}, NOW))


class TestChanges:
    FLAGS = (driven(), flag("g"), flag("h", prerequisites=[{"flag": "g", "variants": ["else"]}]))

    def changed(self, **fields: Any) -> list[str]:
        old = {"flags": list(self.FLAGS), "experiments": [experiment()]}
        return changed_flags(Snapshot(document(**old)), Snapshot(document(**{**old, **fields})))

    def test_none(self) -> None:
        assert self.changed(revision=13) == []

    def test_added_and_removed(self) -> None:
        assert self.changed(flags=[*self.FLAGS, flag("i")]) == ["i"]
        assert self.changed(flags=[driven()]) == ["g", "h"]

    def test_a_value_and_flags_that_require_it(self) -> None:
        other = flag("g", off={"variant": "off", "value": True})
        assert self.changed(flags=[driven(), other, self.FLAGS[2]]) == ["g", "h"]

    def test_true_is_not_1(self) -> None:
        def of(value: object) -> Snapshot:
            return Snapshot(document(flags=[flag(off={"variant": "off", "value": value})]))

        assert changed_flags(of(True), of(1)) == ["f"]
        assert changed_flags(of(1.0), of(1)) == []

    def test_an_experiment(self) -> None:
        assert self.changed(experiments=[experiment(fenced=True)]) == ["f"]

    def test_opt_outs(self) -> None:
        assert self.changed(opted_out=["0" * 24]) == ["f"]

    def test_segments(self) -> None:
        assert self.changed(segments={"pro": {}}) == ["f", "g", "h"]
