"""Submit on schedule: only when due, and only what this site has agreed to."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from dropsonde.common.errors import DeliveryError, OperatorChangedError
from dropsonde.delivery import consent, schedule
from dropsonde.delivery.outbox import Place
from dropsonde.delivery.submission import Made, Sent, Submission, Waiting, last_delivery

if TYPE_CHECKING:
    from dropsonde.delivery.consent import Consent
    from dropsonde.delivery.outbox import Outbox
    from dropsonde.delivery.submission import Endpoint


@dataclass(frozen=True)
class Site:
    """The site whose reports are sent, and its schedule.

    Attributes:
        site_id: 128 hexadecimal digits.
        cachepath: the directory of its consent.
        columns: returns the names of today's columns; called only when needed.
        accept_all: whether every column counts as accepted.
        interval: time between two deliveries.
        slot: whether the site has its own slot; False for a scheduler that checks only once per
            interval.
        splay: longest sleep before a submission, in seconds.
        opted_in: raises an error when submissions are no longer enabled.
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
    """The time when the next submission is due (UTC); None means at once."""
    last = last_delivery(outbox, site.site_id, now)
    return schedule.next_due(last, site.site_id, site.interval, slot=site.slot)


def submit_due(
    submission: Submission,
    site: Site,
    make: Callable[[Collection[str]], Made],
    *,
    sleeps: bool,
) -> Sent | None:
    """Submit if a submission is due.

    Args:
        submission: the submission of the site's cache path.
        site: the site.
        make: makes a new report with only these columns.
        sleeps: whether to sleep first; not when a person waits.

    Returns:
        the result; None when nothing is due.

    Raises:
        NotOptedInError: the configuration does not clearly allow sending reports.
        OperatorChangedError: the endpoint is run by another operator than was accepted.
    """

    def is_due() -> bool:
        now = submission.clock()
        return schedule.is_due(next_due(submission.outbox, site, now), now)

    if not is_due():
        return None
    site.opted_in()
    schedule.step_back()
    if sleeps:  # without the lock, so that no other run has to wait
        time.sleep(schedule.splay(site.splay, random.random))
    with submission.locked():
        if not is_due():  # another run submitted meanwhile
            return None
        site.opted_in()
        return _submit_agreed(submission, site, make)


def _submit_agreed(
    submission: Submission, site: Site, make: Callable[[Collection[str]], Made]
) -> Sent:
    """Send waiting reports and a new one, with accepted columns only; the caller holds the lock."""
    now = submission.clock()
    agreed = _agreed(site, now)
    unknown: DeliveryError | None = None
    try:
        agreed = _to(submission.endpoint, site, now, agreed)
    except DeliveryError as error:  # nothing is sent to an unknown operator
        unknown = error
    waiting = [each for each in submission.waiting() if _may_go(each, agreed)]
    lacking = None
    # A waiting report of this interval replaces a new one: a broken endpoint must not make reports
    # pile up.
    if not any(_is_of_interval(each, site, now) for each in waiting):
        made = make(agreed.accepted)
        lacking = made.lacking
        if lacking is None:
            waiting = submission.add(made.data, waiting)
    if unknown is not None:
        left = len(submission.outbox.entries(Place.OUTBOX))
        return Sent(undelivered=unknown, lacking=lacking, waiting=left)
    return replace(submission.send(waiting), lacking=lacking)


def _to(endpoint: Endpoint, site: Site, now: datetime, agreed: Consent) -> Consent:
    """Ask the endpoint who runs it, before anything is sent; the first submission accepts that.

    Raises:
        OperatorChangedError: it is another operator than was accepted.
        DeliveryError: the endpoint cannot be asked now, which is no change.
    """
    operator = endpoint.about().operator
    if agreed.refuses(operator):
        was, now_is = (_named(name) for name in (agreed.operator, operator))
        raise OperatorChangedError(
            f"{endpoint.shown}: was run by {was}, is now run by {now_is}; nothing was sent",
            "look at `dropsonde status`; if you agree, run `dropsonde accept`",
        )
    if agreed.operator is None:
        return consent.accept(site.cachepath, (), now, agreed, operator)
    return agreed


def _named(operator: str | None) -> str:
    return f'"{operator}"' if operator else "nobody that it names"


def _may_go(each: Waiting, agreed: Consent) -> bool:
    """Whether a report was made since the opt-in, and holds only accepted columns."""
    since = agreed.since.replace(microsecond=0)
    known = each.content
    return each.entry.made >= since and known is not None and known.columns <= agreed.accepted


def _is_of_interval(each: Waiting, site: Site, now: datetime) -> bool:
    """Whether this site made the report in this interval."""
    known = each.content
    young = now - each.entry.made < site.interval
    return young and known is not None and known.site_id == site.site_id


def _agreed(site: Site, now: datetime) -> Consent:
    """Read the consent; the first submission writes it."""
    agreed = consent.read(site.cachepath)
    if agreed is None or site.accept_all:
        return consent.accept(site.cachepath, site.columns(), now, agreed)
    if agreed.since > now:
        return consent.accept(site.cachepath, (), now, agreed)
    return agreed
