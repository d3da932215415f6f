"""The snapshot: everything that is served, compiled. docs/snapshot.md describes its format."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from .condition import Conditions
from .experiment import Assigned, Experiment, Marks
from .flag import Evaluation, Flag
from .json_node import Node, SnapshotError
from .json_value import equal
from .subject import Subject

FORMAT = 1


class UnsupportedFormat(SnapshotError):
    """A snapshot in a format that this version does not know."""


class Snapshot:
    """An immutable snapshot. Pure: the time and staleness come with the subject.

    Args:
        document: the JSON value that `read_json` returns. It is kept, and must not be changed afterwards.

    Raises:
        SnapshotError: it is not as docs/snapshot.md describes; the message names the field.
    """

    def __init__(self, document: object) -> None:
        node = Node(document)
        if not equal(FORMAT, node.need("format").value):
            raise UnsupportedFormat(
                f"snapshot.format is {node.need('format').value!r}, and this version knows {FORMAT}: "
                "update rampart-openfeature"
            )
        self.document = node.object()
        self.revision = node.need("revision").integer()
        self.stale_after_ms = node.need("stale_after_ms").number()
        self.broken: list[str] = []
        """Why flags or experiments could not be compiled. They are not served; the others are."""
        conditions = Conditions(node.need("segments"))
        marks = Marks(
            node.need("salt").string(), frozenset(item.string() for item in node.need("opted_out").items())
        )
        self.experiments: dict[str, Experiment] = {}
        for item in node.need("experiments").items():
            with self._noting_broken():
                experiment = Experiment(item, conditions, marks)
                self.experiments[experiment.experiment_id] = experiment
        self.flags: dict[str, Flag] = {}
        for item in node.need("flags").items():
            with self._noting_broken():
                flag = Flag(item, conditions, self.experiments, self.flags)
                self.flags[flag.key] = flag

    @contextmanager
    def _noting_broken(self) -> Iterator[None]:
        try:
            yield
        except SnapshotError as error:
            self.broken.append(str(error))

    def evaluate(self, key: str, subject: Subject) -> Evaluation | None:
        """Evaluates a flag for a subject; None where there is no such flag.

        Raises:
            UnitMissing: a split or an experiment was reached without a unit.
        """
        flag = self.flags.get(key)
        return flag.evaluate(subject) if flag else None

    def assign(self, experiment_id: str, subject: Subject) -> Assigned | None:
        """A unit's assignment; None where there is no such experiment.

        Raises:
            UnitMissing: there is no unit.
        """
        experiment = self.experiments.get(experiment_id)
        if experiment is None:
            return None
        flag = self.flags.get(experiment.flag)
        return experiment.assign(subject, flag.decides if flag else None)
