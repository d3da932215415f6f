from __future__ import annotations

import enum
from collections import OrderedDict
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from rampart_openfeature.attributes import attributes_of
from rampart_openfeature.json_value import MISSING


class Color(str, enum.Enum):
    RED = "red"


class Size(enum.IntEnum):
    LARGE = 3


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (None, None),
        (True, True),
        (3, 3),
        (1.5, 1.5),
        (float("nan"), None),
        (float("-inf"), None),
        (10**400, None),
        ("a", "a"),
        ("\ud83d\ude80", "\U0001f680"),
        (Color.RED, "red"),
        (Size.LARGE, 3),
        ((1, (2,)), [1, [2]]),
        (range(2), [0, 1]),
        (OrderedDict(a=(1,)), {"a": [1]}),
        ({"a": {1}, "b": 2, 3: 4}, {"b": 2}),
        ([1, {2}, 3], [1, MISSING, 3]),
        (datetime(2026, 1, 31, 12, tzinfo=timezone.utc), "2026-01-31T12:00:00.000Z"),
        (datetime(2026, 1, 31, 12, 0, 0, 123_999, timezone(timedelta(hours=2))), "2026-01-31T10:00:00.123Z"),
        (datetime(2026, 1, 31, 12), "2026-01-31T12:00:00.000Z"),
    ],
)
def test_values(given: Any, expected: Any) -> None:
    converted = attributes_of({"a": given})["a"]
    assert converted == expected
    assert type(converted) is type(expected)


@pytest.mark.parametrize(
    "given", [{1}, b"a", bytearray(b"a"), Decimal(1), object(), date(2026, 1, 31), 1j, lambda: 1]
)
def test_values_that_json_does_not_have_are_missing(given: Any) -> None:
    assert attributes_of({"a": given, "b": 1}) == {"b": 1}


def test_a_time_outside_of_the_range_of_utc_is_missing() -> None:
    assert attributes_of({"a": datetime.max.replace(tzinfo=timezone(-timedelta(hours=1)))}) == {}


def test_a_cycle_is_missing() -> None:
    cycle: list[Any] = []
    cycle.append(cycle)
    assert attributes_of({"a": cycle, "b": 1}) == {"b": 1}
