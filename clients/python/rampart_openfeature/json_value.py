"""JSON values: reading, equality, order. Numbers are IEEE doubles, and true is not 1."""

import json
import math
from typing import Final, NoReturn


class Missing:
    """The value of an attribute that is missing; equal to no JSON value."""

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = Missing()

_MAX_SAFE_INT = 2**53


def read_json(text: str | bytes) -> object:
    """Reads JSON with its numbers as doubles: ints beyond 2^53 become floats, infinities become None.

    Raises:
        ValueError: the text is not JSON (NaN and Infinity, which Python would accept, included), not UTF-8,
            or nested too deep.
    """
    try:
        return json.loads(text, parse_int=_integer, parse_float=_float, parse_constant=refuse_constant)
    except RecursionError:
        raise ValueError("nested too deep") from None


def refuse_constant(name: str) -> NoReturn:
    """For `parse_constant`: JSON has no NaN and no Infinity."""
    raise ValueError(f"{name} is not JSON")


def _integer(digits: str) -> int | float | None:
    # Python refuses ints of more than 4,300 digits.
    if len(digits) > 20 or abs(value := int(digits)) > _MAX_SAFE_INT:
        return _float(digits)
    return value


def _float(digits: str) -> float | None:
    value = float(digits)
    return value + 0.0 if math.isfinite(value) else None  # + 0.0: JSON.stringify writes -0 as 0


def double(value: int | float) -> float:
    """A number as the double that it is in JSON."""
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def equal(a: object, b: object) -> bool:
    """Whether two JSON values are deeply equal, in any order of keys. MISSING equals nothing."""
    if a is None or isinstance(a, bool):
        return a is b
    if isinstance(a, str):
        return isinstance(b, str) and a == b
    if isinstance(a, (int, float)):
        return isinstance(b, (int, float)) and not isinstance(b, bool) and double(a) == double(b)
    if isinstance(a, list):
        return isinstance(b, list) and len(a) == len(b) and all(map(equal, a, b))
    if isinstance(a, dict):
        if not isinstance(b, dict) or len(a) != len(b):
            return False
        return all(key in b and equal(value, b[key]) for key, value in a.items())
    return False


def code_units(text: str) -> bytes:
    """Bytes with the order of JavaScript's strings: by UTF-16 code units."""
    return text.encode("utf-16-be", "surrogatepass")


def type_name(value: object) -> str | None:
    """One of string, number, boolean, array, object, null; None where the value is missing."""
    return "null" if value is None else _NAMES.get(type(value))


_NAMES = {str: "string", int: "number", float: "number", bool: "boolean", list: "array", dict: "object"}
