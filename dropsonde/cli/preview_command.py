"""``dropsonde preview``: what a report of this site would hold."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import shutil
import sys
from typing import TYPE_CHECKING

from dropsonde.errors import IncompleteError, UsageError
from dropsonde.probe import Probe
from dropsonde.render.human import render

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dropsonde.cli.run import Run
    from dropsonde.metrics import Metric
    from dropsonde.report import Report


def run(this: Run) -> int:
    """Print the report; what it lacks is said on stderr and by the exit code."""
    with _probe(this) as probe:
        report = probe.report()
    shown = _only(report, probe.metrics, this.arguments.only)
    if this.arguments.format == "json":
        this.write([shown.to_bytes()])
    else:
        width = shutil.get_terminal_size().columns
        color = sys.stdout.isatty() and "NO_COLOR" not in os.environ
        this.write_lines(render(shown, probe.metrics, width=width, color=color))
    for fault in report.faults:
        print(f"dropsonde: {fault}", file=sys.stderr)
    if not report.faults and probe.puppetdb is None:
        print(
            "dropsonde: note: no puppetdb.conf, so nothing is known of what nodes use",
            file=sys.stderr,
        )
    return IncompleteError.exit_code if report.faults else 0


@contextlib.contextmanager
def _probe(this: Run) -> Iterator[Probe]:
    if not this.arguments.demo:
        yield Probe(this.settings, this.environ)
        return
    from dropsonde.demo import demo_site

    with demo_site(this.settings) as (settings, environ):
        yield Probe(settings, environ)


def _only(report: Report, metrics: Sequence[Metric], names: list[str] | None) -> Report:
    """The report with some of its columns alone."""
    if names is None:
        return report
    known = [column.name for metric in metrics for column in metric.columns]
    for name in names:
        if name not in known:
            raise UsageError(f"--only {name}: no such column", f"there are {', '.join(known)}")
    return dataclasses.replace(
        report,
        snapshots={name: value for name, value in report.snapshots.items() if name in names},
        missing={name: reason for name, reason in report.missing.items() if name in names},
    )
