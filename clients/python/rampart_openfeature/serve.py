"""What a rule serves: one outcome, or a split by slots."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from .json_node import Node
from .json_value import MISSING
from .slots import SLOTS, slots_under
from .subject import Subject


class Outcome(NamedTuple):
    """A value and the name of its variant. Without a value, the caller gets its default."""

    variant: str | None
    value: object


Serve = Callable[[Subject], Outcome]
"""Raises UnitMissing where the outcome depends on the slot and there is no unit."""


def compile_outcome(node: Node) -> Outcome:
    variant = node.get("variant")
    return Outcome(variant.string() if variant else None, node.object().get("value", MISSING))


def compile_serve(node: Node, salt: str) -> Serve:
    """One outcome for everybody, or a split by slots, with the flag's key as the salt."""
    split = node.get("split")
    if split is None:
        outcome = compile_outcome(node)
        return lambda subject: outcome
    slot = slots_under(salt)
    parts = [_part(item) for item in split.items()]
    if not parts or parts[-1][0] < SLOTS:
        raise split.error(f"must end with the limit {SLOTS}")

    def serve(subject: Subject) -> Outcome:
        own = slot(subject.need_unit())
        return next(outcome for limit, outcome in parts if own < limit)

    return serve


def _part(node: Node) -> tuple[int | float, Outcome]:
    limit, outcome = node.items(2)
    return limit.number(), compile_outcome(outcome)
