"""``dropsonde diff``: what changed since the last report that was sent."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from dropsonde.common import console
from dropsonde.common.errors import IncompleteError
from dropsonde.delivery.outbox import Outbox, Place
from dropsonde.protocol.report import flat
from dropsonde.report.comparison import compare
from dropsonde.report.formats.diff import render_diff, to_json

if TYPE_CHECKING:
    from dropsonde.cli.probe.run import Run
    from dropsonde.report.build import Report
    from dropsonde.report.comparison import Change
    from dropsonde.report.probe import Probe


@dataclass(frozen=True)
class Since:
    """What changed since the last report that was sent.

    Attributes:
        made: when that report was made (UTC); None when none was sent yet.
        changes: what changed since.
    """

    made: datetime | None = None
    changes: tuple[Change, ...] = ()


def run(this: Run) -> int:
    """Gather a report, print what changed; stderr and the exit code report what it lacks."""
    probe = this.probe
    last = _last_sent(probe)
    if last is None:  # nothing to compare with, so nothing is gathered
        _print(this, Since(), {})
        return 0
    report = probe.report()
    _print(this, _since(last, report), report.missing)
    for fault in report.faults:
        console.say(fault)
    return IncompleteError.exit_code if report.faults else 0


def since_last_sent(probe: Probe, report: Report) -> Since:
    """Compare a report with the newest one in the archive.

    Raises:
        FileError: the archive cannot be read.
    """
    last = _last_sent(probe)
    return _since(last, report) if last else Since()


def _last_sent(probe: Probe) -> tuple[datetime, dict[str, Any]] | None:
    """The newest report of this site that was sent: `submit --input` also sends other sites'."""
    outbox = Outbox(probe.cachepath)
    for entry in reversed(outbox.entries(Place.SENT)):
        with contextlib.suppress(ValueError):
            row = flat(outbox.read(Place.SENT, entry))
            if row["site_id"] == probe.known_site_id:
                return entry.made, row
    return None


def _since(last: tuple[datetime, dict[str, Any]], report: Report) -> Since:
    made, row = last
    return Since(made, compare(row, flat(report.to_bytes())))


def _print(this: Run, since: Since, missing: Mapping[str, str]) -> None:
    if this.arguments.format == "json":
        document = to_json(since.made, since.changes, missing)
        this.write_lines([json.dumps(document, indent=2)])
    else:
        color = sys.stdout.isatty() and "NO_COLOR" not in os.environ
        this.write_lines(render_diff(since.made, since.changes, missing, color=color))
