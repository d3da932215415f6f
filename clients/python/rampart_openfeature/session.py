"""One life of a provider in one process: its threads, and the name that the server knows it by."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Mapping
from datetime import datetime, timezone

from openfeature.event import ProviderEvent, ProviderEventDetails

from .context import iso
from .events import EventSender
from .exposures import Exposure, ExposureMemory
from .keeper import Held, SnapshotKeeper
from .options import Options
from .package_version import USER_AGENT
from .stream import ChangeStream
from .transport import Transport


class Session:
    """Wires keeper, stream and sender together.

    Args:
        emit: told of provider events.
        held: a snapshot to begin with.
    """

    def __init__(
        self,
        options: Options,
        emit: Callable[[ProviderEvent, ProviderEventDetails], None],
        held: Held | None = None,
    ) -> None:
        def transport() -> Transport:
            return Transport(options.server, USER_AGENT)

        self._options = options
        self._memory = ExposureMemory()
        self.keeper = SnapshotKeeper(
            transport(),
            instance_id=f"py-{uuid.uuid4().hex}",
            interval=options.poll_interval,
            request_timeout=options.request_timeout,
            emit=emit,
            held=held,
        )
        self.sender = EventSender(
            transport(),
            interval=options.flush_interval,
            capacity=options.max_events,
            request_timeout=options.request_timeout,
            on_lost=self._memory.forget,
        )
        self._stream = (
            ChangeStream(
                transport(),
                interval=options.poll_interval,
                request_timeout=options.request_timeout,
                on_change=self.keeper.refresh,
            )
            if options.stream
            else None
        )
        self.is_running = False

    def start(self) -> None:
        self.is_running = True
        self.keeper.start()
        self.sender.start()
        if self._stream:
            self._stream.start()

    def close(self, timeout: float) -> None:
        """Sends what waits and ends the threads, in at most about `timeout` and two seconds."""
        self.is_running = False
        if self._stream:
            self._stream.close(0.5)
        self.sender.close(timeout)
        self.keeper.close(1.0)

    def expose(self, exposure: Exposure) -> None:
        """Sends an exposure, unless it was sent in the last hour."""
        if not self._options.exposures or not self._memory.is_due(exposure, time.monotonic()):
            return
        unit, experiment_id, variant = exposure
        fields = {"experiment_id": experiment_id, "variant": variant}
        self.sender.add(_event("exposure", unit, fields), exposure)

    def track(self, type: str, unit: str, fields: Mapping[str, object]) -> None:
        self.sender.add(_event(type, unit, fields))


def _event(type: str, unit: str, fields: Mapping[str, object]) -> dict[str, object]:
    return {
        "event_id": str(uuid.uuid4()),
        "type": type,
        "unit_id": unit,
        "timestamp": iso(datetime.now(timezone.utc)),
        **fields,
    }
