"""A report for people: every metric and column explained, every row shown, and what stayed home.

ASCII alone, so that no locale can refuse it.
"""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Sequence

    from dropsonde.metrics import Metric
    from dropsonde.report import Report
    from dropsonde.schema.columns import Column

BOLD, PLAIN = "\x1b[1m", "\x1b[0m"
INDENT = "    "


def render(
    report: Report,
    metrics: Sequence[Metric],
    *,
    width: int,
    color: bool,
    only: Container[str] | None = None,
) -> Iterator[str]:
    """The lines of a whole report.

    Args:
        report: the report.
        metrics: those that made it.
        width: columns of the terminal, for descriptions; tables take what they need.
        color: whether headings are bold.
        only: the columns to show; None means all.
    """
    for metric in metrics:
        columns = [column for column in metric.columns if only is None or column.name in only]
        if columns:
            title = metric.name.upper()
            yield f"{BOLD}{title}{PLAIN}" if color else title
            yield from _wrapped(metric.description, width, "")
            yield ""
            for column in columns:
                yield from _column(report, column, width, color=color)
    yield from _withheld(report)
    yield f"Site id: {report.site_id}"
    yield f"To be sent: {len(report.to_bytes()):,} bytes"


def _column(report: Report, column: Column, width: int, *, color: bool) -> Iterator[str]:
    name = f"{BOLD}{column.name}{PLAIN}" if color else column.name
    snapshot = report.snapshots.get(column.name)
    if snapshot is None:
        size = f"missing: {report.missing[column.name]}"
    elif isinstance(snapshot.value, list):
        size = f"{len(snapshot.value):,} row{'s' * (len(snapshot.value) != 1)}"
    else:
        size = str(snapshot.value)
    yield from _wrapped(column.description, width, "  # ")
    yield f"  {name}: {size}"
    if snapshot is not None and isinstance(snapshot.value, list) and snapshot.value:
        yield from _table(column, snapshot.value)
    yield ""


def _table(column: Column, rows: Sequence[Any]) -> Iterator[str]:
    """Rows under their fields' names; numbers to the right."""
    names = [field.name for field in column.fields]
    if not names:
        yield from (f"{INDENT}{value}" for value in rows)
        return
    cells = [[_cell(row.get(name)) for name in names] for row in rows]
    widths = [max(map(len, column)) for column in zip(names, *cells, strict=True)]
    right = [isinstance(rows[0].get(name), int) for name in names]
    for line in (names, ["-" * width for width in widths], *cells):
        padded = (
            text.rjust(width) if numeric else text.ljust(width)
            for text, width, numeric in zip(line, widths, right, strict=True)
        )
        yield (INDENT + "  ".join(padded)).rstrip()


def _cell(value: Any) -> str:
    return "-" if value is None else str(value)


def _withheld(report: Report) -> Iterator[str]:
    """What stays home, in numbers alone."""
    if not report.withheld:
        return
    yield "Withheld; none of this leaves:"
    width = max(len(f"{count:,}") for count in report.withheld.values())
    for reason, count in sorted(report.withheld.items()):
        yield f"{INDENT}{count:>{width},}  {reason}"
    yield ""


def _wrapped(text: str, width: int, prefix: str) -> Iterable[str]:
    return textwrap.wrap(text, max(width, 40), initial_indent=prefix, subsequent_indent=prefix)
