"""Which exposures were sent recently: one an hour is enough."""

from __future__ import annotations

import threading
from typing import NamedTuple

REPEAT_AFTER = 3600.0
MAX_REMEMBERED = 100_000


class Exposure(NamedTuple):
    unit: str
    experiment_id: str
    variant: str


class ExposureMemory:
    """Remembers a limited number of exposures. A forgotten one is sent again, which is harmless."""

    def __init__(self, capacity: int = MAX_REMEMBERED) -> None:
        self._capacity = capacity
        self._lock = threading.Lock()
        self._sent: dict[Exposure, float] = {}

    def is_due(self, exposure: Exposure, now: float) -> bool:
        """Whether it was not sent in the hour before `now` (monotonic seconds). Then it counts as sent."""
        with self._lock:
            sent = self._sent.get(exposure)
            if sent is not None and now - sent < REPEAT_AFTER:
                return False
            self._sent.pop(exposure, None)  # Moves it to the end: a dict keeps the order of insertion.
            self._sent[exposure] = now
            while len(self._sent) > self._capacity:
                del self._sent[next(iter(self._sent))]
            return True

    def forget(self, exposure: Exposure) -> None:
        """It was dropped: the next evaluation sends it again."""
        with self._lock:
            self._sent.pop(exposure, None)
