"""The OpenFeature provider."""

from __future__ import annotations

import atexit
import math
import os
import threading
import time
import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from openfeature.evaluation_context import EvaluationContext
from openfeature.event import ProviderEvent, ProviderEventDetails
from openfeature.exception import ErrorCode, OpenFeatureError, ProviderNotReadyError
from openfeature.flag_evaluation import FlagResolutionDetails, FlagValueType, Reason
from openfeature.provider import AbstractProvider, Metadata
from openfeature.track import TrackingEventDetails

from . import typed_value
from .attributes import attributes_of
from .exposure_memory import Exposure
from .flag import Evaluation
from .json_value import MISSING
from .options import Options
from .session import Session
from .snapshot_keeper import HeldSnapshot
from .subject import Subject, UnitMissing
from .trouble import Trouble, logger

T = TypeVar("T")
Structure = Sequence[FlagValueType] | Mapping[str, FlagValueType]


@dataclass(frozen=True)
class Assignment:
    """The variant that a unit gets in an experiment.

    Where the unit is not in the experiment, `variant` is the control (or an override). Where there is no
    assignment it is None, and `reason` is PROVIDER_NOT_READY, EXPERIMENT_NOT_FOUND, TARGETING_KEY_MISSING or
    GENERAL: do what you would do without the experiment.
    """

    experiment_id: str
    unit_id: str
    variant: str | None
    config: Any
    """The variant's configuration as JSON values; None where it has none."""
    in_experiment: bool
    reason: str
    revision: int | None
    segments: tuple[str, ...] | None = None
    """The experiment's segments that the unit is in; None outside of it, or where it has none."""


class RampartProvider(AbstractProvider):
    """Evaluates flags and experiments in this process, from a snapshot that it keeps up to date.

    Args:
        base_url: the URL of the server, such as https://rampart.example.com.
        api_key: a key with the role server.
        timeout: seconds that `initialize` waits for the first snapshot, and `shutdown` for the last events.
        poll_interval: seconds between requests for a newer snapshot.
        request_timeout: time limit for a whole response, in seconds.
        stream: whether to listen to the server's stream of changes, besides polling.
        exposures: whether to send an exposure when an evaluation puts a unit into an experiment.
        flush_interval: seconds between batches of events.
        max_events: maximum number of queued events; beyond it the oldest are dropped and counted.

    Raises:
        ValueError: an option is not valid; the message names it. Nothing else here raises, except
            `initialize`, as OpenFeature requires.
    """

    def __init__(
        self,
        *,
        base_url: str,
        api_key: str,
        timeout: float = 2.0,
        poll_interval: float = 1.0,
        request_timeout: float = 5.0,
        stream: bool = True,
        exposures: bool = True,
        flush_interval: float = 1.0,
        max_events: int = 10_000,
    ) -> None:
        super().__init__()
        self._options = Options(
            base_url=base_url,
            api_key=api_key,
            timeout=timeout,
            poll_interval=poll_interval,
            request_timeout=request_timeout,
            stream=stream,
            exposures=exposures,
            flush_interval=flush_interval,
            max_events=max_events,
        )
        self._lock = threading.Lock()
        self._dropped_earlier = 0
        self._session = self._new_session()
        self._track_trouble = Trouble("track")
        _providers.add(self)

    def get_metadata(self) -> Metadata:
        return Metadata(name="rampart")

    def initialize(self, evaluation_context: EvaluationContext) -> None:
        """Waits for the first snapshot.

        Raises:
            ProviderNotReadyError: there is none within `timeout`. The provider keeps trying, and then emits
                PROVIDER_READY.
        """
        with self._lock:
            session = self._session
            if not session.is_running:
                session.start()
                atexit.register(self.shutdown)
        if not session.keeper.wait(self._options.timeout):
            raise ProviderNotReadyError(
                f"no snapshot from {self._options.base_url} within {self._options.timeout} s: "
                f"{session.keeper.problem}; the provider keeps trying"
            )

    def shutdown(self) -> None:
        """Sends queued events (for at most `timeout`), tells the server, and ends the threads."""
        with self._lock:
            session = self._session
            if not session.is_running:
                return
            self._session = self._new_session()
        atexit.unregister(self.shutdown)
        session.close(self._options.timeout)
        self._dropped_earlier += session.sender.dropped

    @property
    def dropped_events(self) -> int:
        """Events and exposures that were given up so far."""
        return self._dropped_earlier + self._session.sender.dropped

    @property
    def is_stale(self) -> bool:
        """Whether the server has been unreachable for so long that experiments serve their control."""
        held = self._session.keeper.held
        return held is not None and held.is_stale

    def assign(
        self,
        experiment_id: str,
        unit_id: str,
        attributes: Mapping[str, object] | None = None,
        *,
        exposure: bool = True,
    ) -> Assignment:
        """The variant of a unit in an experiment. Records an exposure where the unit is in the experiment.

        Args:
            attributes: like those of an evaluation context.
            exposure: False to record no exposure.
        """

        def no_assignment(reason: str) -> Assignment:
            return Assignment(experiment_id, unit_id, None, None, False, reason, None)

        session = self._session
        held = session.keeper.held
        if held is None:
            return no_assignment("PROVIDER_NOT_READY")
        if not isinstance(unit_id, str) or not unit_id:
            return no_assignment("TARGETING_KEY_MISSING")
        try:
            assigned = held.snapshot.assign(experiment_id, _subject(unit_id, attributes or {}, held))
            if assigned is None:
                return no_assignment("EXPERIMENT_NOT_FOUND")
            variant, in_experiment, reason, segments = assigned
            if in_experiment and exposure:
                session.expose(Exposure(unit_id, experiment_id, variant), segments)
            experiment = held.snapshot.experiments[experiment_id]
            config = typed_value.copied(experiment.configs.get(variant))
            revision = experiment.revision
        except Exception:
            logger.exception("assign: unexpected error in experiment %r", experiment_id)
            return no_assignment("GENERAL")
        return Assignment(experiment_id, unit_id, variant, config, in_experiment, reason, revision, segments)

    def track(
        self,
        tracking_event_name: str,
        evaluation_context: EvaluationContext | None = None,
        tracking_event_details: TrackingEventDetails | None = None,
    ) -> None:
        """Records what the context's unit did, with the details' value and attributes. Never waits."""
        try:
            unit = _unit_of(evaluation_context)
            fields = _event_fields(tracking_event_details)
            if unit is None:
                raise _InvalidContext("the event has no unit: give the context a targeting_key")
            self._session.track(tracking_event_name, unit, fields)
        except Exception as error:
            # Logged once, so that a mistake in a frequently called place does not fill the log.
            self._track_trouble.begin("an event was dropped", str(error) or repr(error))
            self._dropped_earlier += 1

    def resolve_boolean_details(
        self, flag_key: str, default_value: bool, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[bool]:
        return self._resolve(flag_key, default_value, evaluation_context, typed_value.boolean)

    def resolve_string_details(
        self, flag_key: str, default_value: str, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[str]:
        return self._resolve(flag_key, default_value, evaluation_context, typed_value.string)

    def resolve_integer_details(
        self, flag_key: str, default_value: int, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[int]:
        return self._resolve(flag_key, default_value, evaluation_context, typed_value.integer)

    def resolve_float_details(
        self, flag_key: str, default_value: float, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[float]:
        return self._resolve(flag_key, default_value, evaluation_context, typed_value.floating)

    def resolve_object_details(
        self, flag_key: str, default_value: Structure, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[Structure]:
        return self._resolve(flag_key, default_value, evaluation_context, typed_value.structure)

    def _resolve(
        self, key: str, default: T, context: EvaluationContext | None, as_type: Callable[[object], T]
    ) -> FlagResolutionDetails[T]:
        session = self._session
        held = session.keeper.held
        if held is None:
            return _failed(default, ErrorCode.PROVIDER_NOT_READY, session.keeper.problem)
        try:
            unit = _unit_of(context)
            subject = _subject(unit, context.attributes if context else {}, held)
            evaluation = held.snapshot.evaluate(key, subject)
            if evaluation is None:
                return _failed(default, ErrorCode.FLAG_NOT_FOUND, f"there is no flag {key}")
            # Even where the type does not match: recording exposures of some variants only would bias the
            # experiment.
            _expose(session, unit, evaluation)
            served = evaluation.outcome.value
            value = default if served is MISSING else as_type(served)
        except UnitMissing:
            message = f"flag {key} needs a unit: give the context a targeting_key"
            return _failed(default, ErrorCode.TARGETING_KEY_MISSING, message)
        except OpenFeatureError as error:
            return _failed(default, error.error_code, error.error_message)
        except Exception as error:  # No exception may reach the caller.
            logger.exception("evaluate: unexpected error in flag %r", key)
            return _failed(default, ErrorCode.GENERAL, repr(error))
        metadata: dict[str, Any] = dict(evaluation.metadata)
        return FlagResolutionDetails(
            value, reason=evaluation.reason, variant=evaluation.outcome.variant, flag_metadata=metadata
        )

    def _new_session(self, held: HeldSnapshot | None = None) -> Session:
        return Session(self._options, self._emit_safely, held)

    def _emit_safely(self, event: ProviderEvent, details: ProviderEventDetails) -> None:
        try:
            self.emit(event, details)
        except Exception as error:  # For example at exit, when OpenFeature no longer accepts events.
            logger.debug("%s could not be emitted: %r", event.value, error)

    def _after_fork(self) -> None:
        """Starts over in a child process: its threads are gone, and locks may still be held by them.

        Queued events are left to the parent.
        """
        self._lock = threading.Lock()
        self._track_trouble = Trouble("track")
        self._dropped_earlier = 0
        parent = self._session
        self._session = self._new_session(parent.keeper.held if parent.is_running else None)
        if parent.is_running:
            self._session.start()


class _InvalidContext(OpenFeatureError):
    def __init__(self, message: str) -> None:
        super().__init__(ErrorCode.INVALID_CONTEXT, message)

    def __str__(self) -> str:
        return self.error_message or ""


def _unit_of(context: EvaluationContext | None) -> str | None:
    unit: object = context.targeting_key if context else None
    if unit is None or unit == "":
        return None
    if not isinstance(unit, str):
        raise _InvalidContext(f"targeting_key must be a str, not {unit!r:.100}: use str(…)")
    return unit


def _subject(unit: str | None, attributes: Mapping[str, object], held: HeldSnapshot) -> Subject:
    return Subject(unit, attributes_of(attributes), time.time() * 1000, held.is_stale)


def _expose(session: Session, unit: str | None, evaluation: Evaluation) -> None:
    metadata = evaluation.metadata
    if unit is not None and metadata.get("in_experiment") is True:
        exposure = Exposure(unit, str(metadata["experiment_id"]), str(metadata["variant"]))
        session.expose(exposure, _segments_in(metadata))


def _segments_in(metadata: Mapping[str, object]) -> list[str] | None:
    """The segments of an evaluation's metadata, which has them as one text."""
    text = metadata.get("segments")
    return [name for name in text.split(",") if name] if isinstance(text, str) else None


def _event_fields(details: TrackingEventDetails | None) -> dict[str, object]:
    if details is None:
        return {}
    fields: dict[str, object] = {}
    value: object = details.value
    if value is not None:
        if not isinstance(value, (int, float)) or isinstance(value, bool) or not math.isfinite(value):
            raise _InvalidContext(f"value must be a finite number, not {value!r:.100}")
        fields["value"] = value
    properties = attributes_of(details.attributes)
    return {**fields, "properties": properties} if properties else fields


def _failed(default: T, code: ErrorCode, message: str | None) -> FlagResolutionDetails[T]:
    return FlagResolutionDetails(default, error_code=code, error_message=message, reason=Reason.ERROR)


_providers: weakref.WeakSet[RampartProvider] = weakref.WeakSet()


def _after_fork_in_child() -> None:
    for provider in list(_providers):
        provider._after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)
