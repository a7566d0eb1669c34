"""``dropsonde submit``: send a report of this site, exactly as preview shows it."""

from __future__ import annotations

import hashlib
import logging
import sys
from collections.abc import Callable, Collection, Iterable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from dropsonde.cli.probe.gathering import probing, reading_releases
from dropsonde.common.clock import utc_now
from dropsonde.common.errors import (
    DeliveryError,
    DropsondeError,
    FileError,
    IncompleteError,
    NotOptedInError,
    UsageError,
)
from dropsonde.common.files import read_file, write_atomically
from dropsonde.delivery.outbox import OUTBOX_BYTES, Place
from dropsonde.delivery.scheduled import Site, next_due, submit_due
from dropsonde.delivery.submission import Endpoint, Made, Sent, Submission
from dropsonde.protocol.report import content
from dropsonde.settings.options import ACCEPT_ALL
from dropsonde_puppetserver.authority import read_authority, refusal, warning

if TYPE_CHECKING:
    from dropsonde.cli.probe.run import Run
    from dropsonde.report.probe import Probe

log = logging.getLogger(__name__)


def run(this: Run) -> int:
    """Send, or handle --output, --dry-run, --demo."""
    this.require_switched_on()
    if this.arguments.demo:
        return _submit_demo(this)
    if this.arguments.scheduled:
        return _submit_due(this)
    if this.arguments.input is None:
        _warn_of_another_site(this)
    if this.arguments.output is not None:
        return _write(this)
    submission = _submission(this.probe)
    with submission.locked():
        made = _made(this, this.probe)
        if this.arguments.dry_run:
            sent = _not_sent(this, submission, made)
        else:
            _tell_operator(this, submission)
            sent = submission.submit(made)
            this.write_lines(_told(sent, this.probe))
    return _ended(sent)


def _submission(probe: Probe) -> Submission:
    endpoint = Endpoint(
        probe.endpoint_shown, lambda plain: probe.delivery(wants_plain=plain), probe.about
    )
    return Submission(probe.cachepath, utc_now, endpoint)


def _tell_operator(this: Run, submission: Submission) -> None:
    """Print who runs the endpoint, before anything is sent there."""
    try:
        about = submission.endpoint.about()
    except DeliveryError:
        return  # the delivery meets the same fault, and explains it
    if about.operator:
        this.write_lines([f"{submission.endpoint.shown} is run by {about.said()}"])


def _ended(sent: Sent) -> int:
    if sent.fault is not None:
        raise sent.fault
    return 0


def _submit_demo(this: Run) -> int:
    """Send a made-up report, to try an endpoint; nothing of this site is read, kept or sent."""
    if "endpoint" not in this.given:
        raise UsageError(
            "submit --demo: no endpoint is named",
            "try your own with --endpoint http://127.0.0.1:8080",
        )
    with probing(this) as probe:
        submission = _submission(probe)
        with submission.locked():
            sent = submission.submit(Made(probe.report().to_bytes()))
    this.write_lines(_told(sent, probe))
    fault = sent.refused or sent.undelivered
    if fault is not None:
        fault.advice = "nothing is kept of a made-up report; try it again"
        raise fault
    return 0


def _write(this: Run) -> int:
    """Write the report where --output says, to be carried to another machine."""
    made = _gathered(this, this.probe)
    if made.lacking is not None:
        raise made.lacking
    if this.arguments.output == "-":
        this.write([made.data])
        return 0
    write_atomically(Path(this.arguments.output), made.data, mode=0o644)
    this.write_lines([f"wrote {len(made.data):,} bytes to {this.arguments.output}"])
    return 0


def _submit_due(this: Run) -> int:
    """Submit on schedule: only when it is due, and only accepted columns."""
    probe = this.probe
    # Before the site gets a seed of its own.
    refused = refusal(read_authority(this.environ), shares_id=this.settings.shares_id)
    if refused is not None:
        raise refused
    opted_in = _opted_in(this)
    if probe.known_site_id is None:  # the first submission, which is due
        opted_in()
    submission, site = _submission(probe), _site(this, probe, opted_in)
    sent = submit_due(
        submission,
        site,
        lambda columns: _gathered(this, probe, columns),
        sleeps=sys.stdin is None or not sys.stdin.isatty(),
    )
    if sent is None:
        return 0
    if sent.delivered:
        size = sum(entry.size for entry, _ in sent.delivered)
        count = len(sent.delivered)
        line = f"delivered {count} report(s), {size:,} bytes, to {probe.endpoint_shown}"
        due = next_due(submission.outbox, site, utc_now())
        this.write_lines([f"{line}; the next one is due {due:%Y-%m-%d %H:%M} UTC" if due else line])
    return _ended(sent)


def _warn_of_another_site(this: Run) -> None:
    """Warn on a server that may be one of several of its site and shares no seed with them."""
    try:
        told: DropsondeError | None = warning(
            read_authority(this.environ), shares_id=this.settings.shares_id
        )
    except FileError as error:  # its files are another user's, whom root cannot become here
        told = error
    if told is not None:
        log.warning("%s", told)


def _site(this: Run, probe: Probe, opted_in: Callable[[], None]) -> Site:
    return Site(
        site_id=probe.site_id,
        cachepath=probe.cachepath,
        columns=lambda: probe.columns,
        accept_all=probe.settings.accept == ACCEPT_ALL,
        interval=timedelta(seconds=probe.settings.interval),
        slot=this.arguments.slot,
        splay=probe.settings.splay,
        opted_in=opted_in,
    )


def _opted_in(this: Run) -> Callable[[], None]:
    """The switch first; under Puppet Server, which exports CONFIG, its configuration decides."""

    def check() -> None:
        this.require_switched_on()
        if this.environ.get("CONFIG"):
            # Parses HOCON, so it is imported only to send.
            from dropsonde_puppetserver.server import read_server

            conf = read_server(this.environ).conf
            if conf is not None and not conf.opt_in.enabled:
                raise NotOptedInError(f"nothing is sent: {conf.opt_in.where}", conf.opt_in.why)

    return check


def _made(this: Run, probe: Probe) -> Made:
    """The report to send manually: a new one, or one from --input."""
    if this.arguments.input is not None:
        return Made(_carried(this.arguments.input))
    return _gathered(this, probe)


def _gathered(this: Run, probe: Probe, columns: Collection[str] | None = None) -> Made:
    """A new report, of these columns alone; by default all that preview shows."""
    if this.arguments.output is None and not this.arguments.dry_run:
        probe.refresh_vocabulary()  # only who sends asks the endpoint
    with reading_releases(probe):
        report = probe.report()
    faults = report.faults
    if not probe.public.forge_list.slugs:  # every module of this site was withheld
        faults = ("there is no list of public modules yet", *faults)
    lacking = None
    if faults and not this.arguments.partial:
        lacking = IncompleteError(
            f"the report is incomplete and was not sent: {faults[0]}",
            "it is tried again next time; --partial sends what there is",
        )
    if columns is not None:
        report = report.reduced(columns)
    return Made(report.to_bytes(), lacking)


def _not_sent(this: Run, submission: Submission, made: Made) -> Sent:
    """Print what a submission would send."""
    key = hashlib.sha256(made.data).hexdigest()
    waiting = len(submission.outbox.entries(Place.OUTBOX))
    size, shown = len(made.data), submission.endpoint.shown
    line = f"would send {size:,} bytes to {shown} (idempotency key {key})"
    this.write_lines([f"{line}, after {waiting} waiting" if waiting else line])
    return Sent(lacking=made.lacking)


def _told(sent: Sent, probe: Probe) -> Iterable[str]:
    """The endpoint's answers, in lines."""
    for entry, answer in sent.delivered:
        yield f"delivered {entry.size:,} bytes to {probe.endpoint_shown} (status {answer.status})"
        if answer.message:
            yield answer.message
        if answer.newer:
            yield f"A newer version is available: {answer.newer}"


def _carried(file: str) -> bytes:
    """A report that --output wrote on another machine."""
    try:
        data = _from_stdin() if file == "-" else read_file(Path(file), OUTBOX_BYTES)
    except OSError as error:
        advice = "--input takes a file that --output wrote; `--input - < FILE` reads it as you"
        raise FileError(f"{file}: {error.strerror}", advice) from error
    if content(data) is None:
        raise UsageError(f"{file}: not a report", "--input takes what --output wrote")
    return data


def _from_stdin() -> bytes:
    if sys.stdin is None:
        raise UsageError("--input -: standard input is closed", "name a file")
    data = sys.stdin.buffer.read(OUTBOX_BYTES + 1)
    if len(data) > OUTBOX_BYTES:
        raise UsageError(f"--input -: more than {OUTBOX_BYTES:,} bytes", "this is no report")
    return data
