from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from openfeature import api
from openfeature.event import EventDetails, ProviderEvent

from rampart_openfeature import RampartProvider

from .documents import document, driven, experiment, flag
from .fake_server import KEY, FakeServer
from .properties import pytest_configure, pytest_terminal_summary

__all__ = ["pytest_configure", "pytest_terminal_summary"]

MakeProvider = Callable[..., RampartProvider]


def until(condition: Callable[[], Any], seconds: float = 5) -> None:
    """Waits until the condition holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the condition did not hold in time"
        time.sleep(0.005)


@pytest.fixture
def server() -> Iterator[FakeServer]:
    values = {
        "bool": True,
        "text": "hello",
        "int": 10,
        "whole": 10.0,
        "float": 0.5,
        "object": {"a": [1]},
        "null": None,
    }
    flags = [flag(key, **{"else": {"variant": "v", "value": value}}) for key, value in values.items()]
    flags += [
        flag("off", inactive="DISABLED", off={}),
        flag("split", **{"else": {"split": [[10_000, {"variant": "v", "value": 1}]]}}),
        driven(),
    ]
    server = FakeServer(
        document(flags=flags, experiments=[experiment(configs={"treatment": {"algorithm": "hybrid"}})])
    )
    yield server
    server.bad_response, server.bad_event_responses = None, []
    server.stop()


@pytest.fixture
def make(server: FakeServer) -> Iterator[MakeProvider]:
    """Makes providers with short intervals, and shuts them down at the end."""
    made: list[RampartProvider] = []

    def make(**options: Any) -> RampartProvider:
        short = {"timeout": 1.0, "poll_interval": 0.03, "request_timeout": 0.5, "flush_interval": 0.03}
        provider = RampartProvider(
            **{"base_url": server.url, "api_key": KEY, "stream": False, **short, **options}
        )
        made.append(provider)
        return provider

    yield make
    api.shutdown()
    for provider in made:
        provider.shutdown()


class Events:
    """The provider's events, in order."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, EventDetails]] = []
        for event in ProviderEvent:
            api.add_handler(event, partial(self._see, event.value))

    def _see(self, name: str, details: EventDetails) -> None:
        if details.provider_name == "rampart":  # OpenFeature's no-op provider is ready earlier.
            self.seen.append((name, details))

    @property
    def names(self) -> list[str]:
        return [name.removeprefix("PROVIDER_") for name, _ in self.seen]


@pytest.fixture
def events() -> Events:
    return Events()
