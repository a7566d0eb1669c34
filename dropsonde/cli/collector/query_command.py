"""``dropsonde-collector query``: print rows as a table, or as one JSON object per line."""

from __future__ import annotations

import json
import math
from argparse import Namespace
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timezone
from itertools import chain
from typing import TYPE_CHECKING, Any

from dropsonde.cli.collector.sources import reader_of_rows
from dropsonde.common import console

if TYPE_CHECKING:
    from dropsonde.collector.store.result import Result

_WIDEST = 60  # characters of a cell


def run(arguments: Namespace) -> int:
    """Print the rows of a query."""
    with reader_of_rows(arguments).query(arguments.sql) as result:
        human = arguments.format == "human"
        lines = table(result.columns, result) if human else _objects(result)
        console.write_lines(lines)
    return 0


def _objects(result: Result) -> Iterator[str]:
    """One JSON object per row; bytes in hexadecimal, times in ISO 8601."""
    for row in result:
        values = map(plain, row)
        yield json.dumps(dict(zip(result.columns, values, strict=True)), allow_nan=False)


def plain(value: Any) -> Any:
    """A value in the types of JSON."""
    if isinstance(value, dict):
        return {str(name): plain(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, (int, str)) else _text(value)


def _text(value: Any) -> str:
    """The text of a value for which JSON has no type."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(timezone.utc).isoformat().replace("+00:00", "Z")
    return value.isoformat() if isinstance(value, (datetime, date)) else str(value)


def table(columns: Sequence[str], found: Iterable[tuple[Any, ...]]) -> Iterator[str]:
    """Rows below their columns' names, numbers to the right, with their count at the end."""
    rows = [tuple(map(plain, row)) for row in found]
    cells = [tuple(map(_cell, row)) for row in rows]
    widths = [max(map(len, column)) for column in zip(columns, *cells, strict=True)]
    right = [any(isinstance(row[at], (int, float)) for row in rows) for at in range(len(widths))]
    rule = tuple("-" * width for width in widths)
    for texts in chain((columns, rule), cells):
        yield _line(texts, widths, right)
    yield f"{len(rows):,} row{'s' * (len(rows) != 1)}"


def _line(texts: Iterable[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    padded = (
        text.rjust(width) if to_the_right else text.ljust(width)
        for text, width, to_the_right in zip(texts, widths, right, strict=True)
    )
    return "  ".join(padded).rstrip()


def _cell(value: Any) -> str:
    """A value in one line, fit for a terminal, cut where it is long."""
    if value is None:
        return "-"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    text = "".join(letter if letter.isprintable() else "?" for letter in text)
    return text if len(text) <= _WIDEST else f"{text[: _WIDEST - 3]}..."
