"""The private dataset: one row a site an ISO week, on disk when it is acknowledged.

New rows wait in the spool; finished weeks are files, or in a store elsewhere. Whatever is
interrupted, a row is in one place or in both, and where it is in both the spool's counts. Whoever
asks for deletion is hidden at once, by a note that stays until nothing else holds that site.
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

from dropsonde.collector.store import clock as clocks
from dropsonde.collector.store import remote_state
from dropsonde.collector.store.condition import Condition
from dropsonde.collector.store.directory import made
from dropsonde.collector.store.maintenance import Upkeep
from dropsonde.collector.store.opening import Ready, connected, ready
from dropsonde.collector.store.reader import Reader
from dropsonde.collector.store.spool import acknowledged, database
from dropsonde.collector.store.spool.reader import reading
from dropsonde.collector.store.spool.record import record_of
from dropsonde.collector.store.spool.writer import Writer
from dropsonde.common.errors import ClockError, FileError, WeekDamagedError

if TYPE_CHECKING:
    from dropsonde.collector.row import Row
    from dropsonde.collector.store.archive import Archive, Remote
    from dropsonde.schema.model import Column


class Store(Reader):
    """One collector's data directory; a context manager. Use :meth:`open`.

    Attributes:
        taken_in: weeks of an older version, whose files got their digests as they are.
        condition: whether rows can be kept now.
    """

    def __init__(
        self,
        found: Ready,
        watch: clocks.Watch,
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
        if remote is not None:
            archives = (*archives, remote.open(directory, table))
        self._upkeep = Upkeep(directory, self._writer, archives, self._deletions)
        self.condition = Condition(self._upkeep, self._files, watch)
        self._remember()
        if remote is None:  # which may be away: then the first upkeep does it
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
    ) -> Store:
        """Take possession of a data directory, and finish what a killed collector began.

        Args:
            directory: made when it is missing.
            columns: the newest schema.
            clock: gives the time (aware).
            remote: where finished weeks go; None for files in the directory.
            accept_clock: a person says that the clock is right.

        Raises:
            DataDirectoryError: the directory is not private or not ours, or its finished weeks are
                in another store.
            CollectorBusyError: another collector has it.
            ClockError: the clock is more than a day from when the directory was last used.
            SchemaError: the schema does not fit what is stored.
            StoreUnavailableError: the disk fails, or is full.
        """
        place = made(directory)
        with contextlib.ExitStack() as stack:
            stack.enter_context(place.held())
            if not accept_clock:
                clocks.check(place, clock())
            remote_state.settle(place.root, remote.url if remote else None)
            found = ready(place, columns, clock)
            return cls(found, clocks.Watch(place, clock), stack, remote)

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
        """Mark the time; a full disk, or a clock that jumped, leaves the mark of before."""
        with contextlib.suppress(FileError, ClockError):
            self._watch.remember()

    def __enter__(self) -> Store:  # noqa: PYI034 - Self comes with Python 3.11
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def interrupt(self) -> None:
        """Let work that waits for a store elsewhere end early; it is done anew the next time."""
        if self._remote is not None:
            self._remote.interrupt()

    def close(self) -> None:
        """Write what waits, and let go of the directory."""
        with self._upkeep.lock:
            self._stack.close()

    def put(self, row: Row) -> bool:
        """Keep a row; it is on disk when this returns.

        Returns:
            True when the spool had no row of this site in the row's week; False when it took that
            row's place. What is in the dataset's files is not looked up.

        Raises:
            StoreUnavailableError: it was not kept.
            ValueError: it has a column that the schema has not.
        """
        return self.submit(row).result()

    def submit(self, row: Row) -> Future[bool]:
        """As :meth:`put`, for those who wait in another way; cancelling is safe."""
        self.condition.check()
        if not row.columns.keys() <= self._names:
            raise ValueError("a row has columns that the schema has not")
        record = record_of(row)
        return self._writer.submit(lambda connection: database.put(connection, record))

    def depth(self) -> int:
        """How many rows are in the spool."""
        with reading(self._directory.spool) as found:
            return found.depth()

    def forget(self, site_id: bytes) -> None:
        """Let a site's rows vanish from every later query, whatever happens; files come later.

        It does the same for a site that is unknown. Call :meth:`erase` after it.

        Raises:
            StoreUnavailableError: the disk fails, or is full.
        """
        self._deletions.add(site_id)
        self._writer.submit(lambda connection: database.forget(connection, site_id)).result()

    def erase(self) -> None:
        """Remove what is still held of forgotten sites, however long that takes.

        Raises:
            StoreUnavailableError: not all of it could be removed; the note stays.
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
            The weeks of which rows were moved.

        Raises:
            StoreUnavailableError: the disk fails, or is full, or a store elsewhere is away; each
                row is still where it was.
        """
        self._watch.check()
        self._remember()
        self._files.look_again()
        with self.condition.noticing():
            return self._upkeep.compact(now)

    def retain(self, days: int, now: datetime) -> tuple[str, ...]:
        """Drop the weeks that ended more than so many days ago, and damaged spools of that age.

        Returns:
            The weeks that were dropped.
        """
        self._watch.check()
        with self.condition.noticing():
            return self._upkeep.retain(days, now)
