"""A flag's value as the type that was asked for. All raise TypeMismatch where it is another."""

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
    """Also of a float without a fraction: in JSON 10 and 10.0 are the same."""
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
    """An object or a list, as a copy of the caller's own."""
    if isinstance(value, (dict, list)):
        return copied(value)
    raise _mismatch(value, "an object or a list")


def copied(value: object) -> object:
    """A JSON value that may be changed without changing the snapshot."""
    if isinstance(value, dict):
        return {key: copied(one) for key, one in value.items()}
    if isinstance(value, list):
        return [copied(one) for one in value]
    return value


def _mismatch(value: object, wanted: str) -> TypeMismatchError:
    return TypeMismatchError(f"the flag's value {value!r:.100} is not {wanted}")
