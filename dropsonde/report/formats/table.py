"""Render text tables: rows under their fields' names, with a mark in front of each row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

BOLD, PLAIN = "\x1b[1m", "\x1b[0m"
SAME, ADDED, CHANGED, REMOVED = " ", "+", "~", "-"
COLORS = {ADDED: "\x1b[32m", CHANGED: "\x1b[33m", REMOVED: "\x1b[31m"}


@dataclass(frozen=True)
class Line:
    """One row of a table.

    Attributes:
        row: a dictionary by field, or a plain value.
        mark: SAME, ADDED, CHANGED or REMOVED.
        note: a note after the row.
    """

    row: Any
    mark: str = SAME
    note: str = ""


def table(names: Sequence[str], lines: Sequence[Line], *, color: bool) -> Iterator[str]:
    """Yield rows under their fields' names, numbers right-aligned; nothing without rows.

    Args:
        names: the fields to show; none for plain values.
        lines: the rows.
        color: whether marked rows are coloured.
    """
    if not lines:
        return
    if not names:
        for line in lines:
            yield _finished(line, cell(line.row), color=color)
        return
    titles = [cell(name) for name in names]
    cells = [[cell(_field(line.row, name)) for name in names] for line in lines]
    widths = [max(map(len, column)) for column in zip(titles, *cells, strict=True)]
    right = [any(isinstance(_field(line.row, name), int) for line in lines) for name in names]
    rule = Line(None)
    heads: list[tuple[Line, Sequence[str]]] = [(rule, titles), (rule, ["-" * w for w in widths])]
    for line, texts in [*heads, *zip(lines, cells, strict=True)]:
        padded = (
            text.rjust(width) if numeric else text.ljust(width)
            for text, width, numeric in zip(texts, widths, right, strict=True)
        )
        yield _finished(line, "  ".join(padded), color=color)


def _field(row: Any, name: str) -> Any:
    """A field of a row; in an archived report a row may be anything."""
    return row.get(name) if isinstance(row, dict) else None


def _finished(line: Line, text: str, *, color: bool) -> str:
    note = f"  ({line.note})" if line.note else ""
    whole = f"  {line.mark} {text}{note}".rstrip()
    return f"{COLORS[line.mark]}{whole}{PLAIN}" if color and line.mark in COLORS else whole


def cell(value: Any) -> str:
    """Format a value in one line; archived reports and answers may hold control characters."""
    if value is None:
        return "-"
    return "".join(letter if letter.isprintable() else "?" for letter in str(value))


def counted(value: Any) -> str:
    """Format a table's number of rows, or a plain value itself."""
    if not isinstance(value, list):
        return cell(value)
    return f"{len(value):,} row{'s' * (len(value) != 1)}"


def bold(text: str, *, color: bool) -> str:
    """Format a heading."""
    return f"{BOLD}{text}{PLAIN}" if color else text
