"""Context attributes as the JSON values that conditions read."""

import math
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone

from .json_value import MISSING
from .utf8 import join_surrogates


def attributes_of(given: Mapping[str, object]) -> dict[str, object]:
    """A context's attributes as JSON values. Others (a set, a Decimal, a cycle) are left out."""
    attributes: dict[str, object] = {}
    for name, value in given.items():
        kind = type(value)
        if kind is bool or value is None or (kind is str and str.isascii(value)):  # type: ignore[arg-type]
            converted = value
        else:
            try:
                converted = json_value(value)
            except RecursionError:
                continue
        if converted is not MISSING and isinstance(name, str):
            attributes[name] = converted
    return attributes


def json_value(value: object) -> object:
    """A value as JSON, or MISSING.

    Datetimes become strings in UTC with milliseconds (2026-01-31T12:00:00.000Z); one without a time zone is
    taken as UTC, so that the result is the same on every machine. Sequences become lists; floats that are not
    finite become null. In a list, values that JSON does not have stay as MISSING, so that the others keep
    their positions.
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, int):
        return _int(value)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, datetime):
        return _timestamp(value)
    if isinstance(value, Mapping):
        pairs = ((key, json_value(member)) for key, member in value.items())
        return {key: member for key, member in pairs if isinstance(key, str) and member is not MISSING}
    if isinstance(value, Sequence) and not isinstance(value, (bytes, bytearray, memoryview)):
        return [json_value(item) for item in value]
    return MISSING


def _string(value: str) -> str:
    # For a member of an Enum that is also a str: the string, not the name of the member.
    text = str.__str__(value)
    return text if text.isascii() else join_surrogates(text)


def _int(value: int) -> int | None:
    try:
        float(value)
    except OverflowError:
        return None  # Infinite as a double.
    return int(value)


def _timestamp(value: datetime) -> object:
    try:
        utc = value.replace(tzinfo=timezone.utc) if value.tzinfo is None else value.astimezone(timezone.utc)
    except OverflowError:
        return MISSING
    return iso(utc)


def iso(utc: datetime) -> str:
    """A time in UTC as ISO 8601 with milliseconds and Z."""
    return utc.isoformat(timespec="milliseconds").replace("+00:00", "Z")
