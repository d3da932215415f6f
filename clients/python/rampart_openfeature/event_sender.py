"""Sends events to the server: a bounded queue, in batches, again until the server accepts them."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping
from typing import NamedTuple

from .backoff import Backoff
from .exposure_memory import Exposure
from .json_value import read_json
from .transport import Response, Transport, Unreachable
from .trouble import Trouble, logger

MAX_BATCH = 1_000
# The server accepts bodies of up to 1 MiB.
_MAX_BYTES = 1_000_000
# Statuses that mean the server will never accept the batch as it is.
_FINAL_STATUSES = frozenset({400, 413, 415, 422})


class _QueuedEvent(NamedTuple):
    body: bytes
    exposure: Exposure | None


class EventSender:
    """Queues events and sends them in a thread.

    Args:
        interval: seconds between batches; a full batch is sent at once.
        capacity: maximum number of queued events; beyond it the oldest are dropped and counted.
        on_drop: called with exposures that were dropped.
    """

    def __init__(
        self,
        transport: Transport,
        *,
        interval: float,
        capacity: int,
        request_timeout: float,
        on_drop: Callable[[Exposure], None],
    ) -> None:
        self._transport = transport
        self._interval = interval
        self._capacity = capacity
        self._request_timeout = request_timeout
        self._on_drop = on_drop
        self._lock = threading.Lock()
        self._queue: deque[_QueuedEvent] = deque()
        self._batch: list[_QueuedEvent] = []
        self._dropped = 0
        self._overflow = Trouble("events")
        self._trouble = Trouble("events")
        self._backoff = Backoff(interval)
        self._wake = threading.Event()
        self._closing = threading.Event()
        self._deadline = float("inf")
        self._is_closed = False
        self._thread = threading.Thread(target=self._run, name="rampart-events", daemon=True)

    @property
    def dropped(self) -> int:
        """Events given up: dropped from a full queue or at the end, or rejected with their batch."""
        return self._dropped

    def start(self) -> None:
        self._thread.start()

    def add(self, event: Mapping[str, object], exposure: Exposure | None = None) -> None:
        """Queues an event of JSON values. Later changes to it have no effect. Never waits."""
        # Only MISSING values in lists are left; they become null.
        body = json.dumps(event, separators=(",", ":"), allow_nan=False, default=lambda _: None).encode()
        item = _QueuedEvent(body, exposure)
        if len(body) > _MAX_BYTES:
            self._drop([item], f"an event has {len(body)} bytes, and the maximum is {_MAX_BYTES}")
            return
        dropped: list[_QueuedEvent] = []
        with self._lock:
            is_late = self._is_closed
            if not is_late:
                self._queue.append(item)
                while len(self._queue) + len(self._batch) > self._capacity and self._queue:
                    dropped.append(self._queue.popleft())
            is_full = len(self._queue) >= min(MAX_BATCH, self._capacity)
        if is_late:
            self._drop([item], "the event came after the end")
        if dropped:
            self._overflow.begin("the queue is full", f"the oldest of {self._capacity} events are dropped")
            self._count(dropped)
        if is_full:
            self._wake.set()

    def close(self, timeout: float) -> None:
        """Sends what is queued, for at most `timeout` seconds, and ends the thread."""
        self._deadline = time.monotonic() + timeout
        self._closing.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(timeout)
        self._transport.close()
        with self._lock:
            self._is_closed = True
            left = [*self._batch, *self._queue]
            self._batch = []
            self._queue.clear()
        if left:
            self._drop(left, "they could not be sent before the end")

    def _run(self) -> None:
        while not self._closing.is_set():
            self._wake.wait(self._interval)
            self._wake.clear()
            try:
                self._flush()
            except Exception:  # The thread must not die; the batch is sent again.
                logger.exception("events: unexpected error")

    def _flush(self) -> None:
        while self._next_batch():
            pause = self._send()
            if pause is None:
                with self._lock:
                    self._batch = []
                continue
            if not self._closing.wait(pause):
                continue
            # Closing: try more often in the time that is left.
            time.sleep(min(pause, 0.1))
            if time.monotonic() >= self._deadline:
                return

    def _next_batch(self) -> bool:
        """Fills the batch from the queue, unless it still has to be sent. False where both are empty."""
        with self._lock:
            size = 0
            if not self._batch:
                while self._queue and len(self._batch) < MAX_BATCH:
                    size += len(self._queue[0].body) + 1
                    if size > _MAX_BYTES:
                        break
                    self._batch.append(self._queue.popleft())
            return bool(self._batch)

    def _send(self) -> float | None:
        """Sends the batch. Returns None when it is done with, else the seconds until the next attempt."""
        body = b"[" + b",".join(event.body for event in self._batch) + b"]"
        timeout = min(self._request_timeout, max(self._deadline - time.monotonic(), 0.1))
        try:
            response = self._transport.post("/v1/events", body, timeout=timeout)
        except Unreachable as error:
            self._trouble.begin("the server is unreachable", f"{error}; they will be sent again")
            return self._backoff.next()
        if response.status == 413 and len(self._batch) > 1:
            return self._halve()
        if response.status in _FINAL_STATUSES:
            reason = response.body[:500].decode("utf-8", "replace")
            self._drop(self._batch, f"HTTP {response.status}: {reason}")
            return None
        return self._settle(response)

    def _settle(self, response: Response) -> float | None:
        rejected = _rejected(response) if 200 <= response.status < 300 else None
        if rejected is None:
            detail = "the server did not accept them; they will be sent again"
            self._trouble.begin(f"HTTP {response.status}", detail)
            return max(response.retry_after or 0.0, self._backoff.next())
        self._backoff.reset()
        self._trouble.end()
        self._overflow.end()
        for code, number in Counter(code for code, _ in rejected).items():
            example = next(message for other, message in rejected if other == code)
            logger.warning("events: %d rejected: %s, for example: %s", number, code, example)
        return None

    def _halve(self) -> float:
        with self._lock:
            half = len(self._batch) // 2
            self._queue.extendleft(reversed(self._batch[half:]))
            self._batch = self._batch[:half]
        return 0.0

    def _drop(self, events: list[_QueuedEvent], reason: str) -> None:
        logger.warning("events: %d dropped: %s", len(events), reason)
        self._count(events)

    def _count(self, events: list[_QueuedEvent]) -> None:
        with self._lock:
            self._dropped += len(events)
        for event in events:
            if event.exposure:
                self._on_drop(event.exposure)


def _rejected(response: Response) -> list[tuple[str, str]] | None:
    """Code and message of each rejected event; None where this is not a response of `POST /v1/events`."""
    try:
        body = read_json(response.body)
    except ValueError:
        return None
    if not isinstance(body, dict) or not isinstance(body.get("accepted"), int):
        return None
    rejected = body.get("rejected")
    if not isinstance(rejected, list):
        return []
    return [(str(item.get("code")), str(item.get("message"))) for item in rejected if isinstance(item, dict)]
