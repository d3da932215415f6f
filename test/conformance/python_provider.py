"""A provider behind OpenFeature's Python SDK, asked by lines of JSON. Argument: rampart or ofrep."""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import time
from collections.abc import Callable
from typing import Any

from openfeature import api
from openfeature.contrib.provider.ofrep import OFREPProvider
from openfeature.evaluation_context import EvaluationContext
from openfeature.flag_evaluation import FlagEvaluationOptions
from openfeature.hook import Hook
from openfeature.provider import AbstractProvider
from rampart_openfeature import RampartProvider

DOMAIN = "conformance"
TICK = 0.005


def rampart(url: str, key: str, timeout: float) -> AbstractProvider:
    return RampartProvider(base_url=url, api_key=key, timeout=timeout)


def ofrep(url: str, key: str, _timeout: float) -> AbstractProvider:
    return OFREPProvider(url, headers_factory=lambda: {"Authorization": f"Bearer {key}"})


class Noting(Hook):
    """Notes the stages at which it is called."""

    def __init__(self, name: str, stages: list[str]) -> None:
        self._name = name
        self._stages = stages

    def _note(self, stage: str) -> None:
        self._stages.append(f"{stage} {self._name}")

    def before(self, hook_context: Any, hints: Any) -> None:
        self._note("before")

    def after(self, hook_context: Any, details: Any, hints: Any) -> None:
        self._note("after")

    def error(self, hook_context: Any, exception: Any, hints: Any) -> None:
        self._note("error")

    def finally_after(self, hook_context: Any, details: Any, hints: Any) -> None:
        self._note("finally")


def connect(make: Callable[[str, str, float], AbstractProvider], connection: dict[str, Any]) -> None:
    provider = make(connection["url"], connection["key"], connection["timeoutMs"] / 1000)
    if not connection["wait"]:
        api.set_provider(provider, DOMAIN)
        return
    try:
        api.set_provider_and_wait(provider, DOMAIN)
    except Exception:  # noqa: S110 - why it failed is what its status says.
        pass


async def evaluate(question: dict[str, Any]) -> dict[str, Any]:
    client = api.get_client(DOMAIN)
    method = getattr(client, f"get_{question['type'].lower()}_details_async")
    context = EvaluationContext(attributes=question["context"])
    stages: list[str] = []
    options = FlagEvaluationOptions(hooks=[Noting(name, stages) for name in question["hooks"]])
    stalled = 0.0
    last = time.monotonic()

    def look() -> None:
        nonlocal stalled, last
        now = time.monotonic()
        stalled = max(stalled, now - last)
        last = now

    async def tick() -> None:
        while True:
            look()
            await asyncio.sleep(TICK)

    ticking = asyncio.ensure_future(tick())
    details = await method(question["key"], question["fallback"], context, options)
    ticking.cancel()
    look()
    metadata = dict(details.flag_metadata)
    try:
        details.flag_metadata["changed"] = True  # type: ignore[index]
        frozen = False
    except TypeError:
        frozen = True
    return {
        "flagKey": details.flag_key,
        "value": details.value,
        "variant": details.variant,
        "reason": details.reason,
        "errorCode": details.error_code,
        "errorMessage": details.error_message,
        "flagMetadata": metadata,
        "context": dict(context.attributes),
        "stages": stages,
        "frozen": frozen,
        "stalledMs": stalled * 1000,
    }


def main() -> None:
    logging.disable(logging.CRITICAL)
    make = {"rampart": rampart, "ofrep": ofrep}[sys.argv[1]]
    for line in sys.stdin:
        ((request, given),) = json.loads(line).items()
        answer: object = None
        if request == "connect":
            connect(make, given)
        elif request == "evaluate":
            answer = asyncio.run(evaluate(given))
        else:
            answer = api.get_client(DOMAIN).get_provider_status().name
        print(json.dumps(answer), flush=True)
    api.shutdown()


main()
