"""The private dataset: one row per site and ISO week, on disk when it is acknowledged.

New rows wait in the spool; finished weeks are in files or in a remote store. After any interruption
a row is in the spool, in its week or in both; if in both, the spool's counts. A site that asks for
deletion is hidden at once, by a note that stays until its rows are removed everywhere.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from dropsonde.collector.record import record_of
from dropsonde.collector.store import clock_watch, remote_state
from dropsonde.collector.store.condition import Condition
from dropsonde.collector.store.directory import made
from dropsonde.collector.store.known_sites import KnownSites
from dropsonde.collector.store.maintenance import Upkeep
from dropsonde.collector.store.opening import Ready, connected, ready
from dropsonde.collector.store.reader import Reader
from dropsonde.collector.store.spool import acknowledged, database
from dropsonde.collector.store.spool.reader import reading
from dropsonde.collector.store.spool.writer import Writer
from dropsonde.common.errors import ClockError, FileError, WeekDamagedError

if TYPE_CHECKING:
    from dropsonde.collector.record import Record
    from dropsonde.collector.row import Row
    from dropsonde.collector.store.archive import Archive, Remote
    from dropsonde.schema.model import Column


class Store(Reader):
    """One collector's data directory; a context manager. Use :meth:`open`.

    Attributes:
        taken_in: weeks of an older version, whose files got their digests unchecked.
        condition: whether rows can be stored now.
        known: the sites that have a row.
    """

    def __init__(
        self,
        found: Ready,
        watch: clock_watch.Watch,
        stack: contextlib.ExitStack,
        remote: Remote | None,
    ) -> None:
        directory, self._files, self._deletions, self.taken_in = found
        table = self._files.table
        super().__init__(directory.root, table.columns)
        self._watch, self._remote = watch, remote
        self._names = {column.name for column in table.reported}
        self._writer = Writer(self._connect, partial(acknowledged.write, directory.spool))
        stack.callback(self._writer.close)
        stack.callback(self._remember)
        archives: tuple[Archive, ...] = (self._files,)
        there = None if remote is None else remote.open(directory, table)
        if there is not None:
            archives = (*archives, there)
        self.known = KnownSites(directory, self._files, there)
        self._upkeep = Upkeep(directory, self._writer, archives, self._deletions)
        self.condition = Condition(self._upkeep, self._files, watch)
        self._remember()
        if remote is None:  # a remote store may be unreachable: its first upkeep does this
            with contextlib.suppress(WeekDamagedError):
                self.erase()
        self._stack = stack.pop_all()

    @classmethod
    def open(
        cls,
        directory: Path,
        columns: Sequence[Column],
        clock: Callable[[], datetime],
        remote: Remote | None = None,
        *,
        accept_clock: bool = False,
        stays: bool = False,
    ) -> Store:
        """Lock and open a data directory, and complete what a killed collector began.

        Args:
            directory: created if it is missing.
            columns: the newest schema.
            clock: gives the time (aware).
            remote: the store of finished weeks; None for files in the directory.
            accept_clock: a person confirms that the clock is right.
            stays: whether this process stays, so that other ones do what takes much memory.

        Raises:
            DataDirectoryError: the directory is not private or another user's, or its finished
                weeks are in another store.
            CollectorBusyError: another collector holds it.
            ClockError: the clock is more than a day from when the directory was last used.
            SchemaError: the schema does not fit what is stored.
            StoreUnavailableError: the disk fails, or is full.
        """
        opened = made(directory)
        with contextlib.ExitStack() as stack:
            lock = stack.enter_context(opened.held())
            if not accept_clock:
                clock_watch.check(opened, clock())
            remote_state.settle(opened.root, remote.url if remote else None)
            found = ready(opened, columns, clock, lock if stays else None)
            return cls(found, clock_watch.Watch(opened, clock), stack, remote)

    def _connect(self) -> sqlite3.Connection:
        connection = connected(self._directory, self._deletions)
        try:
            database.set_schema(connection, self._files.table.dump())
            database.truncate(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _remember(self) -> None:
        """Mark the time; on a full disk, or after a clock jump, keep the former mark."""
        with contextlib.suppress(FileError, ClockError):
            self._watch.remember()

    def __enter__(self) -> Store:  # noqa: PYI034 - Self comes with Python 3.11
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def interrupt(self) -> None:
        """Stop reading sites, and waiting for a remote store; the next run repeats the work."""
        self.known.interrupt()
        if self._remote is not None:
            self._remote.interrupt()

    def close(self) -> None:
        """Write what is pending, and release the directory."""
        with self._upkeep.lock:
            self._stack.close()

    def put(self, row: Row) -> bool:
        """Store a row; it is on disk when this returns.

        Returns:
            True if the spool had no row of this site in the row's week; False if it replaced that
            row. The dataset's files are not searched.

        Raises:
            StoreUnavailableError: it was not stored.
            ValueError: it has a column that the schema does not have.
        """
        return self.submit(row).result()

    def submit(self, row: Row) -> Future[bool]:
        """As :meth:`put`, but without waiting; cancelling the future is safe."""
        if not row.columns.keys() <= self._names:
            raise ValueError("a row has columns that the schema has not")
        return self.keep(record_of(row))

    def keep(self, record: Record) -> Future[bool]:
        """As :meth:`submit`, for a record that was made elsewhere, of this schema's columns."""
        self.condition.check()
        return self._writer.submit(
            lambda connection: database.put(connection, record),
            after=partial(self.known.add, record.site_id),
        )

    def watch(self, ended: Callable[[], object]) -> None:
        """Have a function called after each commit, once its futures are done."""
        self._writer.ended = ended

    def depth(self) -> int:
        """The number of rows in the spool."""
        with reading(self._directory.spool) as found:
            return found.depth()

    def forget(self, site_id: bytes) -> None:
        """Hide a site's rows durably from every later query.

        It does the same for an unknown site. :meth:`erase` and :meth:`compact` rewrite the files.

        Raises:
            StoreUnavailableError: the disk fails, or is full.
        """
        self._deletions.add(site_id)
        self._writer.submit(
            lambda connection: database.forget(connection, site_id),
            after=partial(self.known.remove, site_id),
        ).result()

    def erase(self) -> None:
        """Remove all remaining rows of forgotten sites; this may take long.

        Raises:
            StoreUnavailableError: some could not be removed; the note stays.
        """
        with self.condition.noticing():
            self._upkeep.erase()

    def delete(self, site_id: bytes) -> None:
        """Remove a site everywhere: :meth:`forget`, then :meth:`erase`."""
        self.forget(site_id)
        self.erase()

    def compact(self, now: datetime) -> tuple[str, ...]:
        """Move the rows of finished weeks into the dataset; safe at any time.

        Returns:
            The weeks with moved rows.

        Raises:
            StoreUnavailableError: the disk fails, or is full, or a remote store is unreachable;
                each row stays where it was.
        """
        self._watch.check()
        self._remember()
        self._files.look_again()
        with self.condition.noticing():
            return self._upkeep.compact(now)

    def retain(self, days: int, now: datetime) -> tuple[str, ...]:
        """Drop the weeks that ended more than ``days`` ago, and damaged spools of that age.

        Returns:
            The weeks that were dropped.
        """
        self._watch.check()
        with self.condition.noticing():
            dropped = self._upkeep.retain(days, now)
        if dropped:
            self.known.weeks_dropped()
        return dropped
