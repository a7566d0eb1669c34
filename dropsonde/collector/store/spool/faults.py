"""What SQLite says, as errors of ours."""

from __future__ import annotations

import sqlite3

from dropsonde.common.errors import SpoolDamagedError, StoreFullError, StoreUnavailableError

FAULTS = (sqlite3.Error, UnicodeDecodeError)
SET_ASIDE = "a running collector sets it aside and begins a new one: let it, or start one"
# What SQLite and Python say of a file whose bytes are not what was written.
_DAMAGED = (
    *("malformed", "not a database", "unsupported file format"),
    *("no such table", "no such column", "no such index"),
)


def translated(error: sqlite3.Error | UnicodeDecodeError) -> StoreUnavailableError:
    """SQLite's error as one of ours. Its codes are not to be had before Python 3.11."""
    text = str(error)
    if isinstance(error, UnicodeDecodeError) or "Could not decode" in text:
        text = "malformed text"  # the message would quote it, or tried to
    kind: type[StoreUnavailableError]
    if "is full" in text:
        kind, advice = StoreFullError, "free some space; nothing acknowledged is lost"
    elif any(each in text for each in _DAMAGED):
        kind, advice = SpoolDamagedError, SET_ASIDE
    else:
        kind, advice = StoreUnavailableError, "check the disk; nothing acknowledged is lost"
    found = kind(f"the spool cannot be read or written: {text}", advice)
    found.__cause__ = error
    return found
