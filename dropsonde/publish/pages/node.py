"""A value of a document together with its position, so that a page can name it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


class Node:
    """A value in a document of the static API.

    Templates reach inner values by name or index, and get nodes again.

    Attributes:
        value: as the document has it.
        cell: the document's path, ``#`` and a JSON pointer (RFC 6901). Without a path it is of the
            one that the page's ``data-document`` names.
    """

    __slots__ = ("cell", "value")

    def __init__(self, value: Any, cell: str) -> None:
        self.value = value
        self.cell = cell

    @classmethod
    def root(cls, path: str, document: Any) -> Node:
        """A whole document."""
        return cls(document, f"{path}#")

    def __getitem__(self, key: str | int) -> Node:
        if isinstance(key, int) and key < 0:
            key += len(self.value)  # a JSON pointer has no negative index
        step = key
        if isinstance(key, str) and not key.isidentifier():
            step = key.replace("~", "~0").replace("/", "~1")
        return Node(self.value[key], f"{self.cell}/{step}")

    def get(self, key: str) -> Node | None:
        """The member of that name; None if it is missing or null."""
        return None if self.value.get(key) is None else self[key]

    def __iter__(self) -> Iterator[Node]:
        """The nodes of a list, or of an object's values."""
        keys = self.value if isinstance(self.value, dict) else range(len(self.value))
        return (self[key] for key in keys)

    def __len__(self) -> int:
        return len(self.value)

    def __str__(self) -> str:
        return str(self.value)
