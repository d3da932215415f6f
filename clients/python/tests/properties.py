"""Property tests try the same cases in every run, so that one that fails was broken by a change.

For others, or more of them: ``PROPERTY_SEED=7 PROPERTY_RUNS=20 pytest``. A failure is told with its seed.
"""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

HERE = "PROPERTY_SEED={} tries the same cases of the property tests again"


def _integer(name: str, usual: int, least: int) -> int:
    given = os.environ.get(name, str(usual))
    if not given.lstrip("-").isdigit() or not least <= int(given) < 2**31:
        raise pytest.UsageError(f"{name} must be an integer from {least} to {2**31 - 1}")
    return int(given)


SEED = _integer("PROPERTY_SEED", 20_261_128, -(2**31))
#: How many times as many cases are tried as the tests ask for.
TIMES = _integer("PROPERTY_RUNS", 1, 1)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Before hypothesis reads its own option, which stays the stronger one."""
    if config.getoption("--hypothesis-seed") is None:
        config.option.hypothesis_seed = SEED
    # Failures of earlier runs are on one machine only, so nothing is remembered of them.
    settings.register_profile("rampart", max_examples=100 * TIMES, database=None, deadline=None)
    settings.load_profile("rampart")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if terminalreporter.stats.get("failed"):
        terminalreporter.write_line(HERE.format(config.getoption("--hypothesis-seed")))
