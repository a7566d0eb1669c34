"""``community_metrics`` for a reader: the dataset's files and the spool's rows as one table.

The spool is read first and the files are opened after it. A row that is compacted in between is in
both, and counts once: the spool's is the newer, or the same. This needs no lock, so a long query
blocks no other process.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dropsonde.collector.store.parquet.dataset import HANDLES, Dataset
from dropsonde.collector.store.parquet.duckdb import about, engine, translating
from dropsonde.collector.store.parquet.feeding import feed
from dropsonde.collector.store.parquet.schema import NAME, WEEK, Table, literal, load, table_of
from dropsonde.collector.store.spool.reader import pieces, reading
from dropsonde.schema.model import Column, Type

if TYPE_CHECKING:
    import duckdb

    from dropsonde.collector.store.directory import Directory
    from dropsonde.collector.store.parquet.dataset import Part

_UNREADABLE = "the dataset cannot be read"


@dataclass(frozen=True)
class View:
    """``community_metrics`` as of one moment.

    Args:
        connection: to the database that has it; it may still open files.
        table: its columns.
        files: the dataset's files, which a query may read.
    """

    connection: duckdb.DuckDBPyConnection
    table: Table
    files: tuple[str, ...]

    @property
    def columns(self) -> Sequence[Column]:
        """The table's columns, and the week."""
        return (*self.table.columns, Column(WEEK, Type.STRING, "The dataset's own."))

    def lock(self) -> None:
        """Refuse statements that open another file, use the network, or change a setting.

        The collector may replace or drop files meanwhile, which stay open here. DuckDB compares the
        names that files have when it opens them: Linux then adds to a file's name that it is
        deleted, and where its directory is gone, too, only its handle is left to name it by. (Pipes
        have no other name either, but they are this process's own.)
        """
        deleted = [f"{Path(file).readlink()} (deleted)" for file in self.files]
        allowed = ", ".join(map(literal, (*self.files, *deleted)))
        self.connection.execute(f"SET allowed_paths = [{allowed}]")
        self.connection.execute(f"SET allowed_directories = [{literal(HANDLES)}]")
        self.connection.execute("SET enable_external_access = false")
        self.connection.execute("SET lock_configuration = true")


@contextlib.contextmanager
def viewing(directory: Directory, columns: Sequence[Column]) -> Iterator[View]:
    """Open the dataset as of now.

    Raises:
        StoreUnavailableError: it cannot be read.
        SchemaError: the columns do not fit it.
    """
    with contextlib.ExitStack() as stack:
        scratch = stack.enter_context(directory.scratch())
        connection = stack.enter_context(engine(scratch))
        with translating(_UNREADABLE):
            with reading(directory.spool) as spool:
                # The spool's schema has every column of the spool's rows.
                known = table_of(load(spool.schema()), columns)
                connection.execute(known.ddl("spool"))
                lines = [
                    (kept.record.line for kept in spool.rows(week, *piece))
                    for week in spool.weeks()
                    for piece in pieces(spool.sizes(week))
                ]
                if lines:
                    feed(connection, scratch, lines, known, "INSERT INTO spool {}".format)
                hidden = list(set(spool.forgotten().values()))
            parts = {
                part: about(connection, part).table
                for part in Dataset(directory.dataset).parts(stack)
            }
            table = table_of(*(old.columns for old in parts.values()), known.columns)
            connection.execute(
                "CREATE TABLE hidden AS SELECT unnest($1::BLOB[]) AS site_id", [hidden]
            )
            sources = [_from_part(part, old, table) for part, old in parts.items()]
            sources.append(f"SELECT {table.from_older(known)}, week FROM spool")  # noqa: S608 - ours
            connection.execute(f"CREATE VIEW {NAME} AS {' UNION ALL '.join(sources)}")
        yield View(connection, table, tuple(part.name for part in parts))


def _from_part(part: Part, old: Table, table: Table) -> str:
    return (
        f"SELECT {table.from_older(old)}, {literal(part.week)} AS week "  # noqa: S608 - ours
        f"FROM read_parquet('{part.name}') WHERE site_id NOT IN (FROM hidden) "
        f"AND site_id NOT IN (SELECT site_id FROM spool WHERE week = {literal(part.week)})"
    )
