"""HOCON's values: how a later one meets an earlier one, and what substitutions come to.

Nothing is remembered between look-ups: a budget of steps ends what would never end.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Any, Union

from dropsonde_puppetserver.hocon.tokens import UnsureError

_INT = 1 << 31
_STEPS = 20_000
_DEPTH = 40
_VALUES = 200  # of one key, where a substitution must be known to say which counts


@dataclass(frozen=True)
class Scalar:
    """A string, a number, a boolean or null.

    Attributes:
        value: str, int, float, bool or None.
        text: what it adds to a string that it is part of.
        line: where it stands; 0 when that is unknown.
        file: the file it stands in, or the substitution that a variable answered.
        blank: whether it is the white space between two other values.
        earlier: the line of a scalar that it overrode in the same file; 0 for none.
    """

    value: str | int | float | None
    text: str
    line: int = 0
    file: Path | None = None
    blank: bool = False
    earlier: int = 0


@dataclass(frozen=True)
class Reference:
    """A substitution."""

    keys: tuple[str, ...]
    optional: bool
    line: int
    file: Path | None


@dataclass(frozen=True)
class Joined:
    """Values side by side, a substitution among them."""

    pieces: tuple[Node, ...]
    line: int


@dataclass
class Pending:
    """What a key was given, oldest first, where a substitution must be known to say what counts.

    Attributes:
        given: the values.
        visible: how many of them a substitution sees: within one, only those before it.
    """

    given: tuple[Node, ...]
    visible: int = -1

    def __post_init__(self) -> None:
        self.visible = len(self.given)


Node = Union[Scalar, Reference, Joined, Pending, "dict[str, Node]", "list[Node]"]
Tree = dict[str, Any]  # keys to trees, lists and scalars: all substitutions are resolved


def integer(text: str) -> str | int:
    """A string, or the number that it spells in Java's 32 bits, as Trapperkeeper takes it for."""
    if not re.fullmatch(r"[+-]?[0-9]{1,39}", text):
        return text
    number = int(text)
    return number if -_INT <= number < _INT else text


def merge(older: Node | None, newer: Node) -> Node:
    """What a key holds that had a value and is given another.

    Raises:
        UnsureError: Lightbend's answer depends on more than what the two hold.
    """
    if isinstance(newer, Reference | Joined):
        newer = Pending((newer,))
    if older is None:
        return newer
    if isinstance(newer, Pending) or (isinstance(newer, dict) and isinstance(older, Pending)):
        both = (*_given(older), *_given(newer))
        if len(both) > _VALUES:
            raise UnsureError("a key with more values than anyone writes")
        if any(isinstance(value, dict) and unresolved(value) for value in both):
            raise UnsureError("a substitution for an object that holds substitutions")
        return Pending(both)
    if isinstance(newer, dict):
        if not isinstance(older, dict):
            raise UnsureError("an object in the place of another value")
        return {**older, **{key: merge(older.get(key), value) for key, value in newer.items()}}
    if isinstance(newer, list) and unresolved(newer) and unresolved(older):
        raise UnsureError("a list with substitutions in the place of other substitutions")
    if isinstance(newer, Scalar) and isinstance(older, Scalar):
        return replace(newer, earlier=older.line)
    return newer


def _given(node: Node) -> tuple[Node, ...]:
    return node.given if isinstance(node, Pending) else (node,)


def unresolved(node: Node) -> bool:
    """Whether there is a substitution in it."""
    if isinstance(node, dict | list):
        return any(map(unresolved, node.values() if isinstance(node, dict) else node))
    return not isinstance(node, Scalar)


def undecided(node: Node) -> bool:
    """Whether a key within holds several values, and a substitution decides which count."""
    if isinstance(node, Pending):
        return len(node.given) > 1 or undecided(node.given[0])
    if isinstance(node, dict):
        return any(map(undecided, node.values()))
    if isinstance(node, Joined):
        return any(map(undecided, node.pieces))
    return isinstance(node, list) and any(map(undecided, node))


def join(pieces: tuple[Node, ...], line: int) -> Node:
    """Values side by side, as one: a longer string, list or object.

    Raises:
        UnsureError: they do not go together.
    """
    joined, *more = pieces
    if more and any(isinstance(piece, dict) and unresolved(piece) for piece in pieces):
        raise UnsureError("an object with substitutions beside another value", line)
    if more and any(isinstance(piece, Reference) for piece in pieces):
        for substituted, others in groupby(pieces, lambda piece: isinstance(piece, Reference)):
            if not substituted:
                join(tuple(others), line)  # wrong is wrong, whatever the substitution comes to
        return Joined(pieces, line)
    for piece in more:
        if isinstance(joined, dict) and isinstance(piece, dict):
            joined = merge(joined, piece)
        elif isinstance(joined, list) and isinstance(piece, list):
            joined = [*joined, *piece]
        elif isinstance(joined, Scalar) and isinstance(piece, Scalar):
            text = joined.text + piece.text
            joined = replace(joined, value=text, text=text, blank=False)
        elif not (isinstance(piece, Scalar) and piece.blank):
            raise UnsureError("values side by side that do not go together", line)
    return joined


class Resolver:
    """Answers the substitutions of one file, from the file itself and then from the environment."""

    def __init__(self, root: dict[str, Node], environ: Mapping[str, str]) -> None:
        self._root = root
        self._environ = environ
        self._steps = 0
        self._depth = 0
        self._within: list[Pending] = []

    def tree(self) -> Tree:
        """The whole file.

        Raises:
            UnsureError: a substitution cannot be answered, or not by us.
        """
        resolved: Tree = self._deep(self._root)
        return resolved

    def look_up(self, keys: tuple[str, ...]) -> Any:
        """What a substitution of a path comes to, wholly resolved; None when to nothing."""
        found = self._reference(Reference(keys, optional=True, line=0, file=None))
        return None if found is None else self._deep(found)

    def _deep(self, node: Node) -> Any:
        plain = self._shallow(node)
        if isinstance(plain, dict):
            items = ((key, self._deep(value)) for key, value in plain.items())
            return {key: value for key, value in items if value is not None}
        if isinstance(plain, list):
            return [value for value in map(self._deep, plain) if value is not None]
        return plain

    def _shallow(self, node: Node) -> Node | None:
        """A value whose outermost layer is known; None when it is undefined."""
        if isinstance(node, Scalar | dict | list):
            return node
        self._steps += 1
        if self._steps > _STEPS or self._depth > _DEPTH:
            raise UnsureError("more substitutions within each other than anyone writes")
        self._depth += 1
        try:
            if isinstance(node, Pending):
                return self._pending(node)
            if isinstance(node, Reference):
                return self._reference(node)
            known = tuple(self._shallow(piece) for piece in node.pieces)
            pieces = tuple(piece for piece in known if piece is not None)
            return join(pieces, node.line) if pieces else None
        finally:
            self._depth -= 1

    def _pending(self, node: Pending) -> Node | None:
        result: Node | None = None
        complete = False
        visible = node.visible
        if visible < len(node.given) and node is not self._within[-1]:
            raise UnsureError("substitutions that go round in a circle")
        self._within.append(node)
        try:
            for index in reversed(range(visible)):
                node.visible = index
                self._deep(node.given[index])  # what cannot be answered is an error, hidden or not
                older = None if complete else self._shallow(node.given[index])
                if older is not None:
                    if len(node.given) > 1 and isinstance(older, dict) and unresolved(older):
                        raise UnsureError("a substitution for an object that holds substitutions")
                    result = older if result is None else merge(older, result)
                    complete = not isinstance(older, dict)
        finally:
            node.visible = visible
            self._within.pop()
        return result

    def _reference(self, node: Reference) -> Node | None:
        found = self._find(node.keys)
        if found is None and len(node.keys) == 1 and node.keys[0] in self._environ:
            if node.keys[0] in self._root:
                raise UnsureError("a substitution of a variable within itself", node.line)
            text = self._environ[node.keys[0]]
            return Scalar(text, text, node.line, node.file)
        if found is None and not node.optional:
            raise UnsureError("a substitution of something that is not set", node.line)
        return found

    def _find(self, keys: tuple[str, ...]) -> Node | None:
        node: Node | None = self._root
        for key in keys:
            if not isinstance(node, dict) or key not in node:
                return None
            node = self._shallow(node[key])
        return node
