"""Events on their way to the server: a bounded buffer, sent in batches, again and again until it has them."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping
from typing import NamedTuple

from .backoff import Backoff
from .exposures import Exposure
from .json_value import read_json
from .transport import Response, Transport, Unreachable
from .troubles import Troubles, logger

MOST_IN_BATCH = 1_000
# The server takes bodies up to 1 MiB.
_MOST_BYTES = 1_000_000
# What is wrong with a request as such, and would be again.
_REFUSED = frozenset({400, 413, 415, 422})


class _Waiting(NamedTuple):
    body: bytes
    exposure: Exposure | None


class EventSender:
    """Buffers events and sends them in a thread.

    Args:
        interval: seconds from an event to the batch that has it; sooner when a batch is full.
        capacity: the most events that wait; beyond it the oldest are dropped and counted.
        on_lost: told of exposures that were dropped.
    """

    def __init__(
        self,
        transport: Transport,
        *,
        interval: float,
        capacity: int,
        request_timeout: float,
        on_lost: Callable[[Exposure], None],
    ) -> None:
        self._transport = transport
        self._interval = interval
        self._capacity = capacity
        self._request_timeout = request_timeout
        self._on_lost = on_lost
        self._lock = threading.Lock()
        self._waiting: deque[_Waiting] = deque()
        self._batch: list[_Waiting] = []
        self._dropped = 0
        self._overflow = Troubles("events")
        self._troubles = Troubles("events")
        self._backoff = Backoff(interval)
        self._wake = threading.Event()
        self._closing = threading.Event()
        self._deadline = float("inf")
        self._is_closed = False
        self._thread = threading.Thread(target=self._run, name="rampart-events", daemon=True)

    @property
    def dropped(self) -> int:
        """Events that were given up: buffer full, refused as a whole, or not sent before the end."""
        return self._dropped

    def start(self) -> None:
        self._thread.start()

    def add(self, event: Mapping[str, object], exposure: Exposure | None = None) -> None:
        """Takes an event of JSON values; what changes in it afterwards has no effect. Never waits."""
        # What can not be JSON has kept its place in a list, and is null there.
        body = json.dumps(event, separators=(",", ":"), allow_nan=False, default=lambda _: None).encode()
        one = _Waiting(body, exposure)
        if len(body) > _MOST_BYTES:
            self._lose([one], f"an event of {len(body)} bytes is too large: at most {_MOST_BYTES}")
            return
        lost: list[_Waiting] = []
        with self._lock:
            is_late = self._is_closed
            if not is_late:
                self._waiting.append(one)
                while len(self._waiting) + len(self._batch) > self._capacity and self._waiting:
                    lost.append(self._waiting.popleft())
            is_full = len(self._waiting) >= min(MOST_IN_BATCH, self._capacity)
        if is_late:
            self._lose([one], "an event came after the end")
        if lost:
            self._overflow.begin("the buffer is full", f"the oldest of {self._capacity} events are dropped")
            self._count(lost)
        if is_full:
            self._wake.set()

    def close(self, timeout: float) -> None:
        """Sends what waits, for at most `timeout` seconds, and ends the thread."""
        self._deadline = time.monotonic() + timeout
        self._closing.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(timeout)
        self._transport.close()
        with self._lock:
            self._is_closed = True
            left = [*self._batch, *self._waiting]
            self._batch = []
            self._waiting.clear()
        if left:
            self._lose(left, "they could not be sent before the end")

    def _run(self) -> None:
        while not self._closing.is_set():
            self._wake.wait(self._interval)
            self._wake.clear()
            try:
                self._flush()
            except Exception:  # The thread must not die; what was in the batch is tried again.
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
            # In the time that is left it tries more often.
            time.sleep(min(pause, 0.1))
            if time.monotonic() >= self._deadline:
                return

    def _next_batch(self) -> bool:
        """Fills the batch from what waits, unless there is one that was not sent yet."""
        with self._lock:
            size = 0
            if not self._batch:
                while self._waiting and len(self._batch) < MOST_IN_BATCH:
                    size += len(self._waiting[0].body) + 1
                    if size > _MOST_BYTES:
                        break
                    self._batch.append(self._waiting.popleft())
            return bool(self._batch)

    def _send(self) -> float | None:
        """Sends the batch. None once it is settled, else the seconds to wait before it is sent again."""
        body = b"[" + b",".join(one.body for one in self._batch) + b"]"
        timeout = min(self._request_timeout, max(self._deadline - time.monotonic(), 0.1))
        try:
            response = self._transport.post("/v1/events", body, timeout=timeout)
        except Unreachable as error:
            self._troubles.begin("the server can not be reached", f"{error}; they wait")
            return self._backoff.next()
        if response.status == 413 and len(self._batch) > 1:
            return self._halve()
        if response.status in _REFUSED:
            reason = response.body[:500].decode("utf-8", "replace")
            self._lose(self._batch, f"HTTP {response.status}: {reason}")
            return None
        return self._settle(response)

    def _settle(self, response: Response) -> float | None:
        rejected = _rejected(response) if 200 <= response.status < 300 else None
        if rejected is None:
            self._troubles.begin(f"HTTP {response.status}", "the server did not take them; they wait")
            return max(response.retry_after or 0.0, self._backoff.next())
        self._backoff.reset()
        self._troubles.end()
        self._overflow.end()
        for code, number in Counter(code for code, _ in rejected).items():
            example = next(message for other, message in rejected if other == code)
            logger.warning("events: %d rejected: %s, such as: %s", number, code, example)
        return None

    def _halve(self) -> float:
        with self._lock:
            half = len(self._batch) // 2
            self._waiting.extendleft(reversed(self._batch[half:]))
            self._batch = self._batch[:half]
        return 0.0

    def _lose(self, events: list[_Waiting], why: str) -> None:
        logger.warning("events: %d dropped: %s", len(events), why)
        self._count(events)

    def _count(self, events: list[_Waiting]) -> None:
        with self._lock:
            self._dropped += len(events)
        for one in events:
            if one.exposure:
                self._on_lost(one.exposure)


def _rejected(response: Response) -> list[tuple[str, str]] | None:
    """Code and message of each event that was rejected; None where the answer is not that of the server."""
    try:
        answer = read_json(response.body)
    except ValueError:
        return None
    if not isinstance(answer, dict) or not isinstance(answer.get("accepted"), int):
        return None
    rejected = answer.get("rejected")
    if not isinstance(rejected, list):
        return []
    return [(str(one.get("code")), str(one.get("message"))) for one in rejected if isinstance(one, dict)]
