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
from .context import attributes_of
from .exposures import Exposure
from .flag import Evaluation
from .json_value import MISSING
from .keeper import Held
from .options import Options
from .session import Session
from .subject import Subject, UnitMissing
from .troubles import Troubles, logger

T = TypeVar("T")
Structure = Sequence[FlagValueType] | Mapping[str, FlagValueType]


@dataclass(frozen=True)
class Assignment:
    """What a unit gets of an experiment.

    Outside of the experiment `variant` is its control's name (or a person's override). Where there is no
    answer it is None, and `reason` is PROVIDER_NOT_READY, EXPERIMENT_NOT_FOUND, TARGETING_KEY_MISSING or
    GENERAL: do what you would do without the experiment.
    """

    experiment_id: str
    unit_id: str
    variant: str | None
    config: Any
    """The variant's config as JSON values, None where it has none."""
    in_experiment: bool
    reason: str
    revision: int | None


class RampartProvider(AbstractProvider):
    """Evaluates flags and experiments in this process, from a snapshot that it keeps fresh.

    Args:
        base_url: where Rampart is, such as https://rampart.example.com.
        api_key: a key of role server.
        timeout: seconds that `initialize` waits for the first snapshot, and `shutdown` for events to be sent.
        poll_interval: seconds between two questions for a newer snapshot.
        request_timeout: seconds that one answer may take as a whole.
        stream: whether to be told of changes at once; polling goes on in any case.
        exposures: whether to send an exposure when an evaluation puts a unit into an experiment.
        flush_interval: seconds between two batches of events.
        max_events: the most events that wait to be sent; beyond it the oldest are dropped and counted.

    Raises:
        ValueError: an option that can not be used; the message names it. Nothing else here ever raises, but
            `initialize`, as OpenFeature wants it.
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
        self._dropped_before = 0
        self._session = self._new_session()
        self._tracking = Troubles("track")
        _providers.add(self)

    def get_metadata(self) -> Metadata:
        return Metadata(name="rampart")

    def initialize(self, evaluation_context: EvaluationContext) -> None:
        """Waits for the first snapshot.

        Raises:
            ProviderNotReadyError: there is none within `timeout`. It tries on, and then emits PROVIDER_READY.
        """
        with self._lock:
            session = self._session
            if not session.is_running:
                session.start()
                atexit.register(self.shutdown)
        if not session.keeper.wait(self._options.timeout):
            raise ProviderNotReadyError(
                f"no snapshot from {self._options.base_url} within {self._options.timeout} s: "
                f"{session.keeper.why()}; trying on"
            )

    def shutdown(self) -> None:
        """Sends the events that wait (for at most `timeout`), leaves the server's list, ends the threads."""
        with self._lock:
            session = self._session
            if not session.is_running:
                return
            self._session = self._new_session()
        atexit.unregister(self.shutdown)
        session.close(self._options.timeout)
        self._dropped_before += session.sender.dropped

    @property
    def dropped_events(self) -> int:
        """Events and exposures that were given up so far."""
        return self._dropped_before + self._session.sender.dropped

    @property
    def is_stale(self) -> bool:
        """Whether the server was away for so long that experiments serve their control."""
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
        """A unit's assignment in one experiment, recorded as an exposure where the unit is in it.

        Args:
            attributes: as those of an evaluation context.
            exposure: False to look without recording.
        """

        def without(reason: str) -> Assignment:
            return Assignment(experiment_id, unit_id, None, None, False, reason, None)

        session = self._session
        held = session.keeper.held
        if held is None:
            return without("PROVIDER_NOT_READY")
        if not isinstance(unit_id, str) or not unit_id:
            return without("TARGETING_KEY_MISSING")
        try:
            assigned = held.snapshot.assign(experiment_id, _subject(unit_id, attributes or {}, held))
            if assigned is None:
                return without("EXPERIMENT_NOT_FOUND")
            variant, in_experiment, reason = assigned
            if in_experiment and exposure:
                session.expose(Exposure(unit_id, experiment_id, variant))
            experiment = held.snapshot.experiments[experiment_id]
            config = typed_value.copied(experiment.configs.get(variant))
            revision = experiment.revision
        except Exception:
            logger.exception("assign: unexpected error in experiment %r", experiment_id)
            return without("GENERAL")
        return Assignment(experiment_id, unit_id, variant, config, in_experiment, reason, revision)

    def track(
        self,
        tracking_event_name: str,
        evaluation_context: EvaluationContext | None = None,
        tracking_event_details: TrackingEventDetails | None = None,
    ) -> None:
        """Sends an event of the context's unit, with the details' value and attributes. Never waits."""
        try:
            unit = _unit_of(evaluation_context)
            fields = _tracked(tracking_event_details)
            if unit is None:
                raise _InvalidContext("the event has no unit: give the context a targeting_key")
            self._session.track(tracking_event_name, unit, fields)
        except Exception as error:
            # One kind of trouble, so that a mistake in a hot path does not fill the log.
            self._tracking.begin("an event was dropped", str(error) or repr(error))
            self._dropped_before += 1

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
        self, key: str, default: T, context: EvaluationContext | None, typed: Callable[[object], T]
    ) -> FlagResolutionDetails[T]:
        session = self._session
        held = session.keeper.held
        if held is None:
            return _failed(default, ErrorCode.PROVIDER_NOT_READY, session.keeper.why())
        try:
            unit = _unit_of(context)
            subject = _subject(unit, context.attributes if context else {}, held)
            evaluation = held.snapshot.evaluate(key, subject)
            if evaluation is None:
                return _failed(default, ErrorCode.FLAG_NOT_FOUND, f"there is no flag {key}")
            # Whatever type was asked for: were one arm left out for its type, the arms would not be alike.
            _expose(session, unit, evaluation)
            served = evaluation.outcome.value
            value = default if served is MISSING else typed(served)
        except UnitMissing:
            message = f"flag {key} needs a unit: give the context a targeting_key"
            return _failed(default, ErrorCode.TARGETING_KEY_MISSING, message)
        except OpenFeatureError as error:
            return _failed(default, error.error_code, error.error_message)
        except Exception as error:  # Nothing may reach the caller's code.
            logger.exception("evaluate: unexpected error in flag %r", key)
            return _failed(default, ErrorCode.GENERAL, repr(error))
        metadata: dict[str, Any] = dict(evaluation.metadata)
        return FlagResolutionDetails(
            value, reason=evaluation.reason, variant=evaluation.outcome.variant, flag_metadata=metadata
        )

    def _new_session(self, held: Held | None = None) -> Session:
        return Session(self._options, self._emit_safely, held)

    def _emit_safely(self, event: ProviderEvent, details: ProviderEventDetails) -> None:
        try:
            self.emit(event, details)
        except Exception as error:  # As at exit, when OpenFeature takes no events any more.
            logger.debug("%s could not be emitted: %r", event.value, error)

    def _after_fork(self) -> None:
        """In a child process there are no threads, and locks may be held by nobody: all is made anew.

        What waits to be sent is left to the parent.
        """
        self._lock = threading.Lock()
        self._tracking = Troubles("track")
        self._dropped_before = 0
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
        raise _InvalidContext(f"targeting_key must be a str, and is {unit!r:.100}: use str(…)")
    return unit


def _subject(unit: str | None, attributes: Mapping[str, object], held: Held) -> Subject:
    return Subject(unit, attributes_of(attributes), time.time() * 1000, held.is_stale)


def _expose(session: Session, unit: str | None, evaluation: Evaluation) -> None:
    metadata = evaluation.metadata
    if unit is not None and metadata.get("in_experiment") is True:
        session.expose(Exposure(unit, str(metadata["experiment_id"]), str(metadata["variant"])))


def _tracked(details: TrackingEventDetails | None) -> dict[str, object]:
    if details is None:
        return {}
    fields: dict[str, object] = {}
    value: object = details.value
    if value is not None:
        if not isinstance(value, (int, float)) or isinstance(value, bool) or not math.isfinite(value):
            raise _InvalidContext(f"value must be a finite number, and is {value!r:.100}")
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
