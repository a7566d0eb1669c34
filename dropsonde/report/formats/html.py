"""Render a report as one self-contained HTML page for the people who must agree to it.

The page is complete without its script. Its policy blocks all loading and admits the one style
and the one script by their hashes, so that no text of a report can become code.
"""

from __future__ import annotations

import base64
import hashlib
from collections import defaultdict
from collections.abc import Container, Iterator, Mapping, Sequence
from html import escape
from importlib import resources
from string import Template
from typing import TYPE_CHECKING, Any

from dropsonde import __version__, common
from dropsonde.protocol.report import short
from dropsonde.report.formats.html_parts import Bar, Head, bars, prose, table, text
from dropsonde.report.formats.table import counted
from dropsonde.schema.model import Mode, Type

if TYPE_CHECKING:
    from dropsonde.metrics import Metric
    from dropsonde.report.build import Report
    from dropsonde.schema.model import Column

TOP = 15
NUMBERS = (Type.INTEGER, Type.FLOAT)


def page(
    report: Report,
    metrics: Sequence[Metric],
    *,
    basis: Mapping[str, str],
    only: Container[str] | None = None,
) -> bytes:
    """Make the whole page, in ASCII.

    Args:
        report: the report; the page shows its bytes unchanged except for the site id.
        metrics: the metrics that made it.
        basis: the facts that the report is based on, by name.
        only: the columns to show; None means all.
    """
    chosen = {
        metric: [column for column in metric.columns if only is None or column.name in only]
        for metric in metrics
    }
    chosen = {metric: columns for metric, columns in chosen.items() if columns}
    palette = resources.files(common).joinpath("palette.css").read_text("ascii")
    style, script = palette + _asset("page.css"), _asset("page.js")
    size = f"{len(report.to_bytes()):,} bytes"
    parts: dict[str, Iterator[str]] = {
        "facts": _facts(report, {**basis, "To be sent": size}),
        "links": _links(chosen),
        "withheld": _withheld(report),
        "missing": _missing(report, [column for some in chosen.values() for column in some]),
        "metrics": (
            line for metric, some in chosen.items() for line in _metric(report, metric, some)
        ),
    }
    whole = Template(_asset("page.html")).substitute(
        {name: "\n".join(lines) for name, lines in parts.items()},
        policy=f"default-src 'none'; base-uri 'none'; form-action 'none'; "
        f"style-src {_hash(style)}; script-src {_hash(script)}",
        style=style,
        script=script,
        site_id=text(short(report.site_id)),
        size=size,
        document=escape(_document(report), quote=False),
        version=__version__,
    )
    return whole.encode("ascii", "xmlcharrefreplace")


def _document(report: Report) -> str:
    """The report's bytes with the site id shortened, because people share the page."""
    return report.to_bytes().decode("ascii").replace(report.site_id, short(report.site_id), 1)


def _asset(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text("ascii")


def _hash(source: str) -> str:
    """The hash of an inline style or script in a Content-Security-Policy."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()}'"


def _facts(report: Report, basis: Mapping[str, str]) -> Iterator[str]:
    facts = dict(basis)
    if report.snapshots:
        gathered = max(snapshot.timestamp for snapshot in report.snapshots.values())
        facts["Gathered"] = f"{gathered:%Y-%m-%d %H:%M} UTC"
    for name, value in facts.items():
        yield f"<div><dt>{text(name)}</dt><dd>{prose(value)}</dd></div>"


def _links(chosen: Mapping[Metric, Sequence[Column]]) -> Iterator[str]:
    for metric in chosen:
        yield f'<li><a href="#metric-{text(metric.name)}">{_title(metric)}</a></li>'


def _title(metric: Metric) -> str:
    return text(metric.name.replace("_", " ").capitalize())


def _withheld(report: Report) -> Iterator[str]:
    """Yield the numbers of withheld data."""
    if not report.withheld:
        yield "<p>Nothing was withheld.</p>"
        return
    yield "<p>None of this leaves. The numbers are for you: they are not sent either.</p>"
    heads = (Head("What, and why"), Head("How many", numeric=True))
    yield table("What stays home", heads, sorted(report.withheld.items()), "words")


def _missing(report: Report, columns: Sequence[Column]) -> Iterator[str]:
    missing = [column.name for column in columns if column.name not in report.snapshots]
    if missing:
        yield '<section aria-labelledby="missing">\n<h2 id="missing">What is missing</h2>'
        yield "<p>These columns have no value now, and are not in the report below.</p>"
        heads = (Head("Column"), Head("Why"))
        yield table(
            "What is missing", heads, [(name, report.missing[name]) for name in missing], "words"
        )
        yield "</section>"


def _metric(report: Report, metric: Metric, columns: Sequence[Column]) -> Iterator[str]:
    name = text(metric.name)
    yield f'<section aria-labelledby="metric-{name}">'
    yield f'<h3 id="metric-{name}">{_title(metric)}</h3>'
    yield f"<p>{prose(metric.description)}</p>"
    for column in columns:
        yield from _column(report, column)
    yield "</section>"


def _column(report: Report, column: Column) -> Iterator[str]:
    """Yield a column's name, size, description and every value."""
    name = text(column.name)
    snapshot = report.snapshots.get(column.name)
    value = None if snapshot is None else snapshot.value
    rows = [value] if isinstance(value, dict) else value if isinstance(value, list) else None
    size = "" if rows is None else f' <span class="count">{counted(rows)}</span>'
    yield f'<h4 id="column-{name}"><code>{name}</code>{size}</h4>'
    yield f"<p>{prose(column.description)}</p>"
    yield from _fields(column)
    if snapshot is None:
        yield f'<p class="missing">Missing: {prose(report.missing[column.name])}</p>'
    elif rows is None:
        yield f'<p class="value">{text(value)}</p>'
    elif rows:
        yield from _bars(column, rows)
        yield _rows(column, rows)


def _fields(column: Column) -> Iterator[str]:
    if column.fields:
        yield '<dl class="fields">'
        for item in column.fields:
            said = prose(item.description)
            yield f"<div><dt><code>{text(item.name)}</code></dt><dd>{said}</dd></div>"
        yield "</dl>"


def _rows(column: Column, rows: Sequence[Any]) -> str:
    if not column.fields:
        head = Head("value", column.type in NUMBERS)
        return table(column.name, [head], [[row] for row in rows], "rows")
    heads = [
        Head(item.name, item.type in NUMBERS and item.mode is not Mode.REPEATED)
        for item in column.fields
    ]
    cells = [[row.get(head.name) for head in heads] for row in rows]
    return table(column.name, heads, cells, "rows")


def _bars(column: Column, rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield bar charts for the columns that count nodes."""
    if column.name == "classes":
        top = sorted(rows, key=lambda row: (-row["count"], row["name"]))[:TOP]
        caption = "Nodes by class" + f": the first {TOP} of {len(rows):,}" * (len(rows) > TOP)
        yield bars(caption, [Bar(row["name"], row["count"], _nodes(row["count"])) for row in top])
    elif column.name == "class_platforms":
        families: dict[str, int] = defaultdict(int)
        for row in rows:
            families[row["platform"]] = max(families[row["platform"]], row["count"])
        total = sum(families.values()) or 1
        yield bars(
            "Nodes by platform, as far as a report tells: those that declare the class that most "
            "nodes of that platform declare. Shares are of their sum.",
            [
                Bar(family, count, f"{_nodes(count)}, {count / total:.0%}")
                for family, count in families.items()
            ],
        )


def _nodes(count: int) -> str:
    return f"{count:,} node{'s' * (count != 1)}"
