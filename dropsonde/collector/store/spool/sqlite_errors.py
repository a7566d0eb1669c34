"""Translate SQLite's errors to this program's."""

from __future__ import annotations

import sqlite3

from dropsonde.common.errors import SpoolDamagedError, StoreFullError, StoreUnavailableError

FAULTS = (sqlite3.Error, UnicodeDecodeError)
SET_ASIDE = "a running collector sets it aside and begins a new one: let it, or start one"
# Parts of the messages of SQLite and Python for a damaged file.
_DAMAGED = (
    *("malformed", "not a database", "unsupported file format"),
    *("no such table", "no such column", "no such index"),
)


def translated(error: sqlite3.Error | UnicodeDecodeError) -> StoreUnavailableError:
    """Translate SQLite's error by its text: Python before 3.11 does not give its code."""
    text = str(error)
    if isinstance(error, UnicodeDecodeError) or "Could not decode" in text:
        text = "malformed text"  # the original message may quote it
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
