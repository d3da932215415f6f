"""A flag's value as the requested type. All functions raise TypeMismatchError for a value of another type."""

from __future__ import annotations

from typing import Any

from openfeature.exception import TypeMismatchError


def boolean(value: object) -> bool:
    if isinstance(value, bool):
        return value
    raise _mismatch(value, "a boolean")


def string(value: object) -> str:
    if isinstance(value, str):
        return value
    raise _mismatch(value, "a string")


def integer(value: object) -> int:
    """A float without a fraction counts as an integer: in JSON 10 and 10.0 are the same."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    raise _mismatch(value, "an integer")


def floating(value: object) -> float:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    raise _mismatch(value, "a number")


def structure(value: object) -> Any:
    """An object or a list, as a copy that the caller may change."""
    if isinstance(value, (dict, list)):
        return copied(value)
    raise _mismatch(value, "an object or a list")


def copied(value: object) -> object:
    """A deep copy of a JSON value: changing it does not change the snapshot."""
    if isinstance(value, dict):
        return {key: copied(member) for key, member in value.items()}
    if isinstance(value, list):
        return [copied(item) for item in value]
    return value


def _mismatch(value: object, wanted: str) -> TypeMismatchError:
    return TypeMismatchError(f"the flag's value {value!r:.100} is not {wanted}")
