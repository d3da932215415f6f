"""Reading a snapshot's JSON: each value with its path, so that whatever is wrong is named."""

from __future__ import annotations

from collections.abc import Iterator


class SnapshotError(Exception):
    """A snapshot that can not be used; the message names the field and what it must be."""


class Node:
    """A JSON value and where it is. The readers raise SnapshotError where it is of another type."""

    __slots__ = ("path", "value")

    def __init__(self, value: object, path: str = "snapshot") -> None:
        self.value = value
        self.path = path

    def wrong(self, must: str) -> SnapshotError:
        return SnapshotError(f"{self.path} {must}")

    def get(self, name: str) -> Node | None:
        """A field, or None where it is missing or null."""
        value = self.object().get(name)
        return None if value is None else Node(value, f"{self.path}.{name}")

    def need(self, name: str) -> Node:
        found = self.get(name)
        if found is None:
            raise self.wrong(f"must have {name}")
        return found

    def object(self) -> dict[str, object]:
        if not isinstance(self.value, dict):
            raise self.wrong("must be an object")
        return self.value

    def fields(self) -> Iterator[tuple[str, Node]]:
        return ((name, Node(value, f"{self.path}.{name}")) for name, value in self.object().items())

    def items(self, length: int | None = None) -> list[Node]:
        if not isinstance(self.value, list):
            raise self.wrong("must be a list")
        if length is not None and len(self.value) != length:
            raise self.wrong(f"must be a list of {length}")
        return [Node(value, f"{self.path}[{index}]") for index, value in enumerate(self.value)]

    def list_of(self, name: str) -> list[Node]:
        """The items of a field; none where it is missing."""
        found = self.get(name)
        return found.items() if found else []

    def text(self) -> str:
        if not isinstance(self.value, str):
            raise self.wrong("must be a text")
        return self.value

    def texts(self) -> list[str]:
        return [item.text() for item in self.items()]

    def number(self) -> int | float:
        if not isinstance(self.value, (int, float)) or isinstance(self.value, bool):
            raise self.wrong("must be a number")
        return self.value

    def integer(self) -> int:
        number = self.number()
        if number != int(number):
            raise self.wrong("must be a whole number")
        return int(number)

    def boolean(self) -> bool:
        if not isinstance(self.value, bool):
            raise self.wrong("must be true or false")
        return self.value

    def is_set(self, name: str) -> bool:
        """A field that is true; missing counts as false."""
        found = self.get(name)
        return found is not None and found.boolean()
