"""Text to bytes, as every implementation does it."""

import re

_SURROGATE = re.compile("[\ud800-\udfff]")


def utf8(text: str) -> bytes:
    """The UTF-8 bytes of a text; a lone surrogate counts as U+FFFD."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return _SURROGATE.sub("\ufffd", join_surrogates(text)).encode()


def join_surrogates(text: str) -> str:
    """Pairs of surrogates as the one character that they stand for, as JSON and JavaScript read them."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
