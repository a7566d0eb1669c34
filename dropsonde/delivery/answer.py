"""Parse an endpoint's untrusted answer: ``{"newer": bool, "link": str, "message": str}``."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from dropsonde.common.untrusted import link, one_line

MAX_BYTES = 64 << 10  # of a body; the rest is not read


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
    newer = link(fields.get("link")) if fields.get("newer") is True else ""
    return Answer(status, text, one_line(fields.get("message")), newer, odd)
