"""``dropsonde submit``: send a report of this site, exactly as preview shows it."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from dropsonde.cli.probe.gathering import probing
from dropsonde.cli.probe.scheduled import submit_scheduled
from dropsonde.cli.probe.sending import lacking_columns, lock, open_outbox, outcome, send
from dropsonde.common.errors import FileError, UsageError
from dropsonde.common.files import read_file, write_atomically
from dropsonde.delivery.outbox import OUTBOX_BYTES, Place
from dropsonde.delivery.submission import Sent, content
from dropsonde.report.probe import Probe, utc_now

if TYPE_CHECKING:
    from dropsonde.cli.probe.run import Run


def run(this: Run) -> int:
    """Send, or do what stands in for it; one submission at a time."""
    if this.arguments.demo:
        return _submit_demo(this)
    probe = this.probe
    if this.arguments.output is not None:
        report = probe.report()
        if (lacking := lacking_columns(this, probe, report)) is not None:
            raise lacking
        data = report.to_bytes()
        if this.arguments.output == "-":
            this.write([data])
            return 0
        write_atomically(Path(this.arguments.output), data, mode=0o644)
        this.write_lines([f"wrote {len(data):,} bytes to {this.arguments.output}"])
        return 0
    if this.arguments.scheduled:
        return submit_scheduled(this, probe)
    with lock(probe):
        return _submit(this, probe)


def _submit_demo(this: Run) -> int:
    """Send a made-up report, to try an endpoint; nothing of this site is read, kept or sent."""
    if "endpoint" not in this.given:
        raise UsageError(
            "submit --demo: no endpoint is named",
            "try your own with --endpoint http://127.0.0.1:8080",
        )
    with probing(this) as probe, lock(probe):
        outbox = open_outbox(probe)
        outbox.add(probe.report().to_bytes(), utc_now())
        sent = send(probe, outbox)
    this.write_lines(_told(sent, probe))
    fault = sent.refused or sent.undelivered
    if fault is not None:
        fault.advice = "nothing is kept of a made-up report; try it again"
        raise fault
    return 0


def _submit(this: Run, probe: Probe) -> int:
    """A submission by hand: all that preview shows, now."""
    outbox = open_outbox(probe)
    lacking = None
    if this.arguments.input is not None:
        data = _carried(this.arguments.input)
    else:
        report = probe.report()
        lacking = lacking_columns(this, probe, report)
        data = report.to_bytes()
    if this.arguments.dry_run:
        key = hashlib.sha256(data).hexdigest()
        waiting = len(outbox.entries(Place.OUTBOX))
        line = f"would send {len(data):,} bytes to {probe.endpoint_shown} (idempotency key {key})"
        this.write_lines([f"{line}, after {waiting} waiting" if waiting else line])
        return outcome(Sent(), outbox, lacking)
    if lacking is None:
        outbox.add(data, utc_now())
    sent = send(probe, outbox)
    this.write_lines(_told(sent, probe))
    return outcome(sent, outbox, lacking)


def _told(sent: Sent, probe: Probe) -> Iterable[str]:
    """What the endpoint said."""
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
