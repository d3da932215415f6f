"""The command that evaluates requests line by line."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from rampart_openfeature.evaluate import main

from .documents import NOW, document, driven, evaluate, experiment, flag


def run(*lines: Any) -> tuple[int, list[Any]]:
    answers = io.BytesIO()
    text = "".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines)
    code = main(io.BytesIO(text.encode()), answers)
    return code, [json.loads(line) for line in answers.getvalue().splitlines()]


SNAPSHOT = document(flags=[driven(), flag("g")], experiments=[experiment()])


def test_answers() -> None:
    code, answers = run(
        {"snapshot": SNAPSHOT},
        {"flag": "f", "unit": "u1", "context": {}, "now": NOW, "stale": False},
        {"flag": "f", "unit": "u1", "context": {}, "now": NOW, "stale": True},
        {"flag": "f", "unit": None},
        {"flag": "none", "unit": "u1"},
        {"experiment": "e", "unit": "u1", "context": {}, "now": NOW},
        {"experiment": "none", "unit": "u1"},
    )
    assert code == 0
    assert answers == [
        evaluate(SNAPSHOT),
        evaluate(SNAPSHOT, stale=True),
        {"error": "TARGETING_KEY_MISSING"},
        {"error": "FLAG_NOT_FOUND"},
        {"variant": "treatment", "in_experiment": True, "reason": "SPLIT"},
        {"error": "EXPERIMENT_NOT_FOUND"},
    ]


def test_a_batch_is_one_line() -> None:
    requests = [{"flag": "g", "unit": f"u{number}"} for number in range(3)]
    code, answers = run({"snapshot": SNAPSHOT}, {"batch": requests}, {"batch": []})
    assert code == 0
    assert answers == [[evaluate(SNAPSHOT, "g")] * 3, []]


def test_a_later_snapshot_replaces_the_first() -> None:
    _, answers = run(
        {"snapshot": SNAPSHOT},
        {"flag": "g"},
        {"snapshot": document(flags=[flag("g", revision=9)])},
        {"flag": "g"},
    )
    assert [answer["metadata"]["revision"] for answer in answers] == [3, 9]


def test_numbers_of_any_size() -> None:
    rule = {"conditions": {"a": {"$gt": 5}}, "serve": {"variant": "big", "value": 1}}
    snapshot = {"snapshot": document(flags=[flag(before=[rule])])}
    code, answers = run(snapshot, '{"flag":"f","unit":"u","context":{"a":' + "9" * 400 + "}}")
    assert (code, answers[0]["variant"]) == (0, "big")
    code, answers = run(snapshot, '{"flag":"f","unit":"u","context":{"a":' + "9" * 5_000 + "}}")
    assert code == 0


def test_lone_surrogates_are_kept() -> None:
    snapshot = {
        "snapshot": document(flags=[flag("\ud800", off={}, **{"else": {"variant": "\udc00", "value": 1}})])
    }
    assert run(snapshot, {"flag": "\ud800", "unit": "\ud83d"})[1][0]["variant"] == "\udc00"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "line 2: is not JSON"),
        ("[]", "line 2: must be an object"),
        ('{"unit":"u1"}', "line 2: must have snapshot, flag, experiment or batch"),
        ('{"flag":"f","context":{"a":NaN}}', "line 2: is not JSON"),
        ('{"batch":{}}', "line 2: batch must be a list"),
        ('{"snapshot":{"format":2}}', "line 2: snapshot.format is 2"),
    ],
)
def test_an_invalid_line_is_named(line: str, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run({"snapshot": SNAPSHOT}, line) == (2, [])
    assert message in capsys.readouterr().err


def test_no_snapshot_yet(capsys: pytest.CaptureFixture[str]) -> None:
    assert run({"flag": "f"})[0] == 2
    assert "line 1: must be a snapshot" in capsys.readouterr().err
