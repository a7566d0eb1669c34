"""The current time and its text form."""

from __future__ import annotations

from datetime import datetime, timezone

ISO = "%Y-%m-%dT%H:%M:%SZ"


def utc_now() -> datetime:
    """The current time, aware, in UTC."""
    return datetime.now(timezone.utc)


def iso(moment: datetime) -> str:
    """Write an aware time as ISO 8601 in UTC, to the second."""
    return moment.astimezone(timezone.utc).strftime(ISO)
