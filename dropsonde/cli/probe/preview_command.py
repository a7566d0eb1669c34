"""``dropsonde preview``: what a report of this site would hold."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from dropsonde.cli.probe.gathering import probing, reading_releases
from dropsonde.common import console
from dropsonde.common.errors import (
    ConfigError,
    DeliveryError,
    FileError,
    IncompleteError,
    SwitchedOffError,
    UsageError,
)
from dropsonde.settings.options import INSTALLED, PUBLISHED
from dropsonde.site.context import UNKNOWN_CLASS, UNKNOWN_MODULE

if TYPE_CHECKING:
    from dropsonde.cli.probe.diff_command import Since
    from dropsonde.cli.probe.run import Run
    from dropsonde.metrics import Metric
    from dropsonde.report.build import Report
    from dropsonde.report.probe import Probe
    from dropsonde.site.vocabulary.files import Files


def run(this: Run) -> int:
    """Print the report; stderr and the exit code report what it lacks."""
    only = this.arguments.only
    if this.arguments.diff and this.arguments.format != "human":
        raise UsageError("preview --diff: marks the human format alone", "see `dropsonde diff`")
    if this.arguments.ask and this.arguments.demo:
        raise UsageError("preview --ask: a made-up site has no endpoint", "leave out one of them")
    with probing(this) as probe:
        _refuse_unknown(only or (), probe.metrics)
        with reading_releases(probe):
            report = probe.report()
        known = [*_recipient(this, probe), *_known(probe), *_unknown(report)]
        since = _since_last_sent(probe, report) if this.arguments.diff else None
    shown = report if only is None else report.reduced(only)
    if this.arguments.format == "json":
        this.write([shown.to_bytes()])
    elif this.arguments.format == "html":
        _write_page(this, probe, shown, known)
    else:
        _write_text(this, probe, shown, known, since)
    for fault in report.faults:
        console.say(fault)
    if not report.faults and probe.puppetdb is None:
        console.say("note: no puppetdb.conf, so nothing is known of what nodes use")
    return IncompleteError.exit_code if report.faults else 0


def _since_last_sent(probe: Probe, report: Report) -> Since:
    from dropsonde.cli.probe.diff_command import since_last_sent

    return since_last_sent(probe, report)


def _write_page(this: Run, probe: Probe, shown: Report, known: list[str]) -> None:
    from dropsonde.report.formats.html import page

    basis = dict(line.split(": ", 1) for line in known)
    made_up = {"Site": "a small made-up one"} if this.arguments.demo else {}
    only = this.arguments.only
    this.write([page(shown, probe.metrics, basis={**made_up, **basis}, only=only)])


def _write_text(
    this: Run, probe: Probe, shown: Report, known: list[str], since: Since | None
) -> None:
    from dropsonde.report.formats.human import render

    width = shutil.get_terminal_size().columns
    color = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    changes = {change.column: change for change in since.changes} if since else {}
    only = this.arguments.only
    lines = render(shown, probe.metrics, width=width, color=color, only=only, changes=changes)
    if since:
        from dropsonde.report.formats.diff import legend

        known = [*known, legend(since.made, since.changes)]
    this.write_lines([*known, "", *lines])


def _recipient(this: Run, probe: Probe) -> list[str]:
    """To whom the report would go, who runs that, and whether it would go at all."""
    if this.arguments.demo or this.arguments.format == "json":
        return []
    from dropsonde.delivery import consent
    from dropsonde.report.recipient import recipient, sending_said
    from dropsonde_puppetserver.server import read_server

    if this.arguments.ask:
        try:
            probe.about()
        except (DeliveryError, SwitchedOffError) as error:  # the report is worth showing without it
            console.say(str(error))
    try:
        agreed = consent.read(probe.cachepath)
    except ConfigError:
        agreed = None  # `status` reports it
    to = recipient(probe, agreed)
    lines = [f"Endpoint: {to.endpoint_said()}"]
    if to.endpoint is not None:
        lines.append(f"Run by: {to.operator_said()}")
    if (off := this.switched_off()) is not None:
        return [*lines, f"Sent: nothing: {off.why}"]
    try:
        server = read_server(this.environ).conf
    except FileError as error:  # root cannot read it as its owner; the report needs none of it
        return [*lines, f"Sent: nothing is known of the opt-in: {error}"]
    return [*lines, f"Sent: {sending_said(to, server.opt_in if server else None)}"]


def _known(probe: Probe) -> list[str]:
    """The basis of this report: the list of public modules, and the kind of evidence."""
    listed = probe.public.forge_list
    if not listed.slugs:
        return ["Public modules: no list of them, so nothing is said of modules and classes"]
    day = f", {listed.updated:%Y-%m-%d}" if listed.updated else ""
    evidence = {
        PUBLISHED: "a class is public when a published release of its module defines it",
        INSTALLED: "a class is public when a public module on disk defines it",
    }
    return [
        f"Public modules: {len(listed.slugs):,} known from {listed.source}{day}",
        f"Evidence: {probe.settings.evidence}: {evidence[probe.settings.evidence]}",
        f"Releases known from: {', '.join(_sources(probe.public.files))}",
    ]


def _sources(files: Files) -> Iterator[str]:
    """The sources of what is known of releases."""
    for path, what in ((files.shared, "of all modules"), (files.own, "read from the Forge")):
        if (day := files.day(path)) is not None:
            yield f"{path.name} ({what}, {day})"
    yield "checksums on disk"


def _unknown(report: Report) -> Iterator[str]:
    """What stays home only because nothing is known of it, and what would change that."""
    modules, classes = (report.withheld.get(why, 0) for why in (UNKNOWN_MODULE, UNKNOWN_CLASS))
    if modules:
        yield (
            f"Not known: {classes:,} classes of {modules:,} modules whose releases are not known "
            "here: run `dropsonde update`; see --vocabulary and --releases"
        )


def _refuse_unknown(names: Iterable[str], metrics: Iterable[Metric]) -> None:
    known = [column.name for metric in metrics for column in metric.columns]
    for name in names:
        if name not in known:
            raise UsageError(f"--only {name}: no such column", f"there are {', '.join(known)}")
