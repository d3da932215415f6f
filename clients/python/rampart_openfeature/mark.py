"""Marks: a snapshot identifies units by these, never by their ids."""

from hashlib import sha256

from .utf8 import utf8


def mark_of(salt: str, unit: str) -> str:
    """The first 24 hexadecimal digits of SHA-256 over the snapshot's salt followed by the unit's id."""
    return sha256(utf8(salt) + utf8(unit)).hexdigest()[:24]
