"""Render text, tables and bars as HTML.

All content that is not markup goes through :func:`text`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from typing import Any, NamedTuple

from dropsonde.report.formats.table import cell


class Head(NamedTuple):
    """A table's column: its name, and whether it holds numbers."""

    name: str
    numeric: bool = False


class Bar(NamedTuple):
    """One bar: its label, its length, and the length in words."""

    label: str
    length: int
    said: str


def text(value: Any) -> str:
    """Escape a value; control characters, which HTML cannot hold, become ``?``."""
    return escape(cell(value))


def prose(sentences: str) -> str:
    """Escape a text, with its line breaks replaced by spaces."""
    return text(" ".join(sentences.split()))


def table(title: str, heads: Sequence[Head], rows: Iterable[Sequence[Any]], kind: str) -> str:
    """Make a table in its own scrolling box; its first column names the rows.

    Args:
        title: for readers who cannot see the text above the table.
        heads: the columns.
        rows: their values.
        kind: the table's class; the page's script sorts and filters ``rows``.
    """
    marks = [' class="number"' if head.numeric else "" for head in heads]
    titles = "".join(
        f'<th scope="col"{mark}>{text(head.name)}</th>'
        for head, mark in zip(heads, marks, strict=True)
    )
    lines = [
        # tabindex makes the scrolling box reachable with the keyboard.
        f'<div class="scroll" role="group" aria-label="Table {text(title)}" tabindex="0">',
        f'<table class="{kind}">',
        f"<caption>{text(title)}</caption>",
        f"<thead><tr>{titles}</tr></thead>",
        "<tbody>",
        *(f"<tr>{''.join(_cells(row, marks))}</tr>" for row in rows),
        "</tbody>",
        "</table></div>",
    ]
    return "\n".join(lines)


def _cells(row: Sequence[Any], marks: Sequence[str]) -> Iterator[str]:
    for place, (value, mark) in enumerate(zip(row, marks, strict=True)):
        tag, scope = ("td", "") if place else ("th", ' scope="row"')
        yield f"<{tag}{scope}{mark}>{_value(value)}</{tag}>"


def _value(value: Any) -> str:
    if value is None:
        return '<span class="quiet">empty</span>'
    # Lists, objects and booleans as JSON, as in the report.
    return text(json.dumps(value) if isinstance(value, (bool, list, dict)) else value)


def bars(caption: str, rows: Sequence[Bar]) -> str:
    """Make a bar chart with the values in words, the longest bar first."""
    longest = max(row.length for row in rows) or 1
    drawn = (
        f"<li><span>{text(row.label)}</span>"
        # Attributes, because the page's policy forbids inline styles.
        f'<svg aria-hidden="true"><rect width="{100 * row.length / longest:.1f}%" height="100%"/>'
        f"</svg><span>{text(row.said)}</span></li>"
        for row in sorted(rows, key=lambda row: (-row.length, row.label))
    )
    lines = (f"<figcaption>{prose(caption)}</figcaption>", '<ol class="bars">', *drawn, "</ol>")
    return "\n".join(("<figure>", *lines, "</figure>"))
