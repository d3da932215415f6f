import itertools

import pytest

from rampart_openfeature.version import parse_version

# Section 11 of the specification, and cases that it leaves open.
IN_ORDER = [
    "0",
    "0.0.1",
    "1.0.0-0",
    "1.0.0-2",
    "1.0.0-11",
    "1.0.0--",
    "1.0.0-alpha",
    "1.0.0-alpha.1",
    "1.0.0-alpha.beta",
    "1.0.0-beta",
    "1.0.0-beta.2",
    "1.0.0-beta.11",
    "1.0.0-rc.1",
    "1.0.0",
    "1.0.1",
    "1.2",
    "1.10",
    "2",
    "99999999999999999999.0.0",
    "99999999999999999999.0.1",
]


@pytest.mark.parametrize(("lower", "higher"), list(itertools.combinations(IN_ORDER, 2)))
def test_order(lower: str, higher: str) -> None:
    low, high = parse_version(lower), parse_version(higher)
    assert low is not None and high is not None
    assert low < high


@pytest.mark.parametrize("same", ["v1.2.0", "1.2", "v1.2", "1.2.0+a", "01.2", "1.2+a.b-c"])
def test_same(same: str) -> None:
    assert parse_version(same) == parse_version("1.2.0")


@pytest.mark.parametrize(
    "text",
    ["", "v", "1.", "1.2.3.4", "1.0.0-", "1.0.0-a..b", "1.0.0+", "V1", " 1", "1\n", "1.x", "\u0661", 1, None],
)
def test_no_version(text: object) -> None:
    assert parse_version(text) is None


def test_length() -> None:
    assert parse_version("1." + "0" * 254)
    assert parse_version("1." + "0" * 255) is None
