"""A submission by the schedule: when it is due, and of what this site has agreed to alone."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from dropsonde.delivery import consent, schedule
from dropsonde.delivery.submission import Made, Sent, Submission, Waiting, last_delivery

if TYPE_CHECKING:
    from dropsonde.delivery.consent import Consent
    from dropsonde.delivery.outbox import Outbox


@dataclass(frozen=True)
class Site:
    """Whose reports these are, and when they are due.

    Attributes:
        site_id: 128 hexadecimal digits.
        cachepath: where its consent is.
        columns: gives the names of today's columns; asked only where they are needed.
        accept_all: whether every column counts as accepted.
        interval: between two deliveries.
        slot: whether the site has a slot of its own; False for a scheduler that looks only once an
            interval.
        splay: seconds to sleep at most before a submission.
        opted_in: raises an error where submissions are not enabled any more.
    """

    site_id: str
    cachepath: Path
    columns: Callable[[], Iterable[str]]
    accept_all: bool
    interval: timedelta
    slot: bool
    splay: int
    opted_in: Callable[[], None]


def next_due(outbox: Outbox, site: Site, now: datetime) -> datetime | None:
    """When the next submission is due (UTC); None means at once."""
    last = last_delivery(outbox, site.site_id, now)
    return schedule.next_due(last, site.site_id, site.interval, slot=site.slot)


def submit_due(
    submission: Submission,
    site: Site,
    make: Callable[[Collection[str]], Made],
    *,
    sleeps: bool,
) -> Sent | None:
    """Submit if it is time.

    Args:
        submission: of the site's cache path.
        site: whose reports these are.
        make: makes a report of now with these columns alone.
        sleeps: whether to sleep first; not when a person waits.

    Returns:
        what was achieved; None when nothing is due.

    Raises:
        NotOptedInError: the configuration does not say clearly that reports may be sent.
    """

    def is_due() -> bool:
        now = submission.clock()
        return schedule.is_due(next_due(submission.outbox, site, now), now)

    if not is_due():
        return None
    site.opted_in()
    schedule.step_back()
    if sleeps:  # without the lock: nobody has to wait for a sleeper
        time.sleep(schedule.splay(site.splay, random.random))
    with submission.locked():
        if not is_due():  # any more: somebody submitted meanwhile
            return None
        site.opted_in()
        return _submit_agreed(submission, site, make)


def _submit_agreed(
    submission: Submission, site: Site, make: Callable[[Collection[str]], Made]
) -> Sent:
    """Send what waits and a report of now, both of accepted columns alone; the lock is held."""
    now = submission.clock()
    agreed = _agreed(site, now)
    waiting = [each for each in submission.waiting() if _may_go(each, agreed)]
    lacking = None
    # What waits already stands for this interval: a broken endpoint must not pile up reports.
    if not any(_is_of_interval(each, site, now) for each in waiting):
        made = make(agreed.accepted)
        lacking = made.lacking
        if lacking is None:
            waiting.append(submission.add(made.data))
    return replace(submission.send(waiting), lacking=lacking)


def _may_go(each: Waiting, agreed: Consent) -> bool:
    """Whether a report was made since the opt-in, and holds accepted columns alone."""
    since = agreed.since.replace(microsecond=0)
    known = each.content
    return each.entry.made >= since and known is not None and known.columns <= agreed.accepted


def _is_of_interval(each: Waiting, site: Site, now: datetime) -> bool:
    """Whether a report is this site's, and was made in this interval."""
    known = each.content
    young = now - each.entry.made < site.interval
    return young and known is not None and known.site_id == site.site_id


def _agreed(site: Site, now: datetime) -> Consent:
    """The consent, written down at the first submission."""
    agreed = consent.read(site.cachepath)
    if agreed is None or site.accept_all:
        return consent.accept(site.cachepath, site.columns(), now, agreed)
    if agreed.since > now:
        return consent.accept(site.cachepath, (), now, agreed)
    return agreed
