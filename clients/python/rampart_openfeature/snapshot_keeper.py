"""Keeps the snapshot: polls for it, and fetches it at once when a change is announced."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import NamedTuple

from openfeature.event import ProviderEvent, ProviderEventDetails
from openfeature.exception import ErrorCode

from .changed_flags import changed_flags
from .json_node import SnapshotError
from .json_value import read_json
from .snapshot import Snapshot, UnsupportedFormat
from .transport import Response, Transport, Unreachable
from .trouble import Trouble, logger

# How long a revision older than the current one is refused. Behind a load balancer, a server process may lag
# behind the one that responded before.
_OLDER_GRACE = 10.0
# A server process that has not heard of changes for this long is cut off: an older revision from it is never
# accepted.
_CUT_OFF_AFTER = 3.0

# OpenFeature emits the result of `initialize` after that has returned. Events of ours must not come earlier.
_EMIT_AFTER = 0.25


class HeldSnapshot(NamedTuple):
    """A snapshot, and the monotonic time of the last request that confirmed it, less the response's age."""

    snapshot: Snapshot
    fresh_at: float

    @property
    def is_stale(self) -> bool:
        return (time.monotonic() - self.fresh_at) * 1000 > self.snapshot.stale_after_ms


class _BadResponse(Exception):
    """A response that is not a usable snapshot: the kind of problem, and details."""

    def __init__(self, kind: str, detail: str) -> None:
        super().__init__(detail)
        self.kind = kind


class SnapshotKeeper:
    """Holds the last good snapshot and fetches newer ones in a thread.

    Args:
        emit: called with provider events, in the keeper's thread.
        held: the snapshot of the process that this one was forked from.
    """

    def __init__(
        self,
        transport: Transport,
        *,
        instance_id: str,
        interval: float,
        request_timeout: float,
        emit: Callable[[ProviderEvent, ProviderEventDetails], None],
        held: HeldSnapshot | None = None,
    ) -> None:
        self._transport = transport
        self._instance_id = instance_id
        self._interval = interval
        self._request_timeout = request_timeout
        self._emit = emit
        self._held = held
        self._etag: str | None = None
        self._older_since: float | None = None
        self._trouble = Trouble("snapshot")
        self._problem = ""
        self._retry_after = 0.0
        self._first = threading.Event()
        if held:
            self._first.set()
        self._wake = threading.Event()
        self._closing = False
        self._last_emitted: ProviderEvent | None = ProviderEvent.PROVIDER_READY if held else None
        self._emit_from = time.monotonic()
        self._thread = threading.Thread(target=self._run, name="rampart-snapshot", daemon=True)

    @property
    def held(self) -> HeldSnapshot | None:
        """The last good snapshot. Replaced as a whole, so that a reader never sees a mix of two."""
        return self._held

    def start(self) -> None:
        self._thread.start()

    def wait(self, timeout: float) -> bool:
        """Waits for the first snapshot. OpenFeature emits the result: the keeper does not repeat it."""
        is_ready = self._first.wait(timeout)
        self._emit_from = time.monotonic() + _EMIT_AFTER
        self._last_emitted = ProviderEvent.PROVIDER_READY if is_ready else ProviderEvent.PROVIDER_ERROR
        return is_ready

    def refresh(self) -> None:
        """Fetches the snapshot at once."""
        self._wake.set()

    def close(self, timeout: float) -> None:
        """Ends the thread, whose last request tells the server that this process no longer evaluates."""
        self._closing = True
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(timeout)
        self._transport.close()

    @property
    def problem(self) -> str:
        """The current problem, for people."""
        return self._problem or "the server has not responded yet"

    def _run(self) -> None:
        while not self._closing:
            self._poll()
            self._emit_state()
            self._wake.wait(max(self._interval, self._retry_after))
            self._wake.clear()
        self._deregister()

    def _poll(self) -> None:
        requested_at = time.monotonic()
        self._retry_after = 0.0
        try:
            response = self._fetch({}, self._request_timeout)
            self._apply(response, requested_at)
        except Unreachable as error:
            self._fail("the server is unreachable", str(error))
        except _BadResponse as error:
            self._fail(error.kind, str(error))
        except Exception as error:  # The thread must not die, whatever was in the response.
            logger.exception("snapshot: unexpected error")
            self._fail("an unexpected error", repr(error))
        else:
            self._trouble.end()
            self._problem = ""

    def _fail(self, kind: str, detail: str) -> None:
        self._problem = f"{kind}: {detail}"
        self._trouble.begin(kind, detail)

    def _fetch(self, parameters: dict[str, str], timeout: float) -> Response:
        query = {"instance_id": self._instance_id}
        if self._held:
            query["serving"] = str(self._held.snapshot.revision)
        headers = {"If-None-Match": self._etag} if self._etag else {}
        query.update(parameters)
        return self._transport.get("/v1/snapshot", query=query, headers=headers, timeout=timeout)

    def _apply(self, response: Response, requested_at: float) -> None:
        held = self._held
        age = _age_of(response)
        if response.status == 304 and held and self._etag:
            self._held = HeldSnapshot(held.snapshot, requested_at - age)
            self._older_since = None
            return
        if response.status != 200:
            self._retry_after = response.retry_after or 0.0
            raise _BadResponse(*_problem_of(response.status))
        snapshot = _snapshot_of(response.body)
        if held and snapshot.revision < held.snapshot.revision and self._refuses_older(requested_at, age):
            return
        self._older_since = None
        for broken in snapshot.broken:
            logger.error("snapshot: revision %s: %s; it is not served", snapshot.revision, broken)
        self._held = HeldSnapshot(snapshot, requested_at - age)
        self._etag = response.headers.get("etag")
        self._first.set()
        if held:
            self._emit_changes(held.snapshot, snapshot)

    def _refuses_older(self, requested_at: float, age: float) -> bool:
        """Whether a snapshot that is older than the current one must be ignored, for now."""
        if age > _CUT_OFF_AFTER:
            return True
        if self._older_since is None:
            self._older_since = requested_at
        return requested_at - self._older_since < _OLDER_GRACE

    def _emit_changes(self, old: Snapshot, new: Snapshot) -> None:
        changed = changed_flags(old, new)
        if changed:
            self._emit(
                ProviderEvent.PROVIDER_CONFIGURATION_CHANGED, ProviderEventDetails(flags_changed=changed)
            )

    def _emit_state(self) -> None:
        """Emits the state of the provider if it has changed."""
        if self._last_emitted is None or time.monotonic() < self._emit_from:
            return
        state = self._state()
        if state is self._last_emitted:
            return
        self._last_emitted = state
        details = ProviderEventDetails()
        if state is ProviderEvent.PROVIDER_ERROR:
            code = ErrorCode.GENERAL if self._held else ErrorCode.PROVIDER_NOT_READY
            details = ProviderEventDetails(message=self.problem, error_code=code)
        elif state is ProviderEvent.PROVIDER_STALE:
            details = ProviderEventDetails(message=f"experiments serve their control: {self.problem}")
        self._emit(state, details)

    def _state(self) -> ProviderEvent:
        if self._held and self._held.is_stale:
            return ProviderEvent.PROVIDER_STALE
        if self._trouble.kind or not self._held:
            return ProviderEvent.PROVIDER_ERROR
        return ProviderEvent.PROVIDER_READY

    def _deregister(self) -> None:
        if self._trouble.kind:
            return
        try:
            self._fetch({"closing": "true"}, min(self._request_timeout, 1.0))
        except Unreachable as error:
            logger.info("snapshot: the server could not be told that this process has ended: %s", error)


def _age_of(response: Response) -> float:
    """How many seconds ago the server process last heard of changes."""
    age = response.headers.get("age", "0")
    return float(age) if age.isdecimal() else 0.0


def _problem_of(status: int) -> tuple[str, str]:
    if status in (401, 403):
        return f"HTTP {status}", "the key is not accepted: api_key must be a valid key with the role server"
    if status == 404:
        return "HTTP 404", "there is no /v1/snapshot: base_url must be the URL of a Rampart server"
    return f"HTTP {status}", "the server does not respond with a snapshot"


def _snapshot_of(body: bytes) -> Snapshot:
    try:
        document = read_json(body)
    except ValueError as error:
        raise _BadResponse("the response is not JSON", str(error)) from None
    try:
        return Snapshot(document)
    except UnsupportedFormat as error:
        raise _BadResponse("the snapshot has another format", str(error)) from None
    except (SnapshotError, RecursionError) as error:
        raise _BadResponse("the response is not a snapshot", str(error)) from None
