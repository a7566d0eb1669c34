"""Columns, rows and weeks for the store's tests."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dropsonde.collector.row import Row
from dropsonde.collector.store import Store
from dropsonde.schema.model import ENVELOPE, Column, Domain, Mode, Type, integer, records, text

if TYPE_CHECKING:
    from dropsonde.collector.store import Reader

COLUMNS = (
    *ENVELOPE,
    integer("number", "A number."),
    records(
        "modules",
        "Modules.",
        text("name", Domain.MODULE_NAME, "A name."),
        integer("count", "How many."),
    ),
    Column("note", Type.STRING, "To fill space.", Mode.NULLABLE, Domain.MODULE_NAME),
)
NOW = datetime(2026, 11, 24, 12, tzinfo=timezone.utc)  # Tuesday of 2026-W48
WEEK = timedelta(weeks=1)
HOUR = timedelta(hours=1)


def clock() -> datetime:
    return NOW


def site(number: int) -> bytes:
    """A site's id."""
    return hashlib.sha512(str(number).encode()).digest()


def row(number: int, when: datetime = NOW, value: int = 0, **columns: Any) -> Row:
    """A report of a site."""
    found = {"number": value, "modules": [{"name": "ntp", "count": value}], **columns}
    message_id = str(uuid.UUID(int=(number * 1000 + value) % 2**128, version=4))
    return Row(message_id, site(number), "popularity-module", "1.0.0", when, found)


def opened(path: Path, columns: Sequence[Column] = COLUMNS) -> Store:
    return Store.open(path, columns, clock)


def contents(reader: Reader) -> dict[tuple[str, bytes], int]:
    """Week and site to the number reported; each stands once."""
    with reader.query("SELECT week, site_id, number FROM community_metrics") as found:
        rows = list(found)
    made = {(week, site_id): number for week, site_id, number in rows}
    assert len(made) == len(rows)
    return made


def files_with(root: Path, data: bytes) -> list[str]:
    """The files below a directory that have these bytes anywhere."""
    return sorted(
        str(path.relative_to(root))
        for path in root.rglob("*")
        if path.is_file() and data in path.read_bytes()
    )


LOADED = [{"name": f"module_{number}", "count": number} for number in range(100)]
