"""When a flag or a rule applies."""

from collections.abc import Callable

from .json_node import Node

Schedule = Callable[[float], bool]
"""Whether a time (milliseconds since 1970) lies within the schedule."""


def compile_schedule(node: Node | None) -> Schedule | None:
    """From `from` (inclusive) to `until` (exclusive), either of which may be missing. None for None."""
    if node is None:
        return None
    start, end = node.get("from"), node.get("until")
    begins = start.number() if start else float("-inf")
    ends = end.number() if end else float("inf")
    return lambda now: begins <= now < ends
