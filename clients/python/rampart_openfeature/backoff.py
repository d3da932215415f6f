"""Delays between attempts."""

import random


class Backoff:
    """Doubles from `first` to `longest` seconds, with jitter: clients should not all come back at once."""

    def __init__(self, first: float, longest: float = 30.0) -> None:
        self._first = first
        self._longest = longest
        self._next = first

    def next(self) -> float:
        """The next delay in seconds: at random between half of the step and the whole."""
        step, self._next = self._next, min(self._next * 2, self._longest)
        return step * random.uniform(0.5, 1)

    def reset(self) -> None:
        self._next = self._first
