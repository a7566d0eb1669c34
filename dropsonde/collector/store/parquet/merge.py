"""Rewrite a week's file from its former rows and the spool's rows of that week.

The week may be larger than memory, so it is written in pieces, each a range of sites that fits; the
pieces are sorted by site and are then copied into one file.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from dropsonde.collector.store.parquet.dataset import Dataset, Part, handle_name
from dropsonde.collector.store.parquet.duckdb import (
    SITES,
    About,
    about,
    engine,
    selecting,
    translating,
    values_of,
)
from dropsonde.collector.store.spool.reader import MOST_BYTES, MOST_ROWS, bounded, reading

if TYPE_CHECKING:
    import duckdb

    from dropsonde.collector.store.parquet.schema import Table
    from dropsonde.collector.store.spool.database import Kept

_MEMORY = "512MB"
# Of a piece, which is read once, right after it was written: quick to write and to read.
_BRIEF = "(FORMAT parquet, COMPRESSION lz4_raw, USE_TMP_FILE false, WRITE_BLOOM_FILTER false)"


@dataclass(frozen=True)
class _Old:
    """A week's former file and its metadata."""

    part: Part
    about: About
    rows: int


@dataclass
class _Moved:
    """The pieces so far, and the spool's rows in them."""

    names: list[str] = field(default_factory=list)
    seqs: list[int] = field(default_factory=list)
    size: int = 0


@dataclass(frozen=True)
class _Piece:
    """A range of sites, without ``low`` and with ``high``, and the spool's rows of them."""

    low: bytes
    high: bytes | None
    rows: list[Kept]


@dataclass(frozen=True)
class Merger:
    """Writes weeks' files.

    Args:
        spool: the spool's file.
        dataset: the finished weeks.
        table: the columns.
        scratch: a directory for temporary files.
    """

    spool: Path
    dataset: Dataset
    table: Table
    scratch: Path

    def merge(self, week: str) -> list[int]:
        """Merge the spool's rows of a week into its file; return the versions of these rows.

        A site that is being forgotten is left for the next run: its id hides its earlier rows in
        the file, and would also hide these.
        """
        moved = _Moved()
        with self._at_work(week) as (connection, stack):
            part = self.dataset.opened(week, stack)
            old = _Old(part, about(connection, part), _count(connection, part)) if part else None
            place = os.open(self.scratch, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            stack.callback(os.close, place)
            for piece in self._pieces(connection, week, old):
                moved.names.append(f"{handle_name(place)}/{len(moved.names)}.parquet")
                moved.seqs += (kept.seq for kept in piece.rows)
                moved.size += sum(kept.record.size for kept in piece.rows)
                self._write_piece(connection, old, piece, moved.names[-1])
            if moved.seqs:
                size, rows = moved.size, len(moved.seqs)
                if old:
                    size, rows = size + old.rows * old.about.row_bytes, rows + old.rows
                self._write(connection, week, f"FROM read_parquet({moved.names})", size // rows)
            for number in range(len(moved.names)):
                (self.scratch / f"{number}.parquet").unlink()
        return moved.seqs

    def without(self, week: str, sites: Collection[bytes]) -> None:
        """Rewrite a week's file without some sites' rows, if it has any."""
        with self._at_work(week) as (connection, stack):
            part = self.dataset.opened(week, stack)
            if part is None:
                return
            connection.execute("CREATE TABLE gone AS SELECT unnest($1) AS site_id", [list(sites)])
            source = f"FROM read_parquet('{part.name}') WHERE site_id"
            held = connection.execute(f"SELECT count(*) {source} IN (FROM gone)").fetchone()
            if held == (0,):
                return
            if held == (_count(connection, part),):
                self.dataset.drop(week)
                return
            old = about(connection, part)
            columns = self.table.from_older(old.table)
            rest = f"SELECT {columns} {source} NOT IN (FROM gone)"
            self._write(connection, week, rest, old.row_bytes)

    @contextlib.contextmanager
    def _at_work(
        self, week: str
    ) -> Iterator[tuple[duckdb.DuckDBPyConnection, contextlib.ExitStack]]:
        with (
            contextlib.ExitStack() as stack,
            engine(self.scratch, threads="1", memory_limit=_MEMORY) as connection,
            translating(f"the dataset of {week} cannot be written"),
        ):
            yield connection, stack

    def _pieces(
        self, connection: duckdb.DuckDBPyConnection, week: str, old: _Old | None
    ) -> Iterator[_Piece]:
        """Divide all sites of a week into ranges that fit into memory."""
        low = b""
        for cut in (*(_cuts(connection, old) if old else ()), None):
            more = True
            while more:
                # Read the spool briefly, because its log grows meanwhile.
                with reading(self.spool) as found:
                    hidden = set(found.forgotten().values())
                    rows = bounded(found.rows(week, low, cut))
                size = sum(kept.record.size for kept in rows)
                more = size >= MOST_BYTES or len(rows) == MOST_ROWS
                high = rows[-1].record.site_id if more else cut
                rows = [kept for kept in rows if kept.record.site_id not in hidden]
                yield _Piece(low, high, rows)
                low = high or b""

    def _write_piece(
        self, connection: duckdb.DuckDBPyConnection, old: _Old | None, piece: _Piece, name: str
    ) -> None:
        source = f"SELECT * EXCLUDE (week) FROM ({selecting(self.table)})"  # noqa: S608 - ours
        if old:
            upper = f"AND site_id <= unhex('{piece.high.hex()}')" if piece.high else ""
            source += (
                f" UNION ALL SELECT {self.table.from_older(old.about.table)} "  # noqa: S608 - ours
                f"FROM read_parquet('{old.part.name}') "
                f"WHERE site_id > unhex('{piece.low.hex()}') {upper} "
                f"AND site_id NOT IN (SELECT unnest(${SITES}::BLOB[])) ORDER BY site_id"
            )
        values = values_of([kept.record for kept in piece.rows])
        connection.execute(f"COPY ({source}) TO '{name}' {_BRIEF}", values)

    def _write(
        self, connection: duckdb.DuckDBPyConnection, week: str, source: str, row_bytes: int
    ) -> None:
        options = About(self.table, row_bytes).options
        with self.dataset.writing(week) as file:
            connection.execute(f"COPY ({source}) TO '{handle_name(file.fileno())}' {options}")


def _count(connection: duckdb.DuckDBPyConnection, part: Part) -> int:
    found = connection.execute(f"SELECT count(*) FROM read_parquet('{part.name}')")  # noqa: S608 - ours
    (count,) = found.fetchone() or (0,)
    return int(count)


def _cuts(connection: duckdb.DuckDBPyConnection, old: _Old) -> list[bytes]:
    """The sites at which a file is divided into pieces."""
    rows = min(max(MOST_BYTES // max(old.about.row_bytes, 1), 1), MOST_ROWS)
    found = connection.execute(
        "SELECT site_id FROM (SELECT site_id, row_number() OVER (ORDER BY site_id) AS place "  # noqa: S608 - ours
        f"FROM read_parquet('{old.part.name}')) WHERE place % {rows} = 0 ORDER BY site_id"
    ).fetchall()
    return [site for (site,) in found]
