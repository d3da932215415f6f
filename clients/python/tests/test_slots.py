from hypothesis import given
from hypothesis import strategies as st

from rampart_openfeature.mark import mark_of
from rampart_openfeature.slots import fnv1a, slots_under
from rampart_openfeature.utf8 import utf8


def test_fnv1a() -> None:
    # From the test vectors of draft-eastlake-fnv.
    assert fnv1a(b"") == 0x811C9DC5
    assert fnv1a(b"a") == 0xE40C292C
    assert fnv1a(b"foobar") == 0xBF9CF968


def test_surrogates() -> None:
    assert utf8("\ud83d") == "\ufffd".encode()
    assert utf8("a\udc00b\ud800") == "a\ufffdb\ufffd".encode()
    assert utf8("\ud83d\ude80") == "\U0001f680".encode()
    assert slots_under("s")("\udc00") == slots_under("s")("\ufffd")


def test_mark() -> None:
    # printf 'saltu1' | sha256sum
    assert mark_of("salt", "u1") == "bd168727daffb1fb822dfd79"


@given(st.text(), st.text())
def test_the_salt_is_hashed_before_the_unit(salt: str, unit: str) -> None:
    slot = slots_under(salt)(unit)
    assert slot == fnv1a(str(fnv1a(utf8(salt) + utf8(unit))).encode()) % 10_000
    assert 0 <= slot < 10_000
