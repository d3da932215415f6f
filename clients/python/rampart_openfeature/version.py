"""Semantic Versions and their order. Source: https://semver.org/spec/v2.0.0.html, section 11."""

import re

_VERSION = re.compile(
    r"v?([0-9]+)(?:\.([0-9]+))?(?:\.([0-9]+))?"
    r"(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?"
    r"(?:\+[0-9A-Za-z.-]+)?"
)
_MAX_LENGTH = 256

Identifier = tuple[int, int, str]
Version = tuple[int, int, int, bool, tuple[Identifier, ...]]
"""Compares as versions do: major, minor, patch, whether it is a release, the identifiers of a pre-release."""


def parse_version(text: object) -> Version | None:
    """A version as a tuple that can be compared; None where the text is not a version."""
    if not isinstance(text, str) or len(text) > _MAX_LENGTH:
        return None
    match = _VERSION.fullmatch(text)
    if not match:
        return None
    major, minor, patch, prerelease = match.groups()
    identifiers = tuple(map(_identifier, prerelease.split("."))) if prerelease else ()
    return int(major), int(minor or 0), int(patch or 0), not prerelease, identifiers


def _identifier(text: str) -> Identifier:
    """Numbers come before other identifiers; numbers are ordered by size, others by ASCII."""
    return (0, int(text), "") if text.isdigit() else (1, 0, text)
