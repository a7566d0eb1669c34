"""What of a site's submissions needs attention, and how badly."""

from __future__ import annotations

import enum
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from dropsonde.common.clock import utc_now
from dropsonde.common.errors import ConfigError
from dropsonde.delivery import consent, schedule
from dropsonde.delivery.outbox import Outbox, Place
from dropsonde.delivery.submission import last_delivery
from dropsonde.report.recipient import recipient
from dropsonde_puppetserver.authority import refusal

if TYPE_CHECKING:
    from dropsonde.delivery.consent import Consent
    from dropsonde.report.probe import Probe
    from dropsonde.report.recipient import Recipient
    from dropsonde_puppetserver.authority import Authority
    from dropsonde_puppetserver.confd import ServerConf
    from dropsonde_puppetserver.server import Server
    from dropsonde_puppetserver.switch import Off

# A report may wait so long for an endpoint that fails, without a warning.
OVERDUE = timedelta(days=2)


class Level(enum.IntEnum):
    """How bad a state is; the numbers are the exit codes of monitoring plugins."""

    OK = 0
    WARNING = 1
    CRITICAL = 2
    UNKNOWN = 3


class Attention(NamedTuple):
    """Something that needs attention; its level is WARNING, CRITICAL or UNKNOWN.

    CRITICAL means that nothing is sent although it should be, until somebody does something.
    """

    level: Level
    what: str


def worst(found: Sequence[Attention]) -> Level:
    """The level of a state as a whole; what is known to be bad counts more than the unknown."""
    levels = {each.level for each in found}
    order = (Level.CRITICAL, Level.UNKNOWN, Level.WARNING)
    return next((level for level in order if level in levels), Level.OK)


@dataclass(frozen=True)
class Look:
    """What was read, once, to say more about it.

    Attributes:
        unreadable: why the consent cannot be read; empty where it can, or there is none.
        interval: seconds.
        last: the last delivery; None before the first.
        due: when the next is due; None for at once.
    """

    probe: Probe
    host: Server
    authority: Authority | None
    off: Off | None
    now: datetime
    outbox: Outbox
    agreed: Consent | None
    unreadable: str
    to: Recipient
    interval: int
    last: datetime | None
    due: datetime | None

    @property
    def server(self) -> ServerConf | None:
        """Puppet Server's configuration; None without one."""
        return self.host.conf

    @property
    def enabled(self) -> bool | None:
        """Whether it opts in; None without a Puppet Server."""
        return self.server.opt_in.enabled if self.server else None


def look_at(probe: Probe, host: Server, authority: Authority | None, off: Off | None) -> Look:
    """Read the state; the arguments are those of :func:`dropsonde.report.status.state`."""
    outbox, now, unreadable = Outbox(probe.cachepath), utc_now(), ""
    try:
        agreed = consent.read(probe.cachepath)
    except ConfigError as error:
        agreed, unreadable = None, error.what
    interval = _interval(probe, host.conf)
    site_id = probe.known_site_id  # none before the first report, and then nothing was sent
    last = last_delivery(outbox, site_id, now) if site_id else None
    return Look(
        probe=probe,
        host=host,
        authority=authority,
        off=off,
        now=now,
        outbox=outbox,
        agreed=agreed,
        unreadable=unreadable,
        to=recipient(probe, agreed),
        interval=interval,
        last=last,
        due=schedule.next_due(last, site_id or "", timedelta(seconds=interval)),
    )


def _interval(probe: Probe, server: ServerConf | None) -> int:
    """Seconds: Puppet Server's setting overrides telemetry.yaml's, as on schedule."""
    given = probe.settings.sources["interval"] == "command line"
    if server is None or server.interval is None or given:
        return probe.settings.interval
    return server.interval


def attention(look: Look) -> list[Attention]:
    """All that needs attention."""
    return [*_of_the_configuration(look), *_of_the_delivery(look)]


def _of_the_configuration(look: Look) -> Iterator[Attention]:
    server = look.server
    if look.unreadable:
        yield Attention(Level.CRITICAL, look.unreadable)
    if look.off is not None and not look.off.certain:
        yield Attention(Level.UNKNOWN, look.off.why)
    if server is not None and server.opt_in.problem:
        what = "Puppet Server's configuration does not clearly say yes or no"
        yield Attention(Level.WARNING, what)
    if server is not None and server.interval_fault:
        yield Attention(Level.WARNING, server.interval_fault)
    if not look.enabled or look.off is not None:
        return
    for fault in look.host.unknown.values():  # each ends a scheduled run
        yield Attention(Level.CRITICAL, fault)
    refused = refusal(look.authority, shares_id=look.probe.settings.shares_id)
    if refused is not None:
        yield Attention(Level.WARNING, str(refused))


def _of_the_delivery(look: Look) -> Iterator[Attention]:
    late = _late(look)
    if late > OVERDUE:
        far = late > max(OVERDUE, timedelta(seconds=look.interval))
        level = Level.CRITICAL if far else Level.WARNING
        yield Attention(level, "a scheduled submission is overdue")
    if look.outbox.entries(Place.QUARANTINE):
        yield Attention(Level.WARNING, "a report was refused")
    if look.off is not None:
        return
    waiting = look.outbox.entries(Place.OUTBOX)
    if waiting and look.now - waiting[0].made > OVERDUE:
        yield Attention(Level.WARNING, f"a report has waited for more than {OVERDUE.days} days")
    if look.to.endpoint is None and look.enabled:
        what = "reports are enabled, but there is no endpoint, so nothing is sent"
        yield Attention(Level.CRITICAL, what)
    if look.to.changed:
        what = "who runs the endpoint has changed, so nothing is sent on schedule"
        yield Attention(Level.CRITICAL, what)


def _late(look: Look) -> timedelta:
    """How long a schedule that was started, and not switched off, has not run."""
    if look.agreed is None or look.enabled is False or look.off is not None:
        return timedelta(0)
    return look.now - (look.due or look.agreed.since)
