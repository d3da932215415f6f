"""Forks and the end of the process."""

from __future__ import annotations

import os
import subprocess
import sys
import warnings
from pathlib import Path

from openfeature import api
from openfeature.evaluation_context import EvaluationContext

from .conftest import MakeProvider, until
from .fake_server import KEY, FakeServer

USER = EvaluationContext("u1")


def test_fork(make: MakeProvider, server: FakeServer) -> None:
    provider = make()
    api.set_provider_and_wait(provider)
    parent = server.polls[0]["instance_id"]
    read, write = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # Forking with threads.
        child = os.fork()
    if child == 0:
        try:
            value = provider.resolve_boolean_details("bool", False, USER).value
            provider.track("in_child", USER)
            provider.shutdown()
            os.write(write, b"ok" if value is True else b"wrong")
        finally:
            os._exit(0)
    os.close(write)
    assert os.read(read, 10) == b"ok"
    os.waitpid(child, 0)
    os.close(read)
    assert [event["type"] for event in server.events] == ["in_child"]
    child_polls = [poll for poll in server.polls if poll["instance_id"] != parent]
    assert len({poll["instance_id"] for poll in child_polls}) == 1
    assert child_polls[0]["serving"] == "12"
    assert child_polls[-1].get("closing") == "true"
    polls = len(server.polls)
    until(lambda: any(poll["instance_id"] == parent for poll in server.polls[polls:]))


def test_an_exit_without_shutdown_sends_queued_events(server: FakeServer) -> None:
    program = f"""
from openfeature.evaluation_context import EvaluationContext
from rampart_openfeature import RampartProvider
provider = RampartProvider(base_url={server.url!r}, api_key={KEY!r}, flush_interval=30)
provider.initialize(EvaluationContext())
provider.track("last_words", EvaluationContext("u1"))
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=20)
    assert [event["type"] for event in server.events] == ["last_words"]
    assert server.polls[-1].get("closing") == "true"


def test_the_example(server: FakeServer) -> None:
    example = Path(__file__).parents[1] / "examples" / "quickstart.py"
    environment = {**os.environ, "RAMPART_URL": server.url, "RAMPART_API_KEY": KEY}
    done = subprocess.run(
        [sys.executable, example], env=environment, capture_output=True, text=True, timeout=20
    )
    assert done.returncode == 0, done.stderr
    assert "{'algorithm': 'collaborative'} (ERROR" in done.stdout
    assert [event["type"] for event in server.events] == ["engagement"]
