"""Patterns as they come in a snapshot: a language that means the same to JavaScript and to Python."""

import re

_TOKEN = re.compile(r"\\.|\[(?:\\.|[^\]\\])*\]|\$", re.DOTALL)


def compile_pattern(source: str) -> re.Pattern[str]:
    """A portable pattern, to be searched for.

    Raises:
        re.error: Python can not read it.
    """
    # Python's $ also stands before a newline at the end; \Z is the very end.
    return re.compile(_TOKEN.sub(lambda token: r"\Z" if token[0] == "$" else token[0], source))
