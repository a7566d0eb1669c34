"""Columns, rows and weeks for the store's tests."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable, Sequence
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
SECOND = timedelta(seconds=1)
# In a data directory that nobody uses, with a finished week in it.
FILE = "dataset/week=2026-W47/part-0.parquet"
FILES = {
    *("lock", "clock.json", "spool.sqlite", "spool.sqlite-seq"),
    *(".digested", "part-0.parquet", "part-0.parquet.sha256"),
}


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


def opened(path: Path, columns: Sequence[Column] = COLUMNS, *, stays: bool = False) -> Store:
    return Store.open(path, columns, clock, stays=stays)


def fill(store: Store, numbers: Iterable[int], when: datetime = NOW - WEEK, value: int = 0) -> None:
    """Put reports of these sites, all at once."""
    for future in [store.submit(row(number, when, value)) for number in numbers]:
        future.result()


def flip(path: Path, bit: int) -> None:
    """Turn one bit of a file."""
    with path.open("r+b") as file:
        file.seek(bit // 8)
        (byte,) = file.read(1)
        file.seek(bit // 8)
        file.write(bytes([byte ^ 1 << bit % 8]))


def contents(reader: Reader) -> dict[tuple[str, bytes], int]:
    """Week and site to the number reported; each stands once."""
    with reader.query("SELECT week, site_id, number FROM community_metrics") as found:
        rows = list(found)
    made = {(week, site_id): number for week, site_id, number in rows}
    assert len(made) == len(rows)
    return made


def set_aside_in(root: Path) -> list[Path]:
    """The directories of damaged spools, oldest first."""
    return sorted((root / "damaged").glob("*"))


def stored(root: Path) -> dict[Path, bytes]:
    """Each file; a reader of the spool makes those for its log, which are empty or its own."""
    return {
        path: path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and not path.name.endswith(("-wal", "-shm"))
    }


def files_with(root: Path, data: bytes) -> list[str]:
    """The files below a directory that have these bytes anywhere."""
    return sorted(
        str(path.relative_to(root))
        for path in root.rglob("*")
        if path.is_file() and data in path.read_bytes()
    )


LOADED = [{"name": f"module_{number}", "count": number} for number in range(100)]
