"""Which exposures were sent lately: one an hour says all."""

from __future__ import annotations

import threading
from typing import NamedTuple

AGAIN_AFTER = 3600.0
MOST_REMEMBERED = 100_000


class Exposure(NamedTuple):
    unit: str
    experiment_id: str
    variant: str


class ExposureMemory:
    """Remembers a bounded number of exposures. One that is forgotten is sent again, which is harmless."""

    def __init__(self, most: int = MOST_REMEMBERED) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._sent: dict[Exposure, float] = {}

    def is_due(self, exposure: Exposure, now: float) -> bool:
        """Whether it was not seen in the hour before `now` (seconds, monotonic); then it is noted as seen."""
        with self._lock:
            sent = self._sent.get(exposure)
            if sent is not None and now - sent < AGAIN_AFTER:
                return False
            self._sent.pop(exposure, None)  # So that it stands last: a dict keeps the order of insertion.
            self._sent[exposure] = now
            while len(self._sent) > self._most:
                del self._sent[next(iter(self._sent))]
            return True

    def forget(self, exposure: Exposure) -> None:
        """It was lost on the way: the next evaluation repeats it."""
        with self._lock:
            self._sent.pop(exposure, None)
