"""Read the spool while a collector writes it, in the same or another process."""

from __future__ import annotations

import contextlib
import itertools
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from dropsonde.collector.record import Record
from dropsonde.collector.store.spool.database import Kept, forgotten, last_seq, weeks
from dropsonde.collector.store.spool.sqlite_errors import FAULTS, SET_ASIDE, translated
from dropsonde.common.errors import SpoolDamagedError

MOST_BYTES = 16_000_000  # of JSON in memory at once
MOST_ROWS = 4096
_WAIT = 10.0  # seconds: another process may be recovering the log after a kill


class Piece(NamedTuple):
    """A range of sites, without ``low`` and with ``high``; without an end if that is None."""

    low: bytes
    high: bytes | None


class SpoolReader:
    """A view of the spool as of one moment.

    Args:
        connection: read-only, within a transaction, usable from any thread.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def depth(self) -> int:
        """The number of rows."""
        (count,) = self._connection.execute("SELECT count(*) FROM rows").fetchone()
        return int(count)

    def weeks(self) -> tuple[str, ...]:
        """The weeks of the rows, in order."""
        return weeks(self._connection)

    def newest(self) -> Kept | None:
        """The row with the highest version; it may be damaged."""
        found = self._connection.execute("SELECT * FROM rows ORDER BY seq DESC LIMIT 1").fetchone()
        return Kept(found[0], Record(*found[1:])) if found else None

    def last_seq(self) -> int:
        """The highest version that a row ever had."""
        return last_seq(self._connection)

    def is_new(self) -> bool:
        """Whether the database has no tables, as after a kill during its creation."""
        return self._connection.execute("SELECT 1 FROM sqlite_master").fetchone() is None

    def is_intact(self) -> bool:
        """Whether SQLite's integrity check and the checksums of all rows pass."""
        if self._connection.execute("PRAGMA integrity_check(1)").fetchone() != ("ok",):
            return False
        rows = self._connection.execute("SELECT * FROM rows")  # without the index: much faster
        return all(Record(*fields).whole for _, *fields in rows)

    def forgotten(self) -> dict[int, bytes]:
        """Sites whose rows in the dataset are hidden, by id of their note."""
        return forgotten(self._connection)

    def sites(self) -> Iterator[bytes]:
        """The ids of the rows' sites, from the index; one for each week of a site."""
        for (site_id,) in self._connection.execute(
            "SELECT site_id FROM rows INDEXED BY one_row_a_site_and_week"
        ):
            yield site_id

    def schema(self) -> str:
        """The collector's columns at its last start, as a BigQuery schema."""
        found = self._connection.execute("SELECT columns FROM schema").fetchone()
        return str(found[0]) if found else "[]"

    def sizes(self, week: str) -> Iterator[tuple[bytes, int]]:
        """The sites of a week's rows, in order, and their bytes of JSON."""
        yield from self._connection.execute(
            "SELECT site_id, size FROM rows INDEXED BY one_row_a_site_and_week "
            "WHERE week = ? ORDER BY site_id",
            (week,),
        )

    def rows(self, week: str, after: bytes = b"", up_to: bytes | None = None) -> Iterator[Kept]:
        """A week's rows, in the order of their sites.

        Raises:
            SpoolDamagedError: a row is not what was written.
        """
        select = (
            "SELECT * FROM rows INDEXED BY one_row_a_site_and_week WHERE week = ? AND site_id > ? "
        )
        bound, values = ("AND site_id <= ? ", (up_to,)) if up_to is not None else ("", ())
        found = self._connection.execute(f"{select}{bound}ORDER BY site_id", (week, after, *values))
        for seq, *fields in found:
            record = Record(*fields)
            if not record.whole:
                raise SpoolDamagedError(f"a row of {week} in the spool is damaged", SET_ASIDE)
            yield Kept(seq, record)


def bounded(rows: Iterator[Kept]) -> list[Kept]:
    """The next rows that fit into memory; empty at the end."""
    found: list[Kept] = []
    size = 0
    for kept in itertools.islice(rows, MOST_ROWS):
        found.append(kept)
        size += kept.record.size
        if size >= MOST_BYTES:
            break
    return found


def pieces(sizes: Iterable[tuple[bytes, int]]) -> Iterator[Piece]:
    """Divide all sites into ranges that fit into memory; none if there is no site.

    Args:
        sizes: sites, in order, and the bytes of their rows; a site may come twice.
    """
    low, some, size = b"", 0, 0
    for site_id, bytes_ in sizes:
        some, size = some + 1, size + bytes_
        if size >= MOST_BYTES or some >= MOST_ROWS:
            yield Piece(low, site_id)
            low, some, size = site_id, 0, 0
    if low or some:
        yield Piece(low, None)


@contextlib.contextmanager
def reading(path: Path) -> Iterator[SpoolReader]:
    """Read the spool as it is now; close it soon, because its log grows meanwhile.

    Raises:
        StoreUnavailableError: it cannot be read.
    """
    try:
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=ro",
            uri=True,
            timeout=_WAIT,
            isolation_level=None,
            check_same_thread=False,
        )
        with contextlib.closing(connection):
            connection.execute("BEGIN")
            yield SpoolReader(connection)
    except FAULTS as error:
        raise translated(error) from error
