"""Patterns of a snapshot: a language with the same meaning in JavaScript and Python."""

import re

_TOKEN = re.compile(r"\\.|\[(?:\\.|[^\]\\])*\]|\$", re.DOTALL)


def compile_pattern(source: str) -> re.Pattern[str]:
    """Compiles a portable pattern, for `search`.

    Raises:
        re.error: Python cannot read the pattern.
    """
    # Python's $ also matches before a final newline; \Z matches only at the end.
    return re.compile(_TOKEN.sub(lambda token: r"\Z" if token[0] == "$" else token[0], source))
