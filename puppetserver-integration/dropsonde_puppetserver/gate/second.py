"""Read text with pyhocon, the second parser, which must agree with the gate.

pyhocon would follow an include to the network and into Python packages, and its time grows with the
square of its input, or worse: it gets only short texts, and none that could hold an include.
"""

from __future__ import annotations

import re
from typing import Any

_INCLUDE = re.compile(r'include\s*("|(url|file|package|required)\s*\()', re.IGNORECASE)


class NotUnderstoodError(Exception):
    """The text fails in pyhocon, or must not reach it."""


def second_reading(text: str, key: str) -> Any:
    """Return the value that pyhocon reads at a key; None for a missing one or null.

    Raises:
        NotUnderstoodError: it fails on the text, or would follow an include.
    """
    if _INCLUDE.search(text):
        raise NotUnderstoodError
    # Imported late: it would take half of the time of a run on a server without an opt-in.
    from pyhocon import ConfigFactory  # noqa: PLC0415

    try:
        return ConfigFactory.parse_string(text).get(key, None)
    except Exception as error:  # any error means a failed parse
        raise NotUnderstoodError from error
