r"""Split HOCON into tokens as Lightbend's tokenizer does, and refuse what it refuses.

Three things that it accepts are also refused, as they have no use in a conf.d: C1 control
characters in a quoted string, signs among the digits of ``\u``, and a plus sign outside quotes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

# Java's white space and the no-break spaces and byte order mark that Lightbend adds; no newline.
_BLANKS = r"\t\x0b\x0c\r\x1c-\x1f \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
_QUOTED = r'(?!""")"(?:[^"\\\x00-\x1f\x7f-\x9f]|\\["\\/bfnrt]|\\u[0-9A-Fa-f]{4})*"'
_TOKEN = re.compile(
    rf"(?P<blank>[{_BLANKS}]*)(?:"
    r"(?P<newline>\n)"
    r"|(?P<comment>(?:#|//)[^\n]*)"
    r'|(?P<triple>"""(?s:.*?)"""(?!"))'
    rf"|(?P<quoted>{_QUOTED})"
    rf"|(?P<reference>\$\{{(?:(?!//)[^\"{{}}$#\n]|{_QUOTED})*\}})"
    r"|(?P<mark>\+=|[:,={}\[\]])"
    rf"|(?P<bare>(?:(?!//)[^{_BLANKS}\n$\"{{}}\[\]:=,+#`^?!@*&\\])+)"
    r"|(?P<end>\Z)"
    r")"
)

_REFERENCE = re.compile(r"\$\{(\??)([A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*)\}")


class RefusedError(Exception):
    """Puppet Server would refuse a text, or the gate cannot tell.

    Attributes:
        what: the refused construct; never a value.
        line: its line, from 1; 0 for the file as a whole.
    """

    def __init__(self, what: str, line: int) -> None:
        super().__init__(what)
        self.what = what
        self.line = line


class Token(NamedTuple):
    """A token.

    Attributes:
        kind: newline, mark, bare, quoted, triple, reference or end.
        text: its part of a string; empty for a reference.
        written: its text in the file.
        blank: the white space before it, on its line.
        line: its line, from 1.
    """

    kind: str
    text: str
    written: str
    blank: str
    line: int


def tokens(text: str) -> Iterator[Token]:
    """Split a text in linear time, without comments; the last token is the end.

    Raises:
        RefusedError: Lightbend would refuse it.
    """
    at, line, kind = 0, 1, ""
    while kind != "end":
        match = _TOKEN.match(text, at)
        if match is None:
            raise RefusedError("an open quote, a bad escape or a character that needs quotes", line)
        kind = str(match.lastgroup)
        written = match[kind]
        if kind != "comment":
            yield Token(kind, _text(kind, written), written, match["blank"], line)
        at = match.end()
        line += written.count("\n")


def _text(kind: str, written: str) -> str:
    if kind == "quoted":
        return str(json.loads(written))
    if kind == "triple":
        return written[3:-3]
    return "" if kind == "reference" else written


def joined(pieces: Sequence[Token]) -> str:
    """Join adjacent tokens to a string, without substitutions."""
    return "".join(f"{piece.blank if at else ''}{piece.text}" for at, piece in enumerate(pieces))


def reference_of(token: Token) -> tuple[bool, tuple[str, ...]] | None:
    """Whether a substitution is optional, and its path; None where the path is unusual."""
    match = _REFERENCE.fullmatch(token.written)
    return match and (bool(match[1]), tuple(match[2].split(".")))


def path_of(pieces: Sequence[Token]) -> tuple[str, ...]:
    """Split a path into keys at the dots that are not quoted.

    Raises:
        RefusedError: a key is empty and not quoted.
    """
    keys, quoted = [""], [False]
    for at, piece in enumerate(pieces):
        first, *more = piece.text.split(".") if piece.kind == "bare" else [piece.text]
        keys[-1] += (piece.blank if at else "") + first
        quoted[-1] |= piece.kind != "bare"
        keys += more
        quoted += [False] * len(more)
    if not all(key or mark for key, mark in zip(keys, quoted, strict=True)):
        raise RefusedError("a path with a dot too many", pieces[0].line)
    return tuple(keys)
