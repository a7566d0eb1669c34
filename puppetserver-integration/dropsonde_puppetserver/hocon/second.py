"""pyhocon, the second reader of an opt-in: ours and this one must both see it.

What is handed over is the text that an administrator wrote about ``dropsonde``, not what we made of
it. pyhocon would follow an include to the network and into Python packages, be it in a comment of
ours and code to it: a text that could hold one is never handed over.
"""

from __future__ import annotations

import re

_INCLUDE = re.compile(r'include\s*("|(url|file|package|required)\s*\()', re.IGNORECASE)


def sees_opt_in(text: str) -> bool:
    """Whether pyhocon, too, reads ``true`` at ``dropsonde.enabled``."""
    if _INCLUDE.search(text):
        return False
    # Half of the time that a check of a server without an opt-in takes: only here, then.
    from pyhocon import ConfigFactory  # noqa: PLC0415

    try:
        value = ConfigFactory.parse_string(text).get("dropsonde.enabled", None)
    except Exception:  # noqa: BLE001 - whatever it stumbles over, it has not seen an opt-in
        return False
    return value is True or value == "true"
