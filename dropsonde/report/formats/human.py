"""Render a report for people: every metric, column and row, and the withheld counts.

Only ASCII, which every locale can print.
"""

from __future__ import annotations

import textwrap
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

from dropsonde.protocol.report import short
from dropsonde.report.formats.diff import headline, marked, remark
from dropsonde.report.formats.table import bold, counted, table

if TYPE_CHECKING:
    from dropsonde.metrics import Metric
    from dropsonde.report.build import Report
    from dropsonde.report.comparison import Change
    from dropsonde.schema.model import Column

INDENT = "    "
NO_CHANGES: Mapping[str, Change] = MappingProxyType({})


def render(
    report: Report,
    metrics: Sequence[Metric],
    *,
    width: int,
    color: bool,
    only: Container[str] | None = None,
    changes: Mapping[str, Change] = NO_CHANGES,
) -> Iterator[str]:
    """Yield the lines of a whole report.

    Args:
        report: the report.
        metrics: the metrics that made it.
        width: columns of the terminal, for descriptions; tables may be wider.
        color: whether headings are bold, and marks coloured.
        only: the columns to show; None means all.
        changes: the changes to mark, by column.
    """
    for metric in metrics:
        columns = [column for column in metric.columns if only is None or column.name in only]
        if columns:
            yield bold(metric.name.upper(), color=color)
            yield from _wrapped(metric.description, width, "")
            yield ""
            for column in columns:
                yield from _column(report, column, changes.get(column.name), width, color=color)
    if only is None:
        yield from _elsewhere(changes, metrics)
    yield from _withheld(report)
    yield f"Site id: {short(report.site_id)}"
    yield f"To be sent: {len(report.to_bytes()):,} bytes"


def _column(
    report: Report, column: Column, change: Change | None, width: int, *, color: bool
) -> Iterator[str]:
    snapshot = report.snapshots.get(column.name)
    size = (
        f"missing: {report.missing[column.name]}" if snapshot is None else counted(snapshot.value)
    )
    yield from _wrapped(column.description, width, "  # ")
    yield f"  {bold(column.name, color=color)}: {size}{remark(change)}"
    if snapshot is not None and isinstance(snapshot.value, list):
        names = [field.name for field in column.fields]
        yield from table(names, marked(snapshot.value, change), color=color)
    yield ""


def _elsewhere(changes: Mapping[str, Change], metrics: Sequence[Metric]) -> Iterator[str]:
    """Yield changes of columns that no metric has: mostly columns gone with their metric."""
    shown = {column.name for metric in metrics for column in metric.columns}
    others = [change for name, change in changes.items() if name not in shown]
    if others:
        yield from (f"{change.column}: {headline(change, {})}" for change in others)
        yield ""


def _withheld(report: Report) -> Iterator[str]:
    """Yield the numbers of withheld data."""
    if not report.withheld:
        return
    yield "Withheld; none of this leaves:"
    width = max(len(f"{count:,}") for count in report.withheld.values())
    for reason, count in sorted(report.withheld.items()):
        yield f"{INDENT}{count:>{width},}  {reason}"
    yield ""


def _wrapped(text: str, width: int, prefix: str) -> Iterable[str]:
    return textwrap.wrap(text, max(width, 40), initial_indent=prefix, subsequent_indent=prefix)
