"""Parse the header Retry-After in both its forms (RFC 9110, 10.2.3)."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

LONGEST = timedelta(days=366)  # more means "never"; and dates must not overflow
_SECONDS = re.compile(r"[0-9]+")
_DIGITS = 9


def asked_to_wait(value: str, now: datetime) -> timedelta | None:
    """Parse the header.

    Args:
        value: seconds, or an HTTP date; from the network, so it may be anything.
        now: the time (aware).

    Returns:
        how long to wait, 0 to 366 days; None when the value is invalid.
    """
    value = value.strip()
    if _SECONDS.fullmatch(value):
        return min(timedelta(seconds=int(value[-_DIGITS:])), LONGEST) if _short(value) else LONGEST
    try:
        then = parsedate_to_datetime(value)
        if then.tzinfo is None:  # "-0000": a time in UTC, of an unknown zone
            then = then.replace(tzinfo=timezone.utc)
        return min(max(then - now, timedelta()), LONGEST)
    except (ValueError, OverflowError, TypeError):
        return None


def _short(digits: str) -> bool:
    return len(digits.lstrip("0")) <= _DIGITS
