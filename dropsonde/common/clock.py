"""The time of day."""

from __future__ import annotations

from datetime import datetime, timezone


def utc_now() -> datetime:
    """The time, aware, in UTC."""
    return datetime.now(timezone.utc)
