"""A provider between start and shutdown, in one process: its threads and its instance id."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timezone

from openfeature.event import ProviderEvent, ProviderEventDetails

from .attributes import iso
from .change_stream import ChangeStream
from .event_sender import EventSender
from .exposure_memory import Exposure, ExposureMemory
from .options import Options
from .package_version import USER_AGENT
from .snapshot_keeper import HeldSnapshot, SnapshotKeeper
from .transport import Transport


class Session:
    """Connects the keeper, the stream and the sender.

    Args:
        emit: called with provider events.
        held: a snapshot to start with.
    """

    def __init__(
        self,
        options: Options,
        emit: Callable[[ProviderEvent, ProviderEventDetails], None],
        held: HeldSnapshot | None = None,
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
            on_drop=self._memory.forget,
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
        """Sends queued events and ends the threads, within about `timeout` plus two seconds."""
        self.is_running = False
        if self._stream:
            self._stream.close(0.5)
        self.sender.close(timeout)
        self.keeper.close(1.0)

    def expose(self, exposure: Exposure, segments: Sequence[str] | None) -> None:
        """Sends an exposure, unless it was sent in the last hour.

        Args:
            segments: the experiment's segments that the unit is in; None where the experiment has none.
                The server keeps those of a unit's first exposure.
        """
        if not self._options.exposures or not self._memory.is_due(exposure, time.monotonic()):
            return
        unit, experiment_id, variant = exposure
        fields: dict[str, object] = {"experiment_id": experiment_id, "variant": variant}
        if segments is not None:
            fields["segments"] = list(segments)
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
