"""Compute when the next scheduled submission is due.

Every site has its own fixed slot in the interval, derived from its id, which spreads all sites
evenly over all seven days. The first submission is due at once; later ones at the first slot a
whole interval after the last delivery, or as soon after that slot as the server runs again.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from datetime import datetime, timedelta, timezone

# A delivery after its slot, due to the random sleep and a slow endpoint, must not delay the next
# one by a whole interval.
LATE_AT_MOST = timedelta(hours=2)


def next_due(
    last: datetime | None, site_id: str, interval: timedelta, *, slot: bool = True
) -> datetime | None:
    """The time when the next submission is due (UTC); None means at once.

    Args:
        last: the last delivery; None before the first.
        site_id: determines the site's slot.
        interval: time between two deliveries.
        slot: False for a scheduler that checks only once per interval: it would miss every other
            slot.
    """
    if last is None:
        return None
    earliest = last + interval - min(LATE_AT_MOST, interval / 10)
    if not slot:
        return earliest.astimezone(timezone.utc)
    seconds = max(1, int(interval.total_seconds()))
    offset = int.from_bytes(hashlib.sha256(f"slot {site_id}".encode()).digest(), "big") % seconds
    rounds = -((offset - int(earliest.timestamp())) // seconds)  # rounded up
    return datetime.fromtimestamp(offset + rounds * seconds, timezone.utc)


def is_due(due: datetime | None, now: datetime) -> bool:
    """Whether a submission is due; a missed slot is still due later."""
    return due is None or now >= due


def step_back() -> None:
    """Give all other processes priority for the processor and the disk."""
    try:
        # Linux also puts a process of the processor's idle class into the disk's idle class.
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    except (AttributeError, OSError):
        os.nice(19)


def splay(seconds: int, random: Callable[[], float]) -> float:
    """Seconds to sleep before a submission, to spread the sites of one slot."""
    return seconds * random()
