"""Every operator of docs/snapshot.md, with values that pass and values that do not."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rampart_openfeature.condition import Conditions
from rampart_openfeature.json_node import Node, SnapshotError
from rampart_openfeature.json_value import code_units, double

Json = Any


def holds(conditions: Json, context: dict[str, Json], segments: Json | None = None) -> bool:
    return Conditions(Node(segments or {})).compile(Node(conditions))(context)


# Operator, operand, values that pass, values that do not. Whether a missing attribute passes is below.
CASES: list[tuple[str, Json, list[Json], list[Json]]] = [
    ("$eq", "a", ["a", ["b", "a"]], ["A", "", None, 1, True, ["b"], [["a"]], {"a": "a"}]),
    ("$eq", 1, [1, 1.0, [2, 1.0]], [True, "1", 2, None, [True], ["1"]]),
    ("$eq", True, [True, [False, True]], [1, 1.0, "true", False, [1]]),
    ("$eq", False, [False], [0, None, "", []]),
    ("$eq", 0, [0, -0.0], [False, None, ""]),
    ("$eq", None, [None, [1, None]], [0, False, "", [], {}]),
    ("$eq", [1, 2], [[1, 2], [1.0, 2.0], [[1, 2], 3]], [[2, 1], [1, 2, 3], [1], 1]),
    (
        "$eq",
        {"a": 1, "b": [True]},
        [{"b": [True], "a": 1.0}, [{"a": 1, "b": [True]}]],
        [{"a": 1}, {"a": 1, "b": [1]}],
    ),
    ("$eq", {}, [{}, [{}]], [[], None, {"a": 1}]),
    ("$eq", [], [[], [[]]], [{}, None, [1]]),
    ("$eq", 9007199254740992, [9007199254740993, 9007199254740992.0], [9007199254740994]),
    ("$eq", 1e300, [10**300], [10**400, "1e300"]),
    ("$ne", "a", ["b", None, 1, ["b"], {}], ["a", ["a"]]),
    ("$ne", 1, [True, 2, [2]], [1.0, [1]]),
    ("$in", ["a", 1, None], ["a", 1.0, None, ["x", "a"], [1]], ["b", True, [], [["a"]], ["b"]]),
    ("$in", [[1], True], [[1], True, [[1]], [True]], [1, [2], []]),
    ("$in", [], [], ["a", None, []]),
    ("$nin", ["a", 1], ["b", True, None, []], ["a", 1.0, ["a"], [1]]),
    ("$nin", [], ["a", None], []),
    ("$gt", 1, [1.5, 2, 10**400], [1, 0, "2", True, None, [2], -(10**400)]),
    ("$gte", 1, [1, 1.0, 2], [0.999, True, "1"]),
    ("$lt", 1, [0, -1.5, -(10**400)], [1, 2, False, None, "0"]),
    ("$lte", 1, [1, 0], [1.001, False, "1"]),
    ("$gt", 9007199254740992, [9007199254740994], [9007199254740993]),
    ("$gt", "b", ["c", "ba", "b\x00"], ["b", "a", "B", 1, None, ["c"]]),
    ("$gte", "b", ["b", "c"], ["a"]),
    ("$lt", "b", ["a", "B", ""], ["b", "c"]),
    ("$lte", "b", ["b", "a"], ["c"]),
    # U+1F680 begins with the code unit D83D, below U+FF5E, though its code point is above.
    ("$gt", "\U0001f680", ["\uff5e", "\U0001f681"], ["\U0001f680", "z", "\u4e00"]),
    ("$lt", "\uff5e", ["\U0001f680", "a"], ["\uff5f"]),
    ("$exists", True, [None, 0, "", False, [], {}], []),
    ("$exists", False, [], [None, 0, ""]),
    ("$type", "string", ["", "a"], [1, None, ["a"]]),
    ("$type", "number", [0, 1.5, 10**400], [True, "1", None]),
    ("$type", "boolean", [True, False], [0, 1, "true", None]),
    ("$type", "array", [[], [1]], [{}, "a", None]),
    ("$type", "object", [{}, {"a": 1}], [[], None, "a"]),
    ("$type", "null", [None], [0, False, "", [], {}]),
    ("$type", ["string", "null"], ["a", None], [1, True]),
    ("$regex", "a{2,3}$", ["aa", "baaa"], ["a", "aab", "aa\n", 1, None, ["aa"]]),
    ("$regex", "b", ["b" * 1000, "b" + "\U0001f680" * 499], ["b" * 1001, "b" + "\U0001f680" * 500]),
    ("$regex", "^(?:b|c)", ["b", "cd"], ["ab", "\nb", ""]),
    ("$regex", "\\x24[0-9]+", ["cost: $15"], ["$", "15"]),
    ("$regex", "[^\\x24]$", ["a", "$b"], ["$", "", "a\n"[:0]]),
    ("$regex", "(?<![0-9A-Z_a-z])ab", ["ab", "x ab"], ["xab"]),
    ("$regex", "^[\U0001f600-\U0001f6ff]$", ["\U0001f680"], ["a", "\ud83d"]),
    (
        "$veq",
        "1.2.0",
        ["1.2.0", "v1.2", "1.2.0+build"],
        ["1.2.1", "1.2.0-rc", "x", "1.2.0.0", 1.2, None, ["1.2.0"]],
    ),
    ("$vne", "1.2.0", ["1.2.1", "x", None, 1.2], ["1.2.0", "v1.2"]),
    ("$vgt", "1.9.0", ["1.10.0", "2", "v1.9.1-a"], ["1.9.0", "1.9.0-rc.1", "1.8.99", "latest", ""]),
    ("$vgte", "1.9.0", ["1.9", "1.9.0+x", "10"], ["1.9.0-0", "1.8"]),
    ("$vlt", "1.0.0", ["1.0.0-rc.1", "0.9", "0"], ["1", "1.0.1", "v", None]),
    ("$vlte", "1.0.0", ["1", "1.0.0-rc.1"], ["1.0.1", "abc"]),
    ("$all", [1, "a"], [["a", 1.0, 2]], [["a"], ["a", True], "a", 1, None]),
    ("$all", [[1]], [[[1], 2]], [[1], [[1, 2]]]),
    ("$all", [], [[], [1]], ["a", None, {}]),
    ("$size", 2, [[1, 2], [None, []]], [[], [1], "ab", {"a": 1, "b": 2}, None]),
    ("$size", 2.0, [[1, 2]], [[1]]),
    ("$size", {"$gt": 1, "$lt": 4}, [[1, 2], [1, 2, 3]], [[1], [1, 2, 3, 4], "abc"]),
    ("$elemMatch", {"$gt": 1, "$lt": 3}, [[0, 2], [2]], [[0, 3], [], 2, ["2"]]),
    (
        "$elemMatch",
        {"a": 1, "b.c": {"$exists": True}},
        [[5, {"a": 1, "b": {"c": None}}]],
        [[{"a": 1}], [{"a": 2}], {"a": 1}],
    ),
    ("$elemMatch", {"$or": [{"a": 1}, {"b": 2}]}, [[{"b": 2}]], [[{"a": 2}], [1]]),
    ("$elemMatch", {"$not": {"a": 1}}, [[{"a": 2}], [{}]], [[{"a": 1}], [1], []]),
    ("$elemMatch", {}, [[{}], [1, {"a": 1}]], [[], [1], {}]),
    ("$elemMatch", {"$elemMatch": {"$eq": 1}}, [[[1]], [[0, 1]]], [[1], [[]]]),
    ("$not", "a", ["b", None, ["b"]], ["a", ["a"]]),
    ("$not", {"$gt": 1, "$lt": 3}, [1, 3, "x", None], [2]),
    ("$not", {"a": 1}, [{"a": 2}, {"a": True}, None], [{"a": 1}]),
]
PASSES_MISSING = {"$ne", "$nin", "$vne", "$not"}


@pytest.mark.parametrize(("operator", "operand", "passing", "failing"), CASES)
def test_operator(operator: str, operand: Json, passing: list[Json], failing: list[Json]) -> None:
    for value in passing:
        assert holds({"a": {operator: operand}}, {"a": value}), value
    for value in failing:
        assert not holds({"a": {operator: operand}}, {"a": value}), value
    expected = operator in PASSES_MISSING or (operator, operand) == ("$exists", False)
    assert holds({"a": {operator: operand}}, {}) is expected
    # $not inverts the operator, for values and for a missing attribute.
    for context in [{"a": value} for value in passing + failing] + [{}]:
        assert holds({"a": {"$not": {operator: operand}}}, context) is not holds(
            {"a": {operator: operand}}, context
        )


def test_every_operator_of_the_format_has_a_case() -> None:
    named = (
        "$eq $ne $in $nin $gt $gte $lt $lte $exists $type $regex "
        "$veq $vne $vgt $vgte $vlt $vlte $all $size $elemMatch $not"
    )
    assert {operator for operator, *_ in CASES} == set(named.split())


def test_all_entries_must_hold() -> None:
    assert holds({}, {})
    assert holds({"a": 1, "b": 2}, {"a": 1, "b": 2})
    assert not holds({"a": 1, "b": 2}, {"a": 1, "b": 3})
    assert not holds({"a": {"$gt": 1, "$lt": 3}}, {"a": 3})


def test_a_literal_object_is_compared_as_a_whole() -> None:
    assert holds({"a": {"b": 1}}, {"a": {"b": 1}})
    assert not holds({"a": {"b": 1}}, {"a": {"b": 1, "c": 2}})


def test_dots_reach_into_objects_only() -> None:
    assert holds({"a.b.c": 1}, {"a": {"b": {"c": 1}}})
    assert not holds({"a.b": 1}, {"a.b": 1})
    assert not holds({"a.length": 1}, {"a": [1]})
    assert not holds({"a.0": 1}, {"a": [1]})
    assert holds({"a.b": {"$exists": False}}, {"a": None})
    assert holds({"a.": 1}, {"a": {"": 1}})
    assert not holds({"__class__": {"$exists": True}}, {})


def test_combinations() -> None:
    first, second = {"a": 1}, {"b": 2}
    for a in (0, 1):
        for b in (0, 2):
            context = {"a": a, "b": b}
            assert holds({"$and": [first, second]}, context) is (a == 1 and b == 2)
            assert holds({"$or": [first, second]}, context) is (a == 1 or b == 2)
            assert holds({"$nor": [first, second]}, context) is not (a == 1 or b == 2)
            assert holds({"$not": {**first, **second}}, context) is not (a == 1 and b == 2)


def test_groups() -> None:
    segments = {"pro": {"plan": "pro"}, "vip": {"$inGroup": "pro", "age": {"$gt": 30}}}
    pro = {"plan": "pro", "age": 31}
    assert holds({"$inGroup": "pro"}, pro, segments)
    assert holds({"$inGroup": ["x", "vip"]}, pro, segments)
    assert not holds({"$inGroup": ["vip"]}, {"plan": "pro", "age": 30}, segments)
    assert holds({"$notInGroup": ["x", "vip"]}, {"plan": "pro"}, segments)
    assert not holds({"$notInGroup": ["x", "vip"]}, pro, segments)
    assert not holds({"$inGroup": []}, pro, segments)
    # A defined segment: by its conditions only. An undefined one: by the context's list.
    assert not holds({"$inGroup": "pro"}, {"segments": ["pro"]}, segments)
    assert holds({"$inGroup": "beta"}, {"segments": ["beta"]}, segments)
    assert not holds({"$inGroup": "beta"}, {"segments": "beta"}, segments)
    assert not holds({"$inGroup": "beta"}, {"segments": {"beta": 1}}, segments)


@pytest.mark.parametrize(
    ("conditions", "message"),
    [
        ([], "must be an object"),
        ({"$xor": []}, r"\$xor is not a condition"),
        ({"a": {"$near": 1}}, r"a\.\$near is not an operator"),
        ({"a": {"$gt": 1, "b": 2}}, r"a\.b is not an operator"),
        ({"$and": {}}, r"\$and must be a list"),
        ({"a": {"$in": "x"}}, r"a\.\$in must be a list"),
        ({"a": {"$gt": None}}, r"a\.\$gt must be a number"),
        ({"a": {"$regex": "("}}, r"a\.\$regex is not a pattern"),
        ({"a": {"$veq": "latest"}}, r"a\.\$veq must be a version"),
        ({"a": {"$exists": 1}}, r"a\.\$exists must be true or false"),
        ({"$inGroup": 1}, r"\$inGroup must be a string"),
        ({"$inGroup": "loop"}, "must not refer to itself"),
    ],
)
def test_invalid_conditions_are_refused(conditions: Json, message: str) -> None:
    with pytest.raises(SnapshotError, match=message):
        holds(conditions, {}, {"loop": {"$not": {"$inGroup": "loop"}}})


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(json_values)
def test_every_value_equals_itself_and_matches_a_list_that_has_it(value: Json) -> None:
    assert holds({"a": {"$eq": value}}, {"a": value})
    assert holds({"a": {"$eq": value}}, {"a": ["other", value]})
    assert holds({"a": {"$in": [value]}}, {"a": value})
    assert holds({"a": {"$all": [value]}}, {"a": [value]})


@given(json_values, json_values)
def test_equality_and_its_opposite_exclude_each_other(a: Json, b: Json) -> None:
    assert holds({"a": {"$eq": a}}, {"a": b}) is not holds({"a": {"$ne": a}}, {"a": b})
    assert holds({"a": {"$in": [a]}}, {"a": b}) is holds({"a": {"$eq": a}}, {"a": b})


@given(st.integers() | st.floats(allow_nan=False), st.integers() | st.floats(allow_nan=False))
def test_numbers_are_ordered_as_doubles(a: float, b: float) -> None:
    assert holds({"a": {"$gt": a}}, {"a": b}) is (double(b) > double(a))
    assert holds({"a": {"$lte": a}}, {"a": b}) is (double(b) <= double(a))


@given(st.text(st.characters(codec=None)), st.text(st.characters(codec=None)))
def test_strings_are_ordered_by_code_units(a: str, b: str) -> None:
    assert holds({"a": {"$lt": a}}, {"a": b}) is (code_units(b) < code_units(a))
