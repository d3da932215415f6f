"""Keeps the snapshot: asks for it every second, and at once when told of a change."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import NamedTuple

from openfeature.event import ProviderEvent, ProviderEventDetails
from openfeature.exception import ErrorCode

from .changes import changed_flags
from .document import SnapshotError
from .json_value import read_json
from .snapshot import Snapshot, UnsupportedFormat
from .transport import Response, Transport, Unreachable
from .troubles import Troubles, logger

# Behind a load balancer a process may be a moment behind the one that answered before.
_BEHIND_AT_MOST = 10.0
# One that has not heard of changes for so long is cut off: what is older there is no news.
_CUT_OFF = 3.0

# OpenFeature announces how `initialize` went after it has returned: nothing may overtake that.
_ANNOUNCE_AFTER = 0.25


class Held(NamedTuple):
    """A snapshot, and when (monotonic seconds) the last good answer about it was asked for."""

    snapshot: Snapshot
    asked_at: float

    @property
    def is_stale(self) -> bool:
        return (time.monotonic() - self.asked_at) * 1000 > self.snapshot.stale_after_ms


class _Refused(Exception):
    """An answer that is no good snapshot: its kind of trouble, and the details."""

    def __init__(self, kind: str, detail: str) -> None:
        super().__init__(detail)
        self.kind = kind


class SnapshotKeeper:
    """Holds the last good snapshot and asks for newer ones in a thread.

    Args:
        emit: told of provider events, in the keeper's thread.
        held: a snapshot to begin with, of a process that this one was forked from.
    """

    def __init__(
        self,
        transport: Transport,
        *,
        instance_id: str,
        interval: float,
        request_timeout: float,
        emit: Callable[[ProviderEvent, ProviderEventDetails], None],
        held: Held | None = None,
    ) -> None:
        self._transport = transport
        self._instance_id = instance_id
        self._interval = interval
        self._request_timeout = request_timeout
        self._emit = emit
        self._held = held
        self._etag: str | None = None
        self._behind_since: float | None = None
        self._troubles = Troubles("snapshot")
        self._last_trouble = ""
        self._wait_for = 0.0
        self._first = threading.Event()
        if held:
            self._first.set()
        self._wake = threading.Event()
        self._closing = False
        self._announced: ProviderEvent | None = ProviderEvent.PROVIDER_READY if held else None
        self._announce_from = time.monotonic()
        self._thread = threading.Thread(target=self._run, name="rampart-snapshot", daemon=True)

    @property
    def held(self) -> Held | None:
        """The last good snapshot; replaced as a whole, so that a reader never sees half of one."""
        return self._held

    def start(self) -> None:
        self._thread.start()

    def wait(self, timeout: float) -> bool:
        """Waits for the first snapshot, and settles what OpenFeature will have announced thereafter."""
        is_ready = self._first.wait(timeout)
        self._announce_from = time.monotonic() + _ANNOUNCE_AFTER
        self._announced = ProviderEvent.PROVIDER_READY if is_ready else ProviderEvent.PROVIDER_ERROR
        return is_ready

    def refresh(self) -> None:
        """Asks at once."""
        self._wake.set()

    def close(self, timeout: float) -> None:
        """Ends the thread, which takes the process off the server's list with its last request."""
        self._closing = True
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(timeout)
        self._transport.close()

    def why(self) -> str:
        """What is wrong, for a person."""
        return self._last_trouble or "the server has not answered yet"

    def _run(self) -> None:
        while not self._closing:
            self._poll()
            self._announce()
            self._wake.wait(max(self._interval, self._wait_for))
            self._wake.clear()
        self._say_goodbye()

    def _poll(self) -> None:
        asked_at = time.monotonic()
        self._wait_for = 0.0
        try:
            response = self._ask({}, self._request_timeout)
            self._take(response, asked_at)
        except Unreachable as error:
            self._fail("the server can not be reached", str(error))
        except _Refused as error:
            self._fail(error.kind, str(error))
        except Exception as error:  # The thread must not die, whatever an answer had in it.
            logger.exception("snapshot: unexpected error")
            self._fail("an unexpected error", repr(error))
        else:
            self._troubles.end()
            self._last_trouble = ""

    def _fail(self, kind: str, detail: str) -> None:
        self._last_trouble = f"{kind}: {detail}"
        self._troubles.begin(kind, detail)

    def _ask(self, more: dict[str, str], timeout: float) -> Response:
        query = {"instance_id": self._instance_id}
        if self._held:
            query["serving"] = str(self._held.snapshot.revision)
        headers = {"If-None-Match": self._etag} if self._etag else {}
        return self._transport.get("/v1/snapshot", query={**query, **more}, headers=headers, timeout=timeout)

    def _take(self, response: Response, asked_at: float) -> None:
        held = self._held
        age = _age_of(response)
        if response.status == 304 and held and self._etag:
            self._held = Held(held.snapshot, asked_at - age)
            self._behind_since = None
            return
        if response.status != 200:
            self._wait_for = response.retry_after or 0.0
            raise _Refused(*_trouble_of(response.status))
        snapshot = _snapshot_of(response.body)
        if held and snapshot.revision < held.snapshot.revision and self._is_behind(asked_at, age):
            return
        self._behind_since = None
        for broken in snapshot.broken:
            logger.error("snapshot: revision %s: %s; it is not served", snapshot.revision, broken)
        self._held = Held(snapshot, asked_at - age)
        self._etag = response.headers.get("etag")
        self._first.set()
        if held:
            self._announce_changes(held.snapshot, snapshot)

    def _is_behind(self, asked_at: float, age: float) -> bool:
        """Whether answers are older than what is held for so short a time that they are to be ignored."""
        if age > _CUT_OFF:
            return True
        if self._behind_since is None:
            self._behind_since = asked_at
        return asked_at - self._behind_since < _BEHIND_AT_MOST

    def _announce_changes(self, old: Snapshot, new: Snapshot) -> None:
        changed = changed_flags(old, new)
        if changed:
            self._emit(
                ProviderEvent.PROVIDER_CONFIGURATION_CHANGED, ProviderEventDetails(flags_changed=changed)
            )

    def _announce(self) -> None:
        """Emits what has become of the provider, where that is not what was last announced."""
        if self._announced is None or time.monotonic() < self._announce_from:
            return
        state = self._state()
        if state is self._announced:
            return
        self._announced = state
        details = ProviderEventDetails()
        if state is ProviderEvent.PROVIDER_ERROR:
            code = ErrorCode.GENERAL if self._held else ErrorCode.PROVIDER_NOT_READY
            details = ProviderEventDetails(message=self.why(), error_code=code)
        elif state is ProviderEvent.PROVIDER_STALE:
            details = ProviderEventDetails(message=f"experiments serve their control: {self.why()}")
        self._emit(state, details)

    def _state(self) -> ProviderEvent:
        if self._held and self._held.is_stale:
            return ProviderEvent.PROVIDER_STALE
        if self._troubles.kind or not self._held:
            return ProviderEvent.PROVIDER_ERROR
        return ProviderEvent.PROVIDER_READY

    def _say_goodbye(self) -> None:
        if self._troubles.kind:
            return
        try:
            self._ask({"closing": "true"}, min(self._request_timeout, 1.0))
        except Unreachable as error:
            logger.info("snapshot: could not take this process off the server's list: %s", error)


def _age_of(response: Response) -> float:
    """For how many seconds the process that answers has not heard of changes."""
    age = response.headers.get("age", "0")
    return float(age) if age.isdecimal() else 0.0


def _trouble_of(status: int) -> tuple[str, str]:
    if status in (401, 403):
        return f"HTTP {status}", "the key is not let in: api_key must be a valid key of role server"
    if status == 404:
        return "HTTP 404", "there is no /v1/snapshot: base_url must be that of a Rampart server"
    return f"HTTP {status}", "the server does not answer with a snapshot"


def _snapshot_of(body: bytes) -> Snapshot:
    try:
        document = read_json(body)
    except ValueError as error:
        raise _Refused("the answer is not JSON", str(error)) from None
    try:
        return Snapshot(document)
    except UnsupportedFormat as error:
        raise _Refused("a snapshot of another format", str(error)) from None
    except (SnapshotError, RecursionError) as error:
        raise _Refused("the answer is not a snapshot", str(error)) from None
