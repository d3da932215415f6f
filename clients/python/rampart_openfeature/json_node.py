"""Reading a snapshot's JSON: each value knows its path, so that errors can name it."""

from __future__ import annotations

from collections.abc import Iterator


class SnapshotError(Exception):
    """A snapshot that cannot be used. The message names the field and what it must be."""


class Node:
    """A JSON value and its path. The methods raise SnapshotError where the value has another type."""

    __slots__ = ("path", "value")

    def __init__(self, value: object, path: str = "snapshot") -> None:
        self.value = value
        self.path = path

    def error(self, must: str) -> SnapshotError:
        return SnapshotError(f"{self.path} {must}")

    def get(self, name: str) -> Node | None:
        """A field; None where it is missing or null."""
        value = self.object().get(name)
        return None if value is None else Node(value, f"{self.path}.{name}")

    def need(self, name: str) -> Node:
        """A field that must not be missing or null."""
        node = self.get(name)
        if node is None:
            raise self.error(f"must have {name}")
        return node

    def object(self) -> dict[str, object]:
        if not isinstance(self.value, dict):
            raise self.error("must be an object")
        return self.value

    def fields(self) -> Iterator[tuple[str, Node]]:
        return ((name, Node(value, f"{self.path}.{name}")) for name, value in self.object().items())

    def items(self, length: int | None = None) -> list[Node]:
        if not isinstance(self.value, list):
            raise self.error("must be a list")
        if length is not None and len(self.value) != length:
            raise self.error(f"must be a list of {length}")
        return [Node(value, f"{self.path}[{index}]") for index, value in enumerate(self.value)]

    def list_of(self, name: str) -> list[Node]:
        """The items of a field; an empty list where it is missing."""
        node = self.get(name)
        return node.items() if node else []

    def string(self) -> str:
        if not isinstance(self.value, str):
            raise self.error("must be a string")
        return self.value

    def strings(self) -> list[str]:
        return [item.string() for item in self.items()]

    def number(self) -> int | float:
        if not isinstance(self.value, (int, float)) or isinstance(self.value, bool):
            raise self.error("must be a number")
        return self.value

    def integer(self) -> int:
        number = self.number()
        if number != int(number):
            raise self.error("must be a whole number")
        return int(number)

    def boolean(self) -> bool:
        if not isinstance(self.value, bool):
            raise self.error("must be true or false")
        return self.value

    def is_set(self, name: str) -> bool:
        """Whether a field is true; a missing field counts as false."""
        node = self.get(name)
        return node is not None and node.boolean()
