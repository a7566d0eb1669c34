"""Outline a HOCON file by Lightbend's grammar, without following includes or substitutions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from dropsonde_puppetserver.gate.tokens import RefusedError, Token, joined, path_of, tokens

STANZA = "dropsonde"
INCLUDE = "an include"
SUBSTITUTION = "a substitution"
_ODD = {"triple": "triple quotes", "+=": "a +="}
_DEEPEST = 50
_STRINGS = ("bare", "quoted", "triple")


@dataclass(frozen=True)
class Setting:
    """One key with its value, outside of lists.

    Attributes:
        path: the keys from the root.
        line: the line of the key.
        is_object: whether the value is an object; adjacent objects count as one.
        pieces: the tokens of a string, a number, a boolean, null or substitutions; none where an
            object or a list is among the values.
    """

    path: tuple[str, ...]
    line: int
    is_object: bool = True
    pieces: tuple[Token, ...] = ()

    @property
    def text(self) -> str | None:
        """The value's text; None where it is not plain text, or holds substitutions."""
        plain = self.pieces and all(piece.kind in _STRINGS for piece in self.pieces)
        return joined(self.pieces) if plain else None


@dataclass
class Outline:
    """The contents of a file.

    Attributes:
        plain: its text without the comments.
        size: how many tokens it has, newlines not counted.
        settings: in their order; those of an object come before the object itself.
        constructs: constructs that are not plain, with their first lines.
        references: the substitutions in texts, also those in lists.
        stanzas: the lines of keys at the root that are ``dropsonde``, or start with it and a dot.
        mentions: the lines that have that word elsewhere.
    """

    plain: str = ""
    size: int = 0
    settings: list[Setting] = field(default_factory=list)
    constructs: dict[str, int] = field(default_factory=dict)
    references: list[Token] = field(default_factory=list)
    stanzas: list[int] = field(default_factory=list)
    mentions: list[int] = field(default_factory=list)

    def below(self, *path: str) -> Iterator[Setting]:
        """The settings at and below a path, and those that replace an object above it."""
        for setting in self.settings:
            within = setting.path[: len(path)] == path
            if within or (setting.path == path[: len(setting.path)] and not setting.is_object):
                yield setting

    def texts(self, *path: str) -> list[str] | None:
        """The texts set at a path, in their order; None where it has any other value."""
        found = list(self.below(*path))
        texts = [each.text for each in found if each.path == path and each.text is not None]
        return texts if len(texts) == len(found) else None


def outline(text: str) -> Outline:
    """Read a file's text.

    Raises:
        RefusedError: Lightbend would refuse it with any value of its includes and substitutions.
    """
    return _Reader(list(tokens(text))).document()


class _Reader:
    def __init__(self, cut: list[Token]) -> None:
        self._tokens = cut
        self._at = 0
        self._depth = 0
        self._lists = 0
        plain = "".join(f"{token.blank}{token.written}" for token in cut)
        self._outline = Outline(plain, sum(token.kind != "newline" for token in cut))
        for token in cut:
            odd = _ODD.get(token.written if token.kind == "mark" else token.kind)
            if odd:
                self._outline.constructs.setdefault(odd, token.line)

    def document(self) -> Outline:
        """Read the whole file: an object, with or without its braces."""
        self._take_all("newline")
        self._object((), "}" if self._take("{") else "")
        self._take_all("newline")
        if self._peek.kind != "end":
            raise self._error("something after the end of the object")
        return self._outline

    @property
    def _peek(self) -> Token:
        return self._tokens[self._at]

    def _is_mark(self, *marks: str) -> bool:
        return self._peek.kind == "mark" and self._peek.written in marks

    def _take(self, *marks: str) -> bool:
        """Consume one of these marks, if it is next."""
        stands = self._is_mark(*marks)
        self._at += stands
        return stands

    def _take_all(self, *kinds: str) -> tuple[Token, ...]:
        """Consume the next tokens while they are of these kinds."""
        first = self._at
        while self._peek.kind in kinds:
            self._at += 1
        return tuple(self._tokens[first : self._at])

    def _error(self, what: str) -> RefusedError:
        return RefusedError(what, self._peek.line)

    def _look_for_the_word(self, text: str) -> None:
        if STANZA in text.casefold():
            self._outline.mentions.append(self._peek.line)

    def _separated(self) -> bool:
        """Consume a separator of two elements: newlines, or a comma and newlines around it."""
        newlines = self._take_all("newline")
        comma = self._take(",")
        self._take_all("newline")
        return bool(newlines or comma)

    def _object(self, prefix: tuple[str, ...], end: str) -> None:
        """Read the settings after an opening brace, up to the closing one (or the end)."""
        separated = True
        self._take_all("newline")
        while not (self._take(end) if end else self._peek.kind == "end"):
            if self._peek.kind == "end":
                raise self._error("the end of the file, before an object is closed")
            if not separated:
                raise self._error("two settings without a comma or a new line between them")
            if (self._peek.kind, self._peek.text) == ("bare", "include"):
                self._include(prefix)
            else:
                self._setting(prefix)
            separated = self._separated()

    def _include(self, prefix: tuple[str, ...]) -> None:
        """Read an include statement without following it; in the stanza it counts as a mention."""
        self._outline.constructs.setdefault(INCLUDE, self._peek.line)
        self._look_for_the_word(prefix[0] if prefix else "")
        self._at += 1
        self._take_all("newline")
        self._look_for_the_word(joined(self._take_all(*_STRINGS)))

    def _setting(self, prefix: tuple[str, ...]) -> None:
        line = self._peek.line
        written = self._take_all(*_STRINGS)
        if not written:
            raise self._error("no key where one must stand")
        keys = path_of(written)
        path = (*prefix, *keys)
        if len(path) > _DEEPEST:
            raise self._error(f"a path of more than {_DEEPEST} keys")
        if path == keys and keys[0] == STANZA and not self._lists:
            self._outline.stanzas.append(line)
            keys = keys[1:]
        for key in keys:
            self._look_for_the_word(key)
        self._take_all("newline")
        if self._is_mark("{"):
            setting = Setting(path, line)
            self._nested(path)
        else:
            setting = Setting(path, line, *self._assigned(path))
        if not self._lists:
            self._outline.settings.append(setting)

    def _assigned(self, path: tuple[str, ...]) -> tuple[bool, tuple[Token, ...]]:
        """Read a sign and a value; return whether it is an object, and the tokens of a text."""
        adds = self._is_mark("+=")
        if not self._take(":", "=", "+="):
            raise self._error("a key without a value")
        is_object, pieces = self._value(path)
        return (False, ()) if adds else (is_object, pieces)

    def _value(self, path: tuple[str, ...]) -> tuple[bool, tuple[Token, ...]]:
        """Read one value, or several adjacent ones on one line."""
        self._take_all("newline")
        kinds: set[str] = set()
        pieces: tuple[Token, ...] = ()
        while self._peek.kind in (*_STRINGS, "reference") or self._is_mark("{", "["):
            taken = self._take_all(*_STRINGS, "reference")
            kinds |= {"text" if token.kind in _STRINGS else token.kind for token in taken}
            pieces += taken
            if self._is_mark("{", "["):
                kinds.add(self._peek.written)
                self._nested(path)
        if not kinds:
            raise self._error("no value where one must stand")
        if len(kinds - {"reference"}) > 1:
            raise self._error("values side by side that do not go together")
        references = [token for token in pieces if token.kind == "reference"]
        if references and kinds & {"{", "["}:
            self._outline.constructs.setdefault(SUBSTITUTION, references[0].line)
        self._outline.references += references
        text = joined(pieces)
        self._look_for_the_word(f"{text} {''.join(piece.written for piece in pieces)}")
        if text.startswith('"') and text.endswith('"'):
            raise self._error("a string within two pairs of quotes")
        return kinds == {"{"}, () if kinds & {"{", "["} else pieces

    def _nested(self, path: tuple[str, ...]) -> None:
        """Read an object or a list."""
        self._depth += 1
        if self._depth > _DEEPEST:
            raise self._error(f"more than {_DEEPEST} objects and lists within each other")
        if self._take("{"):
            self._object(path, "}")
        elif self._take("["):
            self._lists += 1
            self._take_all("newline")
            while not self._take("]"):
                self._value(path)
                if not self._separated() and not self._is_mark("]"):
                    raise self._error("a list that is not closed")
            self._lists -= 1
        self._depth -= 1
