"""The options of a provider."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

from .transport import Server


@dataclass(frozen=True, kw_only=True)
class Options:
    """All times are in seconds.

    Raises:
        ValueError: an option is not valid; the message names it.
    """

    base_url: str
    api_key: str
    timeout: float = 2.0
    poll_interval: float = 1.0
    request_timeout: float = 5.0
    stream: bool = True
    exposures: bool = True
    flush_interval: float = 1.0
    max_events: int = 10_000

    def __post_init__(self) -> None:
        self.server  # noqa: B018 - checks the address and the key
        for field in fields(self):
            value = getattr(self, field.name)
            if field.type == "float" and not (_is_number(value) and 0 < value < math.inf):
                raise ValueError(f"{field.name} must be a number of seconds greater than 0, not {value!r}")
            if field.type == "bool" and not isinstance(value, bool):
                raise ValueError(f"{field.name} must be True or False, not {value!r}")
        if not isinstance(self.max_events, int) or self.max_events < 1:
            raise ValueError(f"max_events must be a whole number of at least 1, not {self.max_events!r}")

    @property
    def server(self) -> Server:
        return Server(self.base_url, self.api_key)


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
