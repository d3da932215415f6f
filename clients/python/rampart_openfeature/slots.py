"""Slots: the hash of a unit under a salt. Source of the hash: draft-eastlake-fnv."""

from collections.abc import Callable

from .utf8 import utf8

SLOTS = 10_000

_OFFSET = 0x811C9DC5
_PRIME = 0x01000193


def fnv1a(data: bytes, seed: int = _OFFSET) -> int:
    """FNV-1a with 32 bits, continued from `seed`."""
    hash = seed
    for byte in data:
        hash = ((hash ^ byte) * _PRIME) & 0xFFFFFFFF
    return hash


def slots_under(salt: str) -> Callable[[str], int]:
    """A function from units to their slots (0 to 9,999) under a salt, which is hashed once.

    The second round, over the decimal digits of the first, makes experiments independent of each other.
    """
    seed = fnv1a(utf8(salt))

    def slot(unit: str) -> int:
        return fnv1a(b"%d" % fnv1a(utf8(unit), seed)) % SLOTS

    return slot
