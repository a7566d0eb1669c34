"""``dropsonde submit``: send a report of this site, exactly as preview shows it."""

from __future__ import annotations

import hashlib
import json
import random
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from dropsonde import consent, schedule
from dropsonde.errors import BusyError, DeliveryError, FileError, IncompleteError, UsageError
from dropsonde.files import locked, private_directory, read_bounded, write_atomically
from dropsonde.options import ACCEPT_ALL
from dropsonde.outbox import OUTBOX_BYTES, Outbox, Place
from dropsonde.probe import Probe, utc_now
from dropsonde.submission import Sent, last_delivery, receipt_of, send_waiting

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from dropsonde.cli.run import Run
    from dropsonde.report import Report


def run(this: Run) -> int:
    """Send, or do what stands in for it; one submission at a time."""
    probe = Probe(this.settings, this.environ)
    if this.arguments.output is not None:
        report = probe.report()
        if (lacking := _lacking(this, report)) is not None:
            raise lacking
        data = report.to_bytes()
        write_atomically(Path(this.arguments.output), data, mode=0o644)
        this.write_lines([f"wrote {len(data):,} bytes to {this.arguments.output}"])
        return 0
    private_directory(probe.cachepath)
    with locked(probe.cachepath / "submit.lock", wait=False) as held:
        if not held:
            raise BusyError("another submission is running", "wait for its end; nothing was done")
        if this.arguments.scheduled:
            return _scheduled(this, probe)
        return _submit(this, probe)


def _submit(this: Run, probe: Probe) -> int:
    """A submission by hand: all that preview shows, now."""
    outbox = _outbox(probe)
    lacking = None
    if this.arguments.input is not None:
        data = _carried(Path(this.arguments.input))
    else:
        report = probe.report()
        lacking = _lacking(this, report)
        data = report.to_bytes()
    if this.arguments.dry_run:
        key = hashlib.sha256(data).hexdigest()
        waiting = len(outbox.entries(Place.OUTBOX))
        line = f"would send {len(data):,} bytes to {probe.endpoint_shown} (idempotency key {key})"
        this.write_lines([f"{line}, after {waiting} waiting" if waiting else line])
        return _outcome(Sent(), outbox, lacking)
    if lacking is None:
        outbox.add(data, utc_now())
    sent = _send(probe, outbox)
    this.write_lines(_told(sent, probe))
    return _outcome(sent, outbox, lacking)


def _scheduled(this: Run, probe: Probe) -> int:
    """A submission by the schedule: when it is due, and of accepted columns alone."""
    now = utc_now()
    agreed = consent.read(probe.cachepath)
    every = probe.settings.accept == ACCEPT_ALL and agreed and set(probe.columns) - agreed.accepted
    if agreed is None or every:
        agreed = consent.accept(probe.cachepath, probe.columns, now, agreed)
    interval = timedelta(seconds=probe.settings.interval)
    last = last_delivery(Outbox(probe.cachepath))
    if not schedule.is_due(schedule.next_due(last, probe.site_id, interval), now):
        return 0
    schedule.step_back()
    if sys.stdin is None or not sys.stdin.isatty():
        time.sleep(schedule.splay(probe.settings.splay, random.random))
    outbox = _outbox(probe)
    since = agreed.since.replace(microsecond=0)
    waiting = [entry.made for entry in outbox.entries(Place.OUTBOX) if entry.made >= since]
    lacking = None
    # What waits already stands for this interval: a broken endpoint must not pile up reports.
    if not waiting or now - waiting[-1] >= interval:
        report = probe.report()
        lacking = _lacking(this, report)
        if lacking is None:
            outbox.add(report.reduced(agreed.accepted).to_bytes(), utc_now())
    sent = _send(probe, outbox, since)
    if sent.delivered:
        size = sum(entry.size for entry, _ in sent.delivered)
        due = schedule.next_due(last_delivery(outbox), probe.site_id, interval)
        line = (
            f"delivered {len(sent.delivered)} report(s), {size:,} bytes, to {probe.endpoint_shown}"
        )
        this.write_lines([f"{line}; the next one is due {due:%Y-%m-%d %H:%M} UTC" if due else line])
    return _outcome(sent, outbox, lacking)


def _send(probe: Probe, outbox: Outbox, since: datetime | None = None) -> Sent:
    memory = probe.cachepath / "endpoint.json"
    known = read_bounded(memory) == _plain(probe)
    delivery = probe.delivery(wants_plain=known)
    try:
        return send_waiting(
            outbox,
            delivery,
            lambda status, answer: receipt_of(probe.endpoint_shown, utc_now(), status, answer),
            since,
        )
    finally:
        if delivery.wants_plain and not known:
            write_atomically(memory, _plain(probe))
        outbox.prune(utc_now())


def _plain(probe: Probe) -> bytes:
    """What is remembered of an endpoint that takes no gzip."""
    return json.dumps({"wants_plain": probe.endpoint_shown}).encode() + b"\n"


def _outcome(sent: Sent, outbox: Outbox, lacking: IncompleteError | None) -> int:
    """What to tell of a run that did not do all it should: the worst first."""
    if sent.refused is not None:
        raise sent.refused
    if sent.undelivered is not None:
        waiting = len(outbox.entries(Place.OUTBOX))
        what = f"{sent.undelivered.what}; {waiting} report(s) wait and go first next time"
        raise DeliveryError(what, sent.undelivered.advice) from sent.undelivered
    if lacking is not None:
        raise lacking
    return 0


def _told(sent: Sent, probe: Probe) -> Iterable[str]:
    """What the endpoint said."""
    for entry, answer in sent.delivered:
        yield f"delivered {entry.size:,} bytes to {probe.endpoint_shown} (status {answer.status})"
        if answer.message:
            yield answer.message
        if answer.newer:
            yield f"A newer version is available: {answer.newer}"


def _lacking(this: Run, report: Report) -> IncompleteError | None:
    """Why the report is not to be sent; None when it is whole, or --partial was given."""
    if not report.faults or this.arguments.partial:
        return None
    return IncompleteError(
        f"the report is incomplete and was not sent: {report.faults[0]}",
        "it is tried again next time; --partial sends what there is",
    )


def _carried(file: Path) -> bytes:
    """A report that --output wrote on another machine."""
    data = read_bounded(file, OUTBOX_BYTES)
    if data is None:
        raise FileError(f"{file}: cannot be read", "--input takes a file that --output wrote")
    try:
        document = json.loads(data)
        document["self-service-analytics"]["snapshots"]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise UsageError(f"{file}: not a report", "--input takes what --output wrote") from error
    return data


def _outbox(probe: Probe) -> Outbox:
    outbox = Outbox(probe.cachepath)
    outbox.recover()
    outbox.prune(utc_now())  # what is too old to be sent is not sent after a long downtime either
    return outbox
