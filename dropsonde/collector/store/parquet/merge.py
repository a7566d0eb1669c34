"""Rewrite a week's file from its former rows and the spool's rows of that week.

The week may be larger than memory: both are read as lines of JSON, in ranges of sites that fit, and
one statement writes them, sorted by site.
"""

from __future__ import annotations

import contextlib
import heapq
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING

from dropsonde.collector.store.parquet.dataset import Dataset, Part, handle_name
from dropsonde.collector.store.parquet.duckdb import About, about, engine, translating
from dropsonde.collector.store.parquet.feeding import feed
from dropsonde.collector.store.parquet.schema import WEEK, literal
from dropsonde.collector.store.spool.reader import pieces, reading

if TYPE_CHECKING:
    import duckdb

    from dropsonde.collector.store.parquet.schema import Table
    from dropsonde.collector.store.spool.reader import Piece

_MEMORY = "512MB"
_AT_ONCE = 4096  # sites


@dataclass(frozen=True)
class _Old:
    """A week's former file.

    Args:
        connection: for queries while another one of the same database runs.
        part: the file.
        table: all columns, which the file may lack.
    """

    connection: duckdb.DuckDBPyConnection
    part: Part
    table: Table

    def sizes(self) -> Iterator[tuple[bytes, int]]:
        """The sites, in order, and the bytes of their rows, on average."""
        size = about(self.connection, self.part).row_bytes
        found = self.connection.execute(
            f"SELECT site_id FROM read_parquet('{self.part.name}') ORDER BY site_id"  # noqa: S608 - ours
        )
        while rows := found.fetchmany(_AT_ONCE):
            yield from ((site_id, size) for (site_id,) in rows)

    def lines(self, piece: Piece, without: Collection[bytes]) -> Iterable[tuple[bytes, bytes]]:
        """Sites in order, and their rows as lines of JSON."""
        upper = f"AND site_id <= unhex('{piece.high.hex()}')" if piece.high is not None else ""
        columns = self.table.from_older(about(self.connection, self.part).table)
        found = self.connection.execute(
            f"SELECT unhex(line.site_id), encode(to_json(line)::VARCHAR || chr(10)) "  # noqa: S608 - ours
            f"FROM (SELECT {self.table.to_json()} FROM (SELECT {columns}, "
            f"{literal(self.part.week)} AS {WEEK} FROM read_parquet('{self.part.name}') "
            f"WHERE site_id > unhex('{piece.low.hex()}') {upper} "
            "AND site_id NOT IN (SELECT unnest($1::BLOB[])) ORDER BY site_id)) AS line",
            [list(without)],
        )
        return found.fetchall()


@dataclass
class _Moved:
    """What is written: all rows, their bytes of JSON, and which of the spool's they are."""

    rows: int = 0
    size: int = 0
    seqs: list[int] = field(default_factory=list)

    def counted(self, sizes: Iterable[tuple[bytes, int]]) -> Iterator[tuple[bytes, int]]:
        """Sites and sizes, unchanged."""
        for each in sizes:
            self.rows += 1
            self.size += each[1]
            yield each


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
            old = _Old(connection.cursor(), part, self.table) if part else None
            with reading(self.spool) as found:
                sizes = heapq.merge(found.sizes(week), old.sizes() if old else ())
                ranges = list(pieces(moved.counted(sizes)))
            if not ranges:
                return []
            lines = [self._lines(week, old, piece, moved.seqs) for piece in ranges]
            with self._copying(week, moved.size // moved.rows) as copy:
                week_left_out = f"SELECT * EXCLUDE ({WEEK}) FROM"
                feed(
                    *(connection, self.scratch, lines, self.table),
                    lambda rows: copy(f"{week_left_out} ({rows})"),
                )
            if not (old or moved.seqs):
                self.dataset.drop(week)  # all its sites are being forgotten
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
            with self._copying(week, old.row_bytes) as copy:
                connection.execute(copy(rest))

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

    def _lines(self, week: str, old: _Old | None, piece: Piece, seqs: list[int]) -> Iterator[bytes]:
        """The lines of a range of sites; of a site that both have, the spool's."""
        # Read the spool briefly, because its log grows meanwhile.
        with reading(self.spool) as found:
            hidden = set(found.forgotten().values())
            rows = [kept for kept in found.rows(week, *piece) if kept.record.site_id not in hidden]
        seqs += (kept.seq for kept in rows)
        new = ((kept.record.site_id, kept.record.line) for kept in rows)
        newer = [kept.record.site_id for kept in rows]
        both = heapq.merge(new, old.lines(piece, newer) if old else (), key=itemgetter(0))
        for _, line in both:
            yield line

    @contextlib.contextmanager
    def _copying(self, week: str, row_bytes: int) -> Iterator[Callable[[str], str]]:
        """Replace a week's file; yield what makes the statement that writes it, of a SELECT."""
        options = About(self.table, row_bytes).options
        with self.dataset.writing(week) as file:
            target = handle_name(file.fileno())
            yield lambda source: f"COPY ({source}) TO '{target}' {options}"


def _count(connection: duckdb.DuckDBPyConnection, part: Part) -> int:
    found = connection.execute(f"SELECT count(*) FROM read_parquet('{part.name}')")  # noqa: S608 - ours
    (count,) = found.fetchone() or (0,)
    return int(count)
