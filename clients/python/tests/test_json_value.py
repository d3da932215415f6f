import pytest

from rampart_openfeature.json_value import read_json


def test_numbers_are_doubles() -> None:
    read = read_json("[9007199254740993, 1e400, -1e400, 10, 10.0, -0.0, 1e2]")
    assert read == [9007199254740992.0, None, None, 10, 10.0, 0.0, 100.0]
    assert str(read).count("-") == 0


def test_ints_of_any_length() -> None:
    assert read_json("1" + "0" * 30) == 1e30
    assert read_json("-" + "9" * 5000) is None


@pytest.mark.parametrize(
    "text", ["", "{", "NaN", "[Infinity]", "-Infinity", "'a'", "<html>", b"\xff", "[" * 100_000]
)
def test_invalid_json_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError):
        read_json(text)
