"""Listens for changes. It only makes things faster: without it, the next poll finds them."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable

from .backoff import Backoff
from .sse import messages
from .transport import Transport, Unreachable
from .trouble import Trouble

# A connection that broke without notice is recognised only by its silence.
_IDLE_TIMEOUT = 90.0
# A stream that lasted this long counts as a success: the backoff starts over.
_STEADY = 10.0


class ChangeStream:
    """Follows `GET /v1/stream` in a thread and calls `on_change` for each change."""

    def __init__(
        self, transport: Transport, *, interval: float, request_timeout: float, on_change: Callable[[], None]
    ) -> None:
        self._transport = transport
        self._interval = interval
        self._request_timeout = request_timeout
        self._on_change = on_change
        self._trouble = Trouble("stream")
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="rampart-stream", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self, timeout: float) -> None:
        self._closing.set()
        self._transport.close()
        if self._thread.is_alive():
            self._thread.join(timeout)

    def _run(self) -> None:
        backoff = Backoff(self._interval)
        while not self._closing.is_set():
            began_at = time.monotonic()
            try:
                self._follow()
            except Unreachable as error:
                self._trouble.begin("it cannot be opened", f"{error}; changes are found by polling")
            if time.monotonic() - began_at > _STEADY:
                backoff.reset()
            self._closing.wait(backoff.next())

    def _follow(self) -> None:
        """Returns when the stream ends. A server or proxy may end it at any time: that is not a problem."""
        lines = self._transport.open_lines(
            "/v1/stream", timeout=self._request_timeout, idle_timeout=_IDLE_TIMEOUT
        )
        self._trouble.end()
        if self._closing.is_set():
            return
        self._on_change()  # Something may have changed while there was no stream.
        for data in messages(lines):
            if _is_change(data):
                self._on_change()


def _is_change(data: str) -> bool:
    try:
        message = json.loads(data)
    except (ValueError, RecursionError):
        return False
    return isinstance(message, dict) and message.get("type") == "refetchEvaluation"
