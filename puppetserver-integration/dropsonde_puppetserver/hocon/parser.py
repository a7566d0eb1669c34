"""HOCON's grammar, as strict as Lightbend's: where that parser stops, this one stops too."""

from __future__ import annotations

import pathlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dropsonde_puppetserver.hocon.tokens import SIMPLE, Path, Token, UnsureError, path_of, tokens
from dropsonde_puppetserver.hocon.values import Joined, Reference, Scalar, join, merge, undecided

if TYPE_CHECKING:
    from dropsonde_puppetserver.hocon.values import Node

STANZA = "dropsonde"
_DEEPEST = 50


@dataclass
class Parsed:
    """A file, before its substitutions are resolved.

    Attributes:
        fields: its keys and their values.
        stanza: the statements at its root that set something below ``dropsonde``, as written, in
            their order, those of included files among them.
        stanza_references: the paths that those statements substitute.
        references: whether there is any substitution in the file.
    """

    fields: dict[str, Node] = field(default_factory=dict)
    stanza: list[str] = field(default_factory=list)
    stanza_references: list[tuple[str, ...]] = field(default_factory=list)
    references: bool = False


def parse(text: str, file: pathlib.Path, include: Callable[[str, str, int], Parsed]) -> Parsed:
    """Parse a file.

    Args:
        text: its text.
        file: its path, for the values' origin.
        include: gives what an include statement brings, by its kind ("" or "file"), the name
            and the line.

    Raises:
        UnsureError: Lightbend would refuse it, or we cannot tell what it would read.
    """
    return _Parser(text, file, include).document()


class _Parser:
    def __init__(
        self, text: str, file: pathlib.Path, include: Callable[[str, str, int], Parsed]
    ) -> None:
        self._text = text
        self._file = file
        self._include = include
        self._tokens = list(tokens(text))
        self._at = 0
        self._depth = 0
        self._lists = 0
        self._parsed = Parsed()
        self._parsed.references = any(
            token.kind == "reference" or token.text == "+=" for token in self._tokens
        )

    def document(self) -> Parsed:
        """The whole file: an object, with or without its braces."""
        self._skip_newlines()
        braced = self._is_mark("{")
        if braced:
            self._next()
        self._parsed.fields = self._object((), braced=braced)
        self._skip_newlines()
        if self._peek.kind != "end":
            raise self._error("something after the end of the object")
        return self._parsed

    @property
    def _peek(self) -> Token:
        return self._tokens[self._at]

    def _next(self) -> Token:
        token = self._tokens[self._at]
        self._at += 1
        return token

    def _is_mark(self, *marks: str) -> bool:
        return self._peek.kind == "mark" and self._peek.text in marks

    def _error(self, what: str) -> UnsureError:
        return UnsureError(what, self._peek.line)

    def _skip_newlines(self) -> bool:
        before = self._at
        while self._peek.kind == "newline":
            self._at += 1
        return self._at > before

    def _separated(self) -> bool:
        """Skip what stands between two elements: newlines, or a comma and newlines around it."""
        newlines = self._skip_newlines()
        comma = self._is_mark(",")
        if comma:
            self._next()
            self._skip_newlines()
        return newlines or comma

    def _object(self, prefix: tuple[str, ...], *, braced: bool) -> dict[str, Node]:
        """The fields up to the closing brace (or the end), after the opening one."""
        fields: dict[str, Node] = {}
        separated = True
        self._skip_newlines()
        while not (self._is_mark("}") if braced else self._peek.kind == "end"):
            if self._peek.kind == "end":
                raise self._error("the end of the file, before an object is closed")
            if not separated:
                raise self._error("two settings without a comma or a new line between them")
            if self._peek.kind == "bare" and self._peek.text == "include":
                self._included(fields, prefix)
            else:
                self._field(fields, prefix)
            separated = self._separated()
        if braced:
            self._next()
        return fields

    def _field(self, fields: dict[str, Node], prefix: tuple[str, ...]) -> None:
        first = self._at
        while self._peek.kind in SIMPLE and self._peek.kind != "reference":
            self._at += 1
        if self._at == first:
            raise self._error("no key where one must stand")
        keys = path_of(self._tokens[first : self._at])
        value = merge(None, self._assigned((*prefix, *keys)))
        for key in reversed(keys[1:]):
            value = {key: value}
        self._set(fields, keys[0], value)
        if keys[0] == STANZA and not prefix and not self._lists:
            written = self._tokens[first : self._at]
            self._parsed.stanza.append(self._text[written[0].start : written[-1].end])
            self._parsed.stanza_references += [
                token.value.keys for token in written if isinstance(token.value, Path)
            ]

    def _set(self, fields: dict[str, Node], key: str, value: Node) -> None:
        try:
            fields[key] = merge(fields.get(key), value)
        except UnsureError as error:
            raise self._error(error.what) from error

    def _assigned(self, keys: tuple[str, ...]) -> Node:
        """The value after a key."""
        self._skip_newlines()
        if self._is_mark("{"):
            return self._single(keys)
        if not self._is_mark(":", "=", "+="):
            raise self._error("a key without a value")
        sign = self._next()
        if sign.text != "+=":
            return self._value(keys)
        if self._lists:
            raise self._error("+= within a list")
        self._lists += 1
        added = self._value(keys)
        self._close_list([added])
        before = Reference(keys, optional=True, line=sign.line, file=self._file)
        return Joined((before, [added]), sign.line)

    def _value(self, keys: tuple[str, ...]) -> Node:
        """One value, or several side by side on one line."""
        self._skip_newlines()
        line = self._peek.line
        pieces: list[Node] = []
        simple = False
        while self._peek.kind in SIMPLE or self._is_mark("{", "["):
            now_simple = self._peek.kind in SIMPLE
            if simple and now_simple and self._peek.blank:
                blank = self._peek.blank
                pieces.append(Scalar(blank, blank, line, self._file, blank=True))
            pieces.append(self._single(keys))
            simple = now_simple
        if not pieces:
            raise self._error("no value where one must stand")
        return join(tuple(pieces), line)

    def _single(self, keys: tuple[str, ...]) -> Node:
        token = self._next()
        if isinstance(token.value, Path):
            return Reference(token.value.keys, token.value.optional, token.line, self._file)
        if token.kind in SIMPLE:
            value: Any = token.value
            return Scalar(value, token.text, token.line, self._file)
        self._depth += 1
        if self._depth > _DEEPEST:
            raise self._error(f"more than {_DEEPEST} objects and lists within each other")
        node: Node = self._object(keys, braced=True) if token.text == "{" else self._list(keys)
        self._depth -= 1
        return node

    def _list(self, keys: tuple[str, ...]) -> list[Node]:
        self._lists += 1
        elements: list[Node] = []
        self._skip_newlines()
        while not self._is_mark("]"):
            elements.append(self._value(keys))
            if not self._separated() and not self._is_mark("]"):
                raise self._error("a list that is not closed")
        self._next()
        self._close_list(elements)
        return elements

    def _close_list(self, elements: list[Node]) -> None:
        """Lightbend gives up on some lists of this kind, and not on others."""
        self._lists -= 1
        if not self._lists and undecided(elements):
            raise self._error("a setting within a list that stands twice, with substitutions")

    def _included(self, fields: dict[str, Node], prefix: tuple[str, ...]) -> None:
        line = self._next().line
        self._skip_newlines()
        kind = ""
        if self._peek.kind == "bare" and self._peek.text == "file(":
            kind = "file"
            self._next()
            self._skip_newlines()
        if self._peek.kind != "quoted":
            raise self._error("an include of something else than a file")
        name = self._next().text
        if kind:
            self._skip_newlines()
            if (self._peek.kind, self._peek.text) != ("bare", ")"):
                raise self._error("an include without its closing parenthesis")
            self._next()
        brought = self._include(kind, name, line)
        if prefix or self._lists:
            if brought.references:
                raise self._error("an include, below the root, of a file with substitutions")
        else:
            self._parsed.stanza += brought.stanza
            self._parsed.stanza_references += brought.stanza_references
        for key, value in brought.fields.items():
            self._set(fields, key, value)
