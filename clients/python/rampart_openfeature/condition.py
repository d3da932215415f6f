"""Conditions on a context, compiled to closures."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from operator import eq, ge, gt, le, lt
from typing import Any

from .json_node import Node
from .json_value import MISSING, code_units, double, equal, type_name
from .pattern import compile_pattern
from .version import parse_version

Context = Mapping[str, object]
Condition = Callable[[Context], bool]
Test = Callable[[object], bool]
"""A test of an attribute's value, which is MISSING where the attribute is missing."""


class Conditions:
    """Compiles conditions; those of a segment on first use, because segments may refer to each other."""

    def __init__(self, segments: Node) -> None:
        self._definitions = dict(segments.fields())
        self._segments: dict[str, Condition] = {}
        self._in_progress: set[str] = set()

    def compile(self, node: Node) -> Condition:
        """Compiles an object of conditions, all of which must hold.

        Raises:
            SnapshotError: an unknown operator, or an operand that is not valid for its operator.
        """
        parts = [self._entry(key, operand) for key, operand in node.fields()]
        if not parts:
            return lambda context: True
        return parts[0] if len(parts) == 1 else lambda context: all(part(context) for part in parts)

    def _entry(self, key: str, operand: Node) -> Condition:
        match key:
            case "$and":
                parts = self._list(operand)
                return lambda context: all(part(context) for part in parts)
            case "$or":
                parts = self._list(operand)
                return lambda context: any(part(context) for part in parts)
            case "$nor":
                parts = self._list(operand)
                return lambda context: not any(part(context) for part in parts)
            case "$not":
                inner = self.compile(operand)
                return lambda context: not inner(context)
            case "$inGroup":
                return self._in_group(operand)
            case "$notInGroup":
                in_group = self._in_group(operand)
                return lambda context: not in_group(context)
        if key.startswith("$"):
            raise operand.error("is not a condition that this version knows: update rampart-openfeature")
        return _attribute(key, self._test(operand))

    def _list(self, operand: Node) -> list[Condition]:
        return [self.compile(item) for item in operand.items()]

    def _in_group(self, operand: Node) -> Condition:
        names = operand.strings() if isinstance(operand.value, list) else [operand.string()]
        segments = [self.segment(name) for name in names]
        return lambda context: any(segment(context) for segment in segments)

    def segment(self, name: str) -> Condition:
        """The condition of a segment by its name."""
        definition = self._definitions.get(name)
        if definition is None:
            return lambda context: _lists_segment(context, name)
        if name not in self._segments:
            if name in self._in_progress:
                raise definition.error("must not refer to itself")
            self._in_progress.add(name)
            try:
                self._segments[name] = self.compile(definition)
            finally:
                self._in_progress.remove(name)
        return self._segments[name]

    def _test(self, operand: Node) -> Test:
        """A literal, or an object of operators that must all pass."""
        if not _has_operators(operand.value):
            return _equals(operand.value)
        tests = [self._operator(name, value) for name, value in operand.fields()]
        return tests[0] if len(tests) == 1 else lambda value: all(test(value) for test in tests)

    def _operator(self, name: str, operand: Node) -> Test:
        match name:
            case "$not":
                return _opposite(self._test(operand))
            case "$size":
                size = self._test(operand)
                return lambda value: isinstance(value, list) and size(len(value))
            case "$elemMatch":
                element = self._element(operand)
                return lambda value: isinstance(value, list) and any(element(item) for item in value)
        compile_operator = _OPERATORS.get(name)
        if compile_operator is None:
            raise operand.error("is not an operator that this version knows: update rampart-openfeature")
        return compile_operator(operand)

    def _element(self, operand: Node) -> Test:
        # $not on its own negates conditions, as it does outside of lists.
        if any(name in _OPERATORS or name in ("$size", "$elemMatch") for name in operand.object()):
            return self._test(operand)
        condition = self.compile(operand)
        return lambda value: isinstance(value, dict) and condition(value)


def _attribute(path: str, test: Test) -> Condition:
    if "." not in path:
        return lambda context: test(context.get(path, MISSING))
    names = path.split(".")

    def holds(context: Context) -> bool:
        value: object = context
        for name in names:
            if not isinstance(value, dict) or name not in value:
                return test(MISSING)
            value = value[name]
        return test(value)

    return holds


def _lists_segment(context: Context, segment: str) -> bool:
    """For a segment without a definition: whether the context's own list has it."""
    names = context.get("segments")
    return isinstance(names, list) and segment in names


def _has_operators(value: object) -> bool:
    return isinstance(value, dict) and any(name.startswith("$") for name in value)


def _opposite(test: Test) -> Test:
    return lambda value: not test(value)


def _equals(operand: object) -> Test:
    """The value equals the operand, or is a list with such an element."""
    if isinstance(operand, str):
        return lambda value: operand in value if isinstance(value, list) else value == operand

    return lambda value: equal(operand, value) or (isinstance(value, list) and _has(value, operand))


def _has(items: list[object], wanted: object) -> bool:
    return any(equal(wanted, item) for item in items)


def _any_of(operand: Node) -> Test:
    items = [item.value for item in operand.items()]
    strings = frozenset(item for item in items if isinstance(item, str))
    others = [_equals(item) for item in items if not isinstance(item, str)]

    def test(value: object) -> bool:
        if isinstance(value, str):
            return value in strings
        if isinstance(value, list) and any(isinstance(item, str) and item in strings for item in value):
            return True
        return any(other(value) for other in others)

    return test


def _none_of(operand: Node) -> Test:
    return _opposite(_any_of(operand))


Order = Callable[[Any, Any], bool]


def _ordered(holds: Order) -> Callable[[Node], Test]:
    """Numbers are ordered by size, strings by UTF-16 code units; values of different types have no order."""

    def compile_order(operand: Node) -> Test:
        limit = operand.value
        if isinstance(limit, str):
            units = code_units(limit)
            return lambda value: isinstance(value, str) and holds(code_units(value), units)
        number = double(operand.number())

        def test(value: object) -> bool:
            if not isinstance(value, (int, float)) or isinstance(value, bool):
                return False
            return holds(double(value), number)

        return test

    return compile_order


def _version_order(holds: Order) -> Callable[[Node], Test]:
    def compile_order(operand: Node) -> Test:
        limit = parse_version(operand.string())
        if limit is None:
            raise operand.error("must be a version such as 1.2.3")

        def test(value: object) -> bool:
            version = parse_version(value)
            return version is not None and holds(version, limit)

        return test

    return compile_order


def _exists(operand: Node) -> Test:
    return (lambda value: value is not MISSING) if operand.boolean() else (lambda value: value is MISSING)


def _type(operand: Node) -> Test:
    names = operand.strings() if isinstance(operand.value, list) else [operand.string()]
    return lambda value: type_name(value) in names


# A pattern takes at most quadratic time in the length of the string.
_MAX_MATCHED_LENGTH = 1_000


def _regex(operand: Node) -> Test:
    try:
        search = compile_pattern(operand.string()).search
    except (re.error, OverflowError, RecursionError) as error:
        raise operand.error(f"is not a pattern: {error}") from None

    def test(value: object) -> bool:
        return isinstance(value, str) and not _is_too_long(value) and search(value) is not None

    return test


def _is_too_long(text: str) -> bool:
    """Counts UTF-16 code units."""
    if text.isascii() or len(text) > _MAX_MATCHED_LENGTH:
        return len(text) > _MAX_MATCHED_LENGTH
    return len(text) + sum(character > "\uffff" for character in text) > _MAX_MATCHED_LENGTH


def _all(operand: Node) -> Test:
    wanted = [item.value for item in operand.items()]
    return lambda value: isinstance(value, list) and all(_has(value, item) for item in wanted)


_OPERATORS: dict[str, Callable[[Node], Test]] = {
    "$eq": lambda operand: _equals(operand.value),
    "$ne": lambda operand: _opposite(_equals(operand.value)),
    "$in": _any_of,
    "$nin": _none_of,
    "$gt": _ordered(gt),
    "$gte": _ordered(ge),
    "$lt": _ordered(lt),
    "$lte": _ordered(le),
    "$exists": _exists,
    "$type": _type,
    "$regex": _regex,
    "$veq": _version_order(eq),
    "$vne": lambda operand: _opposite(_version_order(eq)(operand)),
    "$vgt": _version_order(gt),
    "$vgte": _version_order(ge),
    "$vlt": _version_order(lt),
    "$vlte": _version_order(le),
    "$all": _all,
}
