"""What goes wrong, logged once when it begins and once when it ends."""

from __future__ import annotations

import logging
import threading

logger = logging.getLogger("rampart_openfeature")


class Troubles:
    """The trouble of one activity. Each activity has at most one kind of trouble at a time."""

    def __init__(self, activity: str) -> None:
        self._activity = activity
        self._lock = threading.Lock()
        self._kind: str | None = None

    @property
    def kind(self) -> str | None:
        return self._kind

    def begin(self, kind: str, detail: str) -> None:
        """Logs the trouble unless it is known already; another kind ends the one before."""
        with self._lock:
            if self._kind == kind:
                return
            before, self._kind = self._kind, kind
        if before:
            logger.warning("%s: %s is over, but now %s: %s", self._activity, before, kind, detail)
        else:
            logger.warning("%s: %s: %s", self._activity, kind, detail)

    def end(self) -> None:
        with self._lock:
            before, self._kind = self._kind, None
        if before:
            logger.info("%s: %s is over", self._activity, before)
