"""What a caller knows of a unit, as the JSON values that conditions read."""

import math
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone

from .json_value import MISSING
from .utf8 import join_surrogates


def attributes_of(given: Mapping[str, object]) -> dict[str, object]:
    """A context's attributes as JSON values. What can not be one (a set, a Decimal, a cycle) is left out."""
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
    """One value as JSON has it, or MISSING.

    Datetimes are texts in UTC with milliseconds (2026-01-31T12:00:00.000Z), those without a zone being taken
    as UTC: the same on every machine. Sequences are lists; floats that are not finite are null. In a list,
    what can not be JSON stays as MISSING: the others keep their places.
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, int):
        return _int(value)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, datetime):
        return _timestamp(value)
    if isinstance(value, Mapping):
        pairs = ((key, json_value(one)) for key, one in value.items())
        return {key: one for key, one in pairs if isinstance(key, str) and one is not MISSING}
    if isinstance(value, Sequence) and not isinstance(value, (bytes, bytearray, memoryview)):
        return [json_value(one) for one in value]
    return MISSING


def _text(value: str) -> str:
    # Of a member of an Enum that is a str, the text and not the member's name.
    text = str.__str__(value)
    return text if text.isascii() else join_surrogates(text)


def _int(value: int) -> int | None:
    try:
        float(value)
    except OverflowError:
        return None  # As a double it is infinite.
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
