"""`python -m rampart_openfeature.evaluate`: evaluates requests, for comparing implementations.

Requests and answers are lines of JSON. The first line of standard input must be a snapshot:

    {"snapshot": {…}}
    {"flag": "f", "unit": "u1" | null, "context": {…}, "now": 1764000000000, "stale": false}
    {"experiment": "e", "unit": "u1", "context": {…}, "now": 1764000000000, "stale": false}
    {"batch": [request, …]}

A request is answered with `{"value"?, "variant"?, "reason", "metadata"}`, `{"variant", "in_experiment",
"reason", "segments"?}` or `{"error"}`, a batch with a list of these. `context`, `now` and `stale` are
optional. Any other line ends the command with exit code 2 and a message that names the line.
"""

from __future__ import annotations

import json
import sys
from typing import BinaryIO

from .json_node import SnapshotError
from .json_value import MISSING, read_json, refuse_constant
from .snapshot import Snapshot
from .subject import Subject, UnitMissing

_decode = json.JSONDecoder(parse_constant=refuse_constant).decode
_encode = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode


class BadLine(Exception):
    """A line that cannot be answered."""


class Session:
    """Answers lines, and keeps the snapshot."""

    def __init__(self) -> None:
        self._snapshot: Snapshot | None = None

    def answer(self, line: str) -> str | None:
        """The answer to a line; None for a snapshot.

        Raises:
            BadLine: the line is not JSON, or not a request.
            SnapshotError: the snapshot cannot be used.
        """
        request = _read(line)
        if not isinstance(request, dict):
            raise BadLine("must be an object")
        if "snapshot" in request:
            # Read again, with numbers as doubles.
            document = read_json(line)
            self._snapshot = Snapshot(document["snapshot"] if isinstance(document, dict) else None)
            return None
        if self._snapshot is None:
            raise BadLine("must be a snapshot, because there is none yet")
        batch = request.get("batch")
        if batch is None:
            return _encode(_evaluate(self._snapshot, request))
        if not isinstance(batch, list):
            raise BadLine("batch must be a list of requests")
        snapshot = self._snapshot
        return _encode([_evaluate(snapshot, item) for item in batch])


def _read(line: str) -> object:
    try:
        return _decode(line)
    except ValueError:
        # The fast reader fails on very long numbers, which are valid.
        try:
            return read_json(line)
        except ValueError as error:
            raise BadLine(f"is not JSON: {error}") from None


def _evaluate(snapshot: Snapshot, request: object) -> dict[str, object]:
    if not isinstance(request, dict):
        raise BadLine("a request must be an object")
    get = request.get
    subject = Subject(get("unit"), get("context") or {}, get("now") or 0, get("stale") is True)
    try:
        if "flag" in request:
            return _flag(snapshot, request["flag"], subject)
        if "experiment" in request:
            return _experiment(snapshot, request["experiment"], subject)
    except UnitMissing:
        return {"error": "TARGETING_KEY_MISSING"}
    raise BadLine("must have snapshot, flag, experiment or batch")


def _flag(snapshot: Snapshot, key: str, subject: Subject) -> dict[str, object]:
    evaluation = snapshot.evaluate(key, subject)
    if evaluation is None:
        return {"error": "FLAG_NOT_FOUND"}
    (variant, value), reason, metadata = evaluation
    answer: dict[str, object] = {"reason": reason, "metadata": metadata}
    if variant is not None:
        answer["variant"] = variant
    if value is not MISSING:
        answer["value"] = value
    return answer


def _experiment(snapshot: Snapshot, experiment_id: str, subject: Subject) -> dict[str, object]:
    assigned = snapshot.assign(experiment_id, subject)
    if assigned is None:
        return {"error": "EXPERIMENT_NOT_FOUND"}
    answer: dict[str, object] = dict(assigned._asdict())
    if assigned.segments is None:
        del answer["segments"]
    return answer


def main(lines: BinaryIO, answers: BinaryIO) -> int:
    session = Session()
    for number, line in enumerate(lines, 1):
        if line.isspace():
            continue
        try:
            answer = session.answer(line.decode())
        except (BadLine, SnapshotError, ValueError) as error:
            print(f"line {number}: {error}", file=sys.stderr)
            return 2
        if answer is not None:
            answers.write(answer.encode())
            answers.write(b"\n")
            answers.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.stdin.buffer, sys.stdout.buffer))
