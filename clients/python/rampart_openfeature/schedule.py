"""When a flag, or a rule of one, applies."""

from collections.abc import Callable

from .document import Node

Schedule = Callable[[float], bool]
"""Whether a time (milliseconds since 1970) lies within."""


def compile_schedule(node: Node | None) -> Schedule | None:
    """From `from` (inclusive) to `until` (exclusive), either of which may be missing; None for none."""
    if node is None:
        return None
    start, end = node.get("from"), node.get("until")
    begins = start.number() if start else float("-inf")
    ends = end.number() if end else float("inf")
    return lambda now: begins <= now < ends
