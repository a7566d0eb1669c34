r"""HOCON's tokens, cut exactly as Lightbend's tokenizer cuts them; what it refuses, this refuses.

Behaviour from HOCON.md and from Lightbend's config, the parser of Puppet Server. Two things that it
takes are refused here, for nobody means them: C1 control characters in a quoted string, and signs
among the digits of ``\u``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

SIMPLE = ("quoted", "bare", "number", "literal", "reference")
_LITERALS = {"true": True, "false": False, "null": None}
_LONG = 1 << 63
_DIGITS = 40  # more than any number of 64 bits is written with, but for zeros before it

# Java's white space and the no-break spaces and byte order mark that Lightbend adds; no newline.
_BLANKS = r"\t\x0b\x0c\r\x1c-\x1f \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
_QUOTED = r'(?!""")"(?:[^"\\\x00-\x1f\x7f-\x9f]|\\["\\/bfnrt]|\\u[0-9A-Fa-f]{4})*"'
_TOKEN = re.compile(
    rf"(?P<blank>[{_BLANKS}]*)(?:"
    r"(?P<newline>\n)"
    r"|(?P<comment>(?:#|//)[^\n]*)"
    r'|(?P<triple>"""(?s:.*?)"""(?!"))'
    rf"|(?P<quoted>{_QUOTED})"
    rf"|\$\{{(?P<optional>\??)(?P<reference>(?:(?!//)[^\"{{}}$#\n]|{_QUOTED})*)\}}"
    r"|(?P<mark>\+=|[:,={}\[\]])"
    r"|(?P<number>[-0-9][-+.0-9eE]*)"
    r"|(?P<literal>true|false|null)"
    rf"|(?P<bare>(?:(?!//)[^{_BLANKS}\n$\"{{}}\[\]:=,+#`^?!@*&\\])+)"
    r"|(?P<end>\Z)"
    r")"
)
_DOUBLE = re.compile(r"-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")


class UnsureError(Exception):
    """What Puppet Server would read there is an error to it, or not beyond doubt to us.

    Attributes:
        what: what stands there; never a value.
        line: the line, from 1; 0 when it is about the file as a whole.
    """

    def __init__(self, what: str, line: int = 0) -> None:
        super().__init__(what)
        self.what = what
        self.line = line


class Token(NamedTuple):
    """A token.

    Attributes:
        kind: newline, mark, end, or one of ``SIMPLE``.
        text: as it counts within an unquoted string; of a mark, the mark.
        value: of a literal, a number (int or float) or a string; a :class:`Path` of a reference.
        blank: the white space before it, on its line.
        line: its line, from 1.
        start: where its text begins in the file.
        end: where it ends.
    """

    kind: str
    text: str
    value: object
    blank: str
    line: int
    start: int
    end: int


class Path(NamedTuple):
    """What stands between ``${`` and ``}``."""

    keys: tuple[str, ...]
    optional: bool


def tokens(text: str) -> Iterator[Token]:
    """Cut a text; comments are left out, newlines are not, and the last token is the end.

    Raises:
        UnsureError: Lightbend would refuse it.
    """
    at, line, kind = 0, 1, ""
    while kind != "end":
        match = _TOKEN.match(text, at)
        if match is None:
            raise UnsureError("an open quote, a bad escape or a character that needs quotes", line)
        kind = str(match.lastgroup)
        written = match[kind]
        if kind != "comment":
            name, shown, value = _read(kind, written, match["optional"], line)
            start = match.end("blank")
            yield Token(name, shown, value, match["blank"], line, start, match.end())
        at = match.end()
        line += written.count("\n")


def _read(kind: str, written: str, optional: str, line: int) -> tuple[str, str, object]:
    """A token's kind, text and value."""
    if kind == "triple":
        return "quoted", written[3:-3], written[3:-3]
    if kind == "quoted":
        value = json.loads(written)
        return kind, value, value
    if kind == "literal":
        return kind, written, _LITERALS[written]
    if kind == "number":
        known = number(written)
        if known is None and "+" in written:
            raise UnsureError("a + outside quotes", line)
        return ("bare", written, written) if known is None else (kind, written, known)
    if kind == "reference":
        inside = list(tokens(written))[:-1]
        if not inside or any(token.kind not in SIMPLE[:-1] for token in inside):
            raise UnsureError("a substitution that names no path", line)
        return kind, written, Path(path_of(inside), bool(optional))
    return kind, written, written


def number(written: str) -> int | float | None:
    """A number as Java reads it: 64 bits, whole numbers as integers; None for what is none."""
    if re.fullmatch(r"-?\d+", written):
        whole = int(written) if len(written) <= _DIGITS else _LONG
        return whole if -_LONG <= whole < _LONG else None
    if not re.search("[.eE]", written) or not _DOUBLE.fullmatch(written):
        return None
    double = float(written)
    return int(double) if double.is_integer() else double


def path_of(written: Sequence[Token]) -> tuple[str, ...]:
    """The keys of a path: split at the dots that are not quoted.

    Raises:
        UnsureError: a key is empty and not quoted.
    """
    keys, quoted = [""], [False]
    for index, token in enumerate(written):
        keys[-1] += token.blank if index else ""
        if token.kind == "quoted":
            keys[-1] += token.text
            quoted[-1] = True
            continue
        first, *more = token.text.split(".")
        keys[-1] += first
        keys += more
        quoted += [False] * len(more)
    if not all(key or mark for key, mark in zip(keys, quoted, strict=True)):
        raise UnsureError("a path with a dot too many", written[0].line)
    return tuple(keys)
