"""pyhocon, the second reader: what the gate takes, this one must take, too.

pyhocon would follow an include to the network and into Python packages, and its time grows with the
square of what it reads, or worse: it is handed little text, and none that could hold an include.
"""

from __future__ import annotations

import re
from typing import Any

_INCLUDE = re.compile(r'include\s*("|(url|file|package|required)\s*\()', re.IGNORECASE)


class NotUnderstoodError(Exception):
    """pyhocon does not take the text, or must not see it."""


def second_reading(text: str, key: str) -> Any:
    """What pyhocon reads at a key; None for nothing, and for null.

    Raises:
        NotUnderstoodError: it stumbles over the text, or would follow an include.
    """
    if _INCLUDE.search(text):
        raise NotUnderstoodError
    # Half of the time that a look at a server without an opt-in takes: only here, then.
    from pyhocon import ConfigFactory  # noqa: PLC0415

    try:
        return ConfigFactory.parse_string(text).get(key, None)
    except Exception as error:  # whatever it is, nothing was understood
        raise NotUnderstoodError from error
