"""Semantic Versions and their order. Source: https://semver.org/spec/v2.0.0.html, section 11."""

import re

_VERSION = re.compile(
    r"v?([0-9]+)(?:\.([0-9]+))?(?:\.([0-9]+))?"
    r"(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?"
    r"(?:\+[0-9A-Za-z.-]+)?"
)
_LONGEST = 256

Identifier = tuple[int, int, str]
Version = tuple[int, int, int, bool, tuple[Identifier, ...]]
"""Compares as the version does: major, minor, patch, whether it is a release, the identifiers before one."""


def parse_version(text: object) -> Version | None:
    """A version as a tuple to compare; None for what is none."""
    if not isinstance(text, str) or len(text) > _LONGEST:
        return None
    match = _VERSION.fullmatch(text)
    if not match:
        return None
    major, minor, patch, before = match.groups()
    identifiers = tuple(map(_identifier, before.split("."))) if before else ()
    return int(major), int(minor or 0), int(patch or 0), not before, identifiers


def _identifier(text: str) -> Identifier:
    """Numbers before texts, numbers by size, texts by ASCII."""
    return (0, int(text), "") if text.isdigit() else (1, 0, text)
