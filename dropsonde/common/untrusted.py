"""Make texts from other servers safe to show on a terminal and in a page."""

from __future__ import annotations

import re
import unicodedata
from typing import Any
from urllib.parse import urlsplit

MAX_TEXT = 500  # characters
_LINK = re.compile(r"https?://[!-~]+")  # no spaces, controls or letters that look like others


def one_line(value: Any, longest: int = MAX_TEXT) -> str:
    """Make a text one line without control or bidirectional characters; empty if it is no text."""
    if not isinstance(value, str):
        return ""
    harmless = (" " if unicodedata.category(sign)[0] in "CZ" else sign for sign in value)
    return " ".join("".join(harmless).split())[:longest].rstrip()


def link(value: Any, longest: int = MAX_TEXT) -> str:
    """Return a link that a user may open; empty for anything else."""
    if not isinstance(value, str) or len(value) > longest or not _LINK.fullmatch(value):
        return ""
    try:
        parts = urlsplit(value)
    except ValueError:
        return ""
    # A user before the host makes one host look like another.
    return value if parts.hostname and "@" not in parts.netloc else ""
