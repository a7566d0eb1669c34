"""Repair a data directory before it is used, after a kill or a disk failure."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from dropsonde.collector.store import clock_watch
from dropsonde.collector.store.apart import apart
from dropsonde.collector.store.archive import Files, noting
from dropsonde.collector.store.deletions import Deletions
from dropsonde.collector.store.files_apart import FilesApart
from dropsonde.collector.store.parquet.dataset import Dataset
from dropsonde.collector.store.parquet.schema import load, table_of
from dropsonde.collector.store.spool import database
from dropsonde.collector.store.spool.aside import set_aside
from dropsonde.collector.store.spool.reader import reading
from dropsonde.collector.store.spool.sqlite_errors import translated

if TYPE_CHECKING:
    from dropsonde.collector.store.directory import Directory
    from dropsonde.common.errors import WeekDamagedError
    from dropsonde.schema.model import Column


class Ready(NamedTuple):
    """A data directory that is ready for use.

    Attributes:
        directory: held by this process.
        files: the finished weeks.
        deletions: the unfinished deletions.
        taken_in: weeks of an older version, whose files got their digests unchecked.
    """

    directory: Directory
    files: Files
    deletions: Deletions
    taken_in: tuple[str, ...]


def ready(
    directory: Directory,
    columns: Sequence[Column],
    clock: Callable[[], datetime],
    lock: int | None = None,
) -> Ready:
    """Complete what a killed collector began, and set a damaged spool aside.

    Args:
        directory: held by this process.
        columns: the newest schema.
        clock: gives the time (aware).
        lock: the handle of the lock, for a process that does the work on the finished weeks; None
            to do it in this one.

    Raises:
        SchemaError: the schema does not fit what is stored.
        StoreUnavailableError: the disk fails, or is full.
        FileError: likewise.
    """
    set_aside(directory, clock)
    directory.sweep()
    clock_watch.tidy(directory.root)
    dataset = Dataset(directory.dataset)
    dataset.tidy()
    taken_in = dataset.take_in()
    deletions = Deletions(directory.root)
    deletions.tidy()
    with contextlib.closing(connected(directory, deletions)), reading(directory.spool) as spool:
        known = load(spool.schema())
    if lock is None:
        files = files_of(directory, known, columns)
    else:
        work = partial(apart, lock, files_of) if dataset.weeks() else files_of
        found = work(directory, known, columns)
        files = FilesApart(directory, found.table, found.damaged, lock=lock)
    return Ready(directory, files, deletions, taken_in)


def connected(directory: Directory, deletions: Deletions) -> sqlite3.Connection:
    """Open the spool for writing; a new spool gets the notes of unfinished deletions.

    Raises:
        StoreUnavailableError: the disk fails, or is full.
    """
    connection = database.connect(directory.spool)
    try:
        deletions.settle(connection)
    except BaseException as error:
        connection.close()
        if isinstance(error, sqlite3.Error):
            raise translated(error) from error
        raise
    return connection


def files_of(directory: Directory, known: Sequence[Column], columns: Sequence[Column]) -> Files:
    """The finished weeks, with the columns of all stored rows and of the schema."""
    damaged: dict[str, WeekDamagedError] = {}
    weeks = Dataset(directory.dataset).weeks()
    schemas = list(_schemas(directory, weeks, damaged)) if weeks else []
    return Files(directory, table_of(known, *schemas, columns), damaged)


def _schemas(
    directory: Directory, weeks: Sequence[str], damaged: dict[str, WeekDamagedError]
) -> Iterator[Sequence[Column]]:
    # DuckDB is imported when it is needed: see ``apart``.
    from dropsonde.collector.store.parquet.duckdb import about, engine, translating  # noqa: PLC0415

    with contextlib.ExitStack() as stack, directory.scratch() as scratch:
        connection = stack.enter_context(engine(scratch))
        for week in weeks:
            # A damaged week is reported on access; it does not stop the collector.
            with noting(damaged, week), translating("the dataset cannot be read"):
                if part := Dataset(directory.dataset).opened(week, stack):
                    yield about(connection, part).table.columns
