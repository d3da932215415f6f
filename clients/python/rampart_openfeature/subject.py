"""The unit, context and time of an evaluation."""

from __future__ import annotations

from collections.abc import Mapping

from .condition import Context
from .mark import mark_of


class UnitMissing(Exception):
    """A split or an experiment was reached without a unit: TARGETING_KEY_MISSING."""


class Subject:
    """A unit with its context, at a time.

    Args:
        unit: the unit's id, or None.
        attributes: JSON values by name; `targetingKey` is always the unit's id.
        now: milliseconds since 1970.
        stale: whether the snapshot is too old for experiments.
    """

    __slots__ = ("_mark", "context", "now", "stale", "unit")

    def __init__(
        self, unit: str | None, attributes: Mapping[str, object], now: float, stale: bool = False
    ) -> None:
        context = dict(attributes)
        if unit is None:
            context.pop("targetingKey", None)
        else:
            context["targetingKey"] = unit
        self.unit = unit
        self.context: Context = context
        self.now = now
        self.stale = stale
        self._mark: tuple[str, str] | None = None

    def need_unit(self) -> str:
        """The unit's id.

        Raises:
            UnitMissing: there is none.
        """
        if self.unit is None:
            raise UnitMissing
        return self.unit

    def mark(self, salt: str) -> str:
        """The unit's mark. Computed once, because a snapshot has one salt."""
        if self._mark is None or self._mark[0] != salt:
            self._mark = (salt, mark_of(salt, self.need_unit()))
        return self._mark[1]
