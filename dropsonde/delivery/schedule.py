"""When the next scheduled submission is due.

Every site has a slot of its own in the interval, made from its id: it stays the same, and all sites
together are spread evenly over all seven days. The first submission is due at once; the later ones
at the first slot that comes a whole interval after the last delivery, or as soon after it as the
server runs again.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from datetime import datetime, timedelta, timezone

# A delivery some time after its slot, for the random sleep and a slow endpoint, must not put the
# next one off to the slot after next.
LATE_AT_MOST = timedelta(hours=2)


def next_due(
    last: datetime | None, site_id: str, interval: timedelta, *, slot: bool = True
) -> datetime | None:
    """When the next submission is due (UTC); None means at once.

    Args:
        last: the last delivery; None before the first.
        site_id: what the site's slot is made from.
        interval: between two deliveries.
        slot: False for a scheduler that looks only once an interval itself: it would miss every
            other one.
    """
    if last is None:
        return None
    earliest = last + interval - min(LATE_AT_MOST, interval / 10)
    if not slot:
        return earliest.astimezone(timezone.utc)
    seconds = max(1, int(interval.total_seconds()))
    place = int.from_bytes(hashlib.sha256(f"slot {site_id}".encode()).digest(), "big") % seconds
    rounds = -((place - int(earliest.timestamp())) // seconds)  # rounded up
    return datetime.fromtimestamp(place + rounds * seconds, timezone.utc)


def is_due(due: datetime | None, now: datetime) -> bool:
    """Whether it is time; a slot that was missed is made up for."""
    return due is None or now >= due


def step_back() -> None:
    """Let everything else on this machine go first, for the processor and for the disk."""
    try:
        # Linux gives the disk's idle class to whatever runs in the processor's idle class.
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    except (AttributeError, OSError):
        os.nice(19)


def splay(seconds: int, random: Callable[[], float]) -> float:
    """How long to sleep first, in seconds, so that sites of one slot do not come together."""
    return seconds * random()
