"""Flags: what a unit is served, and why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from .condition import Condition, Conditions
from .experiment import Assigned, Experiment
from .json_node import Node
from .schedule import Schedule, compile_schedule
from .serve import Outcome, Serve, compile_outcome, compile_serve
from .subject import Subject


class Evaluation(NamedTuple):
    outcome: Outcome
    reason: str
    metadata: Mapping[str, object]
    """Shared by evaluations: must not be changed."""


Decision = tuple[Outcome, str]
"""An outcome with its reason."""


class _Rule(NamedTuple):
    holds: Condition
    schedule: Schedule | None
    serve: Serve
    reason: str


class _Driver(NamedTuple):
    """An experiment of the flag, with the flag's outcome for each of its variants."""

    experiment: Experiment
    outcomes: Mapping[str, Outcome]


class Flag:
    """A compiled flag.

    Args:
        flags: all flags of the snapshot by key, for prerequisites; may be completed later.
    """

    def __init__(
        self,
        node: Node,
        conditions: Conditions,
        experiments: Mapping[str, Experiment],
        flags: Mapping[str, Flag],
    ) -> None:
        self.key = node.need("key").string()
        self.source = node.value
        self._flags = flags
        metadata = node.get("metadata")
        self._own_metadata: dict[str, object] = metadata.object() if metadata else {}
        self._metadata = {**self._own_metadata, "revision": node.need("revision").integer()}
        inactive = node.get("inactive")
        self._inactive = inactive.string() if inactive else None
        self._schedule = compile_schedule(node.get("schedule"))
        self._off = compile_outcome(node.need("off"))
        self._prerequisites = [_prerequisite(item) for item in node.list_of("prerequisites")]
        self._before = [_before(item, self.key, conditions) for item in node.list_of("before")]
        self.prerequisites = frozenset(key for key, _ in self._prerequisites)
        self._drivers = [_driver(item, experiments) for item in node.list_of("experiments")]
        self._after = [_after(item, self.key, conditions) for item in node.list_of("after")]
        self._else = compile_serve(node.need("else"), self.key)
        self._else_reason = node.need("else_reason").string()

    @property
    def experiments(self) -> list[Experiment]:
        return [driver.experiment for driver in self._drivers]

    def evaluate(self, subject: Subject) -> Evaluation:
        """What the subject is served.

        Raises:
            UnitMissing: a split or an experiment was reached, here or in a prerequisite, without a unit.
        """
        decided = self._decide(subject)
        if decided is None and self._drivers:
            return self._by_experiment(subject)
        outcome, reason = decided or self._without_experiment(subject)
        return Evaluation(outcome, reason, self._metadata)

    def decides(self, subject: Subject) -> bool:
        """Whether the flag decides before its experiments."""
        return self._decide(subject) is not None

    def _decide(self, subject: Subject) -> Decision | None:
        if self._inactive:
            return self._off, self._inactive
        if self._schedule and not self._schedule(subject.now):
            return self._off, "DISABLED"
        for key, variants in self._prerequisites:
            flag = self._flags.get(key)
            if flag is None or flag.evaluate(subject).outcome.variant not in variants:
                return self._off, "DEFAULT"
        return _first(self._before, subject)

    def _by_experiment(self, subject: Subject) -> Evaluation:
        (experiment, outcomes), assigned = self._driving(subject)
        metadata: dict[str, object] = {
            **self._own_metadata,
            "revision": experiment.revision,
            "experiment_id": experiment.experiment_id,
            "variant": assigned.variant,
            "in_experiment": assigned.in_experiment,
        }
        if assigned.segments is not None:
            # OpenFeature's metadata has no lists; no name has a comma.
            metadata["segments"] = ",".join(assigned.segments)
        else:
            # What the flag itself says under this name would be taken for the experiment's segments.
            metadata.pop("segments", None)
        if assigned.in_experiment or assigned.reason == "OVERRIDE":
            outcome = outcomes.get(assigned.variant) or self._without_experiment(subject)[0]
            return Evaluation(outcome, "SPLIT" if assigned.in_experiment else "TARGETING_MATCH", metadata)
        outcome, reason = self._without_experiment(subject)
        return Evaluation(outcome, "STALE" if assigned.reason == "STALE" else reason, metadata)

    def _driving(self, subject: Subject) -> tuple[_Driver, Assigned]:
        """The first experiment that has the unit in its part of the layer, else the last."""
        for driver in self._drivers[:-1]:
            assigned = driver.experiment.assign(subject)
            if assigned.reason != "LAYER":
                return driver, assigned
        last = self._drivers[-1]
        return last, last.experiment.assign(subject)

    def _without_experiment(self, subject: Subject) -> Decision:
        return _first(self._after, subject) or (self._else(subject), self._else_reason)


def _first(rules: list[_Rule], subject: Subject) -> Decision | None:
    for holds, schedule, serve, reason in rules:
        if holds(subject.context) and (schedule is None or schedule(subject.now)):
            return serve(subject), reason
    return None


def _before(node: Node, salt: str, conditions: Conditions) -> _Rule:
    return _rule(node, salt, conditions, "TARGETING_MATCH")


def _after(node: Node, salt: str, conditions: Conditions) -> _Rule:
    return _rule(node, salt, conditions, node.need("reason").string())


def _rule(node: Node, salt: str, conditions: Conditions, reason: str) -> _Rule:
    return _Rule(
        conditions.compile(node.need("conditions")),
        compile_schedule(node.get("schedule")),
        compile_serve(node.need("serve"), salt),
        reason,
    )


def _prerequisite(node: Node) -> tuple[str, frozenset[str]]:
    return node.need("flag").string(), frozenset(node.need("variants").strings())


def _driver(node: Node, experiments: Mapping[str, Experiment]) -> _Driver:
    experiment_id = node.need("experiment_id")
    experiment = experiments.get(experiment_id.string())
    if experiment is None:
        raise experiment_id.error("must be one of the snapshot's experiments")
    outcomes = node.get("outcomes")
    fields = outcomes.fields() if outcomes else ()
    return _Driver(experiment, {name: compile_outcome(field) for name, field in fields})
