"""Parse an endpoint's untrusted answer: ``{"newer": bool, "link": str, "message": str}``."""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

MAX_BYTES = 64 << 10  # of a body; the rest is not read
MAX_TEXT = 500  # characters shown to the user
_LINK = re.compile(r"https?://[!-~]+")  # no spaces, controls or letters that look like others


@dataclass(frozen=True)
class Answer:
    """The endpoint's answer to a report.

    Attributes:
        status: the HTTP status.
        text: the raw body, cut to 64 KiB; unsafe for a terminal.
        message: for the user; one line, at most 500 characters; empty when there is none.
        newer: link to a newer version of dropsonde; empty when there is none.
        odd: whether the body is not the JSON object that an endpoint answers with.
        plain: whether the report was accepted as plain JSON, after gzip was refused.
    """

    status: int
    text: str
    message: str
    newer: str
    odd: bool
    plain: bool = False


def read_answer(status: int, body: bytes) -> Answer:
    """Parse a body, which may hold anything and be cut off anywhere."""
    text = body[:MAX_BYTES].decode(errors="replace")
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        document = None
    odd = not isinstance(document, dict)
    fields: dict[str, Any] = {} if odd else document
    newer = _link(fields.get("link")) if fields.get("newer") is True else ""
    return Answer(status, text, _line(fields.get("message")), newer, odd)


def _line(value: Any) -> str:
    """Make a text safe for a terminal: no control or bidirectional characters, no line ends."""
    if not isinstance(value, str):
        return ""
    harmless = (" " if unicodedata.category(sign)[0] in "CZ" else sign for sign in value)
    return " ".join("".join(harmless).split())[:MAX_TEXT]


def _link(value: Any) -> str:
    """Return a link that a user may open; empty for anything else."""
    if not isinstance(value, str) or len(value) > MAX_TEXT or not _LINK.fullmatch(value):
        return ""
    try:
        parts = urlsplit(value)
    except ValueError:
        return ""
    # A user before the host makes one host look like another.
    return value if parts.hostname and "@" not in parts.netloc else ""
