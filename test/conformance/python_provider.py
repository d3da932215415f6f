"""A provider with OpenFeature's Python SDK; calls and results are lines of JSON. Argument: rampart or ofrep."""

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


class RecordingHook(Hook):
    """Records the stages at which it is called."""

    def __init__(self, name: str, stages: list[str]) -> None:
        self._name = name
        self._stages = stages

    def _record(self, stage: str) -> None:
        self._stages.append(f"{stage} {self._name}")

    def before(self, hook_context: Any, hints: Any) -> None:
        self._record("before")

    def after(self, hook_context: Any, details: Any, hints: Any) -> None:
        self._record("after")

    def error(self, hook_context: Any, exception: Any, hints: Any) -> None:
        self._record("error")

    def finally_after(self, hook_context: Any, details: Any, hints: Any) -> None:
        self._record("finally")


def connect(make: Callable[[str, str, float], AbstractProvider], connection: dict[str, Any]) -> None:
    provider = make(connection["url"], connection["key"], connection["timeoutMs"] / 1000)
    if not connection["wait"]:
        api.set_provider(provider, DOMAIN)
        return
    try:
        api.set_provider_and_wait(provider, DOMAIN)
    except Exception:  # noqa: S110 - if it fails, its status says why.
        pass


async def evaluate(request: dict[str, Any]) -> dict[str, Any]:
    client = api.get_client(DOMAIN)
    method = getattr(client, f"get_{request['type'].lower()}_details_async")
    context = EvaluationContext(attributes=request["context"])
    stages: list[str] = []
    options = FlagEvaluationOptions(hooks=[RecordingHook(name, stages) for name in request["hooks"]])
    stalled = 0.0
    last = time.monotonic()

    def measure_stall() -> None:
        nonlocal stalled, last
        now = time.monotonic()
        stalled = max(stalled, now - last)
        last = now

    async def tick() -> None:
        while True:
            measure_stall()
            await asyncio.sleep(TICK)

    ticking = asyncio.ensure_future(tick())
    details = await method(request["key"], request["fallback"], context, options)
    ticking.cancel()
    measure_stall()
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
        ((call, argument),) = json.loads(line).items()
        result: object = None
        if call == "connect":
            connect(make, argument)
        elif call == "evaluate":
            result = asyncio.run(evaluate(argument))
        else:
            result = api.get_client(DOMAIN).get_provider_status().name
        print(json.dumps(result), flush=True)
    api.shutdown()


main()
