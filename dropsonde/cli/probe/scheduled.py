"""A submission by the schedule: when it is due, and of what this site has agreed to alone."""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from dropsonde.cli.probe.sending import lacking_columns, lock, open_outbox, outcome, send
from dropsonde.common.errors import NotOptedInError
from dropsonde.delivery import consent, schedule
from dropsonde.delivery.outbox import Outbox, Place
from dropsonde.delivery.submission import content, last_delivery
from dropsonde.report.probe import utc_now
from dropsonde.settings.options import ACCEPT_ALL

if TYPE_CHECKING:
    from dropsonde.cli.probe.run import Run
    from dropsonde.delivery.consent import Consent
    from dropsonde.delivery.outbox import Entry
    from dropsonde.report.probe import Probe


def submit_scheduled(this: Run, probe: Probe) -> int:
    """A submission by the schedule: when it is due, and of accepted columns alone."""
    if not _is_due(this, probe):
        return 0
    _require_opt_in(this)
    schedule.step_back()
    if sys.stdin is None or not sys.stdin.isatty():
        # Without the lock: nobody has to wait for a sleeper.
        time.sleep(schedule.splay(probe.settings.splay, random.random))
    with lock(probe):
        if not _is_due(this, probe):  # any more: somebody submitted meanwhile
            return 0
        _require_opt_in(this)
        return _submit_agreed(this, probe)


def _submit_agreed(this: Run, probe: Probe) -> int:
    """Send what waits and a report of now, both of accepted columns alone; the lock is held."""
    outbox, agreed, now = open_outbox(probe), _agreed(probe), utc_now()
    since = agreed.since.replace(microsecond=0)

    def may_go(entry: Entry, data: bytes) -> bool:
        found = content(data)
        return entry.made >= since and found is not None and found.columns <= agreed.accepted

    lacking = None
    # What waits already stands for this interval: a broken endpoint must not pile up reports.
    if not _waits(outbox, probe, may_go, now):
        report = probe.report()
        lacking = lacking_columns(this, probe, report)
        if lacking is None:
            outbox.add(report.reduced(agreed.accepted).to_bytes(), utc_now())
    sent = send(probe, outbox, may_go)
    if sent.delivered:
        size = sum(entry.size for entry, _ in sent.delivered)
        line = (
            f"delivered {len(sent.delivered)} report(s), {size:,} bytes, to {probe.endpoint_shown}"
        )
        due = _next_due(this, probe)
        this.write_lines([f"{line}; the next one is due {due:%Y-%m-%d %H:%M} UTC" if due else line])
    return outcome(sent, outbox, lacking)


def _require_opt_in(this: Run) -> None:
    """Under Puppet Server, which exports where its configuration is, that decides.

    Raises:
        NotOptedInError: it does not say clearly that reports may be sent.
    """
    if this.environ.get("CONFIG"):
        from dropsonde_puppetserver.server import read_server  # parses HOCON; only who sends does

        conf = read_server(this.environ).conf
        if conf is not None and not conf.opt_in.enabled:
            raise NotOptedInError(f"nothing is sent: {conf.opt_in.where}", conf.opt_in.why)


def _agreed(probe: Probe) -> Consent:
    """The consent, written down at the first submission."""
    now = utc_now()
    agreed = consent.read(probe.cachepath)
    if agreed is None or probe.settings.accept == ACCEPT_ALL:
        return consent.accept(probe.cachepath, probe.columns, now, agreed)
    if agreed.since > now:
        return consent.accept(probe.cachepath, (), now, agreed)
    return agreed


def _next_due(this: Run, probe: Probe) -> datetime | None:
    last = last_delivery(Outbox(probe.cachepath), probe.site_id, utc_now())
    interval = timedelta(seconds=probe.settings.interval)
    return schedule.next_due(last, probe.site_id, interval, slot=this.arguments.slot)


def _is_due(this: Run, probe: Probe) -> bool:
    return schedule.is_due(_next_due(this, probe), utc_now())


def _waits(
    outbox: Outbox, probe: Probe, may_go: Callable[[Entry, bytes], bool], now: datetime
) -> bool:
    """Whether a report of this site that was made in this interval waits to go."""
    for entry in outbox.entries(Place.OUTBOX):
        data = outbox.read(Place.OUTBOX, entry)
        found = content(data)
        young = now - entry.made < timedelta(seconds=probe.settings.interval)
        if young and may_go(entry, data) and found and found.site_id == probe.site_id:
            return True
    return False
