r"""JSON as Ruby's parser reads it, with which Puppet reads a module's files.

Ruby accepts comments, escapes that JSON does not define (``\(`` is a parenthesis) and bytes that
are not UTF-8; it refuses NaN, infinity and more than 100 levels. Python's parser does the opposite.
Versions of Ruby's parser refuse half a surrogate pair in some places; here it is U+FFFD.
"""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

DEEPEST = 100  # Ruby's max_nesting

_TOKEN = re.compile(
    r'(?P<text>"[^"\\\x00-\x1f]*(?:\\(?:u[0-9A-Fa-f]{4}|[^u\x00-\x1f])[^"\\\x00-\x1f]*)*")'
    r"|(?P<comment>/\*.*?\*/|//[^\n]*\n)"
    r'|(?P<rest>[^"/]+)',
    re.DOTALL,
)
_ESCAPE = re.compile(
    r"\\(?:u[dD][89abAB]..\\u[dD][c-fC-F]..|(?P<half>u[dD][89a-fA-F]..)"
    r'|[u"\\/bfnrt]|(?P<unknown>.))'
)


def loads(data: bytes) -> Any:
    """Parse a document; every number is 0, since nobody needs one.

    Raises:
        ValueError: Ruby would refuse it.
    """
    text = data.decode("utf-8", "replace")
    parts: list[str] = []
    position = depth = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise ValueError("neither a text nor a comment ends there")
        position = match.end()
        part = match[0]
        if match["rest"]:
            depth = _depth(part, depth)
        parts.append(_escaped(part) if match["text"] else " " if match["comment"] else part)
    return json.loads(
        "".join(parts), parse_int=_zero, parse_float=_zero, parse_constant=_refuse_constant
    )


def _depth(part: str, depth: int) -> int:
    for bracket in re.findall(r"[\[\]{}]", part):
        depth += 1 if bracket in "[{" else -1
        if depth > DEEPEST:
            raise ValueError("nested too deep")
    return depth


def _escaped(text: str) -> str:
    """A text without the escapes that JSON does not know: a backslash counts for nothing there."""
    return _ESCAPE.sub(_replacement, text) if "\\" in text else text


def _replacement(match: re.Match[str]) -> str:
    return "\ufffd" if match["half"] else match["unknown"] or match[0]


def _zero(_: str) -> int:
    return 0


def _refuse_constant(_: str) -> NoReturn:
    raise ValueError("no number of JSON")
