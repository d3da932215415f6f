"""Strings as bytes, in the same way as the other implementations."""

import re

_SURROGATE = re.compile("[\ud800-\udfff]")


def utf8(text: str) -> bytes:
    """The UTF-8 bytes of a string; a lone surrogate becomes U+FFFD."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return _SURROGATE.sub("\ufffd", join_surrogates(text)).encode()


def join_surrogates(text: str) -> str:
    """Replaces pairs of surrogates by the character that they encode, as JSON and JavaScript read them."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
