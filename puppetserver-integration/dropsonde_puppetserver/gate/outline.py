"""What one HOCON file sets, by Lightbend's grammar; no include and no substitution is followed."""

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
        is_object: whether the value is an object; several side by side are one.
        pieces: the tokens of a string, a number, a boolean, null or substitutions; none where an
            object or a list is among the values.
    """

    path: tuple[str, ...]
    line: int
    is_object: bool = True
    pieces: tuple[Token, ...] = ()

    @property
    def text(self) -> str | None:
        """The value's text; None where it has none, or holds substitutions."""
        plain = self.pieces and all(piece.kind in _STRINGS for piece in self.pieces)
        return joined(self.pieces) if plain else None


@dataclass
class Outline:
    """What a file says.

    Attributes:
        plain: its text without the comments.
        size: how many tokens it has, newlines not counted.
        settings: in their order; those of an object come before the object itself.
        constructs: what is not plain, with the line where it stands first.
        references: the substitutions of texts, also those in lists.
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
        """The settings at a path and below it, and whatever hides an object on the way to it."""
        for found in self.settings:
            within = found.path[: len(path)] == path
            if within or (found.path == path[: len(found.path)] and not found.is_object):
                yield found

    def texts(self, *path: str) -> list[str] | None:
        """The texts that are set at a path, in their order; None where anything else is."""
        found = list(self.below(*path))
        texts = [each.text for each in found if each.path == path and each.text is not None]
        return texts if len(texts) == len(found) else None


def outline(text: str) -> Outline:
    """Read a file's text.

    Raises:
        RefusedError: Lightbend would refuse it, whatever its includes and substitutions come to.
    """
    return _Reader(list(tokens(text))).document()


class _Reader:
    def __init__(self, cut: list[Token]) -> None:
        self._tokens = cut
        self._at = 0
        self._depth = 0
        self._lists = 0
        plain = "".join(f"{token.blank}{token.written}" for token in cut)
        self._found = Outline(plain, sum(token.kind != "newline" for token in cut))
        for token in cut:
            odd = _ODD.get(token.written if token.kind == "mark" else token.kind)
            if odd:
                self._found.constructs.setdefault(odd, token.line)

    def document(self) -> Outline:
        """The whole file: an object, with or without its braces."""
        self._take_all("newline")
        self._object((), "}" if self._take("{") else "")
        self._take_all("newline")
        if self._peek.kind != "end":
            raise self._error("something after the end of the object")
        return self._found

    @property
    def _peek(self) -> Token:
        return self._tokens[self._at]

    def _is_mark(self, *marks: str) -> bool:
        return self._peek.kind == "mark" and self._peek.written in marks

    def _take(self, *marks: str) -> bool:
        """Go past one of these marks, if it stands here."""
        stands = self._is_mark(*marks)
        self._at += stands
        return stands

    def _take_all(self, *kinds: str) -> tuple[Token, ...]:
        """Go past the tokens of these kinds that stand here, side by side."""
        first = self._at
        while self._peek.kind in kinds:
            self._at += 1
        return tuple(self._tokens[first : self._at])

    def _error(self, what: str) -> RefusedError:
        return RefusedError(what, self._peek.line)

    def _look_for_the_word(self, text: str) -> None:
        if STANZA in text.casefold():
            self._found.mentions.append(self._peek.line)

    def _separated(self) -> bool:
        """Skip what stands between two elements: newlines, or a comma and newlines around it."""
        newlines = self._take_all("newline")
        comma = self._take(",")
        self._take_all("newline")
        return bool(newlines or comma)

    def _object(self, prefix: tuple[str, ...], end: str) -> None:
        """The settings up to the closing brace (or the end), after the opening one."""
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
        """An include statement, which is not followed; within the stanza, it speaks of it, too."""
        self._found.constructs.setdefault(INCLUDE, self._peek.line)
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
            self._found.stanzas.append(line)
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
            self._found.settings.append(setting)

    def _assigned(self, path: tuple[str, ...]) -> tuple[bool, tuple[Token, ...]]:
        """A sign and a value: whether it is an object, and the tokens of a text."""
        adds = self._is_mark("+=")
        if not self._take(":", "=", "+="):
            raise self._error("a key without a value")
        is_object, pieces = self._value(path)
        return (False, ()) if adds else (is_object, pieces)

    def _value(self, path: tuple[str, ...]) -> tuple[bool, tuple[Token, ...]]:
        """One value, or several side by side on one line."""
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
            self._found.constructs.setdefault(SUBSTITUTION, references[0].line)
        self._found.references += references
        text = joined(pieces)
        self._look_for_the_word(f"{text} {''.join(piece.written for piece in pieces)}")
        if text.startswith('"') and text.endswith('"'):
            raise self._error("a string within two pairs of quotes")
        return kinds == {"{"}, () if kinds & {"{", "["} else pieces

    def _nested(self, path: tuple[str, ...]) -> None:
        """An object or a list."""
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
