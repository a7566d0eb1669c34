"""``dropsonde preview``: what a report of this site would hold."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import shutil
import sys
from typing import TYPE_CHECKING

from dropsonde.cli import streams
from dropsonde.errors import IncompleteError, UsageError
from dropsonde.options import INSTALLED, STRICT
from dropsonde.probe import Probe
from dropsonde.render.human import render

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator

    from dropsonde.cli.run import Run
    from dropsonde.metrics import Metric
    from dropsonde.report import Report


def run(this: Run) -> int:
    """Print the report; what it lacks is said on stderr and by the exit code."""
    only = this.arguments.only
    with _probe(this) as probe:
        _refuse_unknown(only or (), probe.metrics)
        report = probe.report()
        known = _known(probe)
    if this.arguments.format == "json":
        this.write([_reduced(report, only).to_bytes()])
    else:
        width = shutil.get_terminal_size().columns
        color = sys.stdout.isatty() and "NO_COLOR" not in os.environ
        lines = render(report, probe.metrics, width=width, color=color, only=only)
        this.write_lines([*known, "", *lines])
    for fault in report.faults:
        streams.say(fault)
    if not report.faults and probe.puppetdb is None:
        streams.say("note: no puppetdb.conf, so nothing is known of what nodes use")
    return IncompleteError.exit_code if report.faults else 0


def _known(probe: Probe) -> list[str]:
    """What this report goes by: the list that says what is public, and the evidence asked for."""
    listed = probe.forge_list
    if not listed.slugs:
        return ["Public modules: no list of them, so nothing is said of modules and classes"]
    day = f", {listed.updated:%Y-%m-%d}" if listed.updated else ""
    evidence = {
        STRICT: "a class is public when its manifest is as published",
        INSTALLED: "a class is public when a public module on disk defines it",
    }
    return [
        f"Public modules: {len(listed.slugs):,} known from {listed.source}{day}",
        f"Evidence: {probe.settings.evidence}: {evidence[probe.settings.evidence]}",
    ]


@contextlib.contextmanager
def _probe(this: Run) -> Iterator[Probe]:
    if not this.arguments.demo:
        yield Probe(this.settings, this.environ)
        return
    from dropsonde.demo import demo_site

    with demo_site(this.settings) as (settings, environ):
        yield Probe(settings, environ)


def _refuse_unknown(names: Iterable[str], metrics: Iterable[Metric]) -> None:
    known = [column.name for metric in metrics for column in metric.columns]
    for name in names:
        if name not in known:
            raise UsageError(f"--only {name}: no such column", f"there are {', '.join(known)}")


def _reduced(report: Report, only: Container[str] | None) -> Report:
    """The report with some of its columns alone."""
    if only is None:
        return report
    kept = {name: value for name, value in report.snapshots.items() if name in only}
    return dataclasses.replace(report, snapshots=kept)
