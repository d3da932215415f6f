"""Problems that last, logged once when they begin and once when they end."""

from __future__ import annotations

import logging
import threading

logger = logging.getLogger("rampart_openfeature")


class Trouble:
    """The problem of one activity. An activity has at most one kind of problem at a time."""

    def __init__(self, activity: str) -> None:
        self._activity = activity
        self._lock = threading.Lock()
        self._kind: str | None = None

    @property
    def kind(self) -> str | None:
        return self._kind

    def begin(self, kind: str, detail: str) -> None:
        """Logs the problem, unless it is known already. Another kind ends the previous one."""
        with self._lock:
            if self._kind == kind:
                return
            before, self._kind = self._kind, kind
        if before:
            logger.warning("%s: %s is over, but now %s: %s", self._activity, before, kind, detail)
        else:
            logger.warning("%s: %s: %s", self._activity, kind, detail)

    def end(self) -> None:
        """Logs that the problem is over, if there was one."""
        with self._lock:
            before, self._kind = self._kind, None
        if before:
            logger.info("%s: %s is over", self._activity, before)
