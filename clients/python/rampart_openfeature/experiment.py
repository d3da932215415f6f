"""Experiments: the variant that a unit is assigned, and whether it is in the experiment."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from .condition import Condition, Conditions
from .json_node import Node
from .slots import slots_under
from .subject import Subject


class Assigned(NamedTuple):
    variant: str
    in_experiment: bool
    reason: str
    segments: tuple[str, ...] | None = None
    """The experiment's segments that the unit is in; None outside of it, or where it has none."""


class Marks(NamedTuple):
    """What the snapshot says of units by their marks."""

    salt: str
    opted_out: frozenset[str]


class Experiment:
    """A compiled experiment."""

    def __init__(self, node: Node, conditions: Conditions, marks: Marks) -> None:
        self.experiment_id = node.need("experiment_id").string()
        self.source = node.value
        self.flag = node.need("flag").string()
        self.revision = node.need("revision").integer()
        self.control = node.need("control").string()
        configs = node.get("configs")
        self.configs: dict[str, object] = configs.object() if configs else {}
        self._live = node.need("live").boolean()
        self._fenced = node.is_set("fenced")
        self._inactive = node.is_set("inactive")
        self._is_targeted = conditions.compile(node.need("conditions"))
        self._holdouts = [_holdout(item) for item in node.list_of("holdouts")]
        layer = node.get("layer")
        self._layer_slot = slots_under(layer.need("salt").string()) if layer else None
        self._layer = [_slots(item) for item in layer.need("slots").items()] if layer else []
        self._slot = slots_under(node.need("salt").string())
        self._ranges = [_range(item) for item in node.need("ranges").items()]
        self._segments = _segments(node.get("segments"))
        self._excluded = frozenset(item.string() for item in node.list_of("excluded"))
        overrides = node.get("overrides")
        fields = overrides.fields() if overrides else ()
        self._overrides = {mark: variant.string() for mark, variant in fields}
        self._marks = marks
        self._has_marks = bool(marks.opted_out or self._excluded or self._overrides)

    def assign(self, subject: Subject, is_taken: Callable[[Subject], bool] | None = None) -> Assigned:
        """The assignment of a unit.

        Args:
            is_taken: whether the flag decides for this unit before its experiments. Given where the
                assignment is requested without evaluating the flag.

        Raises:
            UnitMissing: there is no unit.
        """
        unit = subject.need_unit()
        if not self._live:
            return self._outside("NOT_RUNNING")
        if self._fenced:
            return self._outside("FENCED")
        if subject.stale:
            return self._outside("STALE")
        if self._has_marks:
            marked = self._marked(subject.mark(self._marks.salt))
            if marked:
                return marked
        if self._inactive or (is_taken and is_taken(subject)) or not self._is_targeted(subject.context):
            return self._outside("NOT_TARGETED")
        for holdout_slot, limit in self._holdouts:
            if holdout_slot(unit) < limit:
                return self._outside("HOLDOUT")
        if self._layer_slot and not _is_within(self._layer_slot(unit), self._layer):
            return self._outside("LAYER")
        slot = self._slot(unit)
        for start, end, variant in self._ranges:
            if start <= slot < end:
                return Assigned(variant, True, "SPLIT", self._segments_of(subject))
        return self._outside("NOT_ENROLLED")

    def _marked(self, mark: str) -> Assigned | None:
        if mark in self._marks.opted_out:
            return self._outside("OPTED_OUT")
        if mark in self._excluded:
            return self._outside("EXCLUDED")
        override = self._overrides.get(mark)
        return None if override is None else Assigned(override, False, "OVERRIDE")

    def _segments_of(self, subject: Subject) -> tuple[str, ...] | None:
        if self._segments is None:
            return None
        return tuple(name for name, has in self._segments if has(subject.context))

    def _outside(self, reason: str) -> Assigned:
        return Assigned(self.control, False, reason)


def _segments(node: Node | None) -> list[tuple[str, Condition]] | None:
    """The experiment's own segments, whose definitions are not those of the snapshot."""
    if node is None:
        return None
    own = Conditions(node.need("conditions"))
    return [(name, own.segment(name)) for name in node.need("names").strings()]


def _is_within(slot: int, slots: list[tuple[int, int]]) -> bool:
    return any(start <= slot < end for start, end in slots)


def _holdout(node: Node) -> tuple[Callable[[str], int], int]:
    salt, limit = node.items(2)
    return slots_under(salt.string()), limit.integer()


def _slots(node: Node) -> tuple[int, int]:
    start, end = node.items(2)
    return start.integer(), end.integer()


def _range(node: Node) -> tuple[int, int, str]:
    start, end, variant = node.items(3)
    return start.integer(), end.integer(), variant.string()
