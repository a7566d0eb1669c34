"""The private dataset: one row a site an ISO week, on disk when it is acknowledged.

New rows wait in the spool; finished weeks are files, or in a store elsewhere. Whatever is
interrupted, a row is in one place or in both, and where it is in both the spool's counts. Whoever
asks for deletion is hidden at once, by a note that stays until nothing else holds that site.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from dropsonde.collector.store import note, spool
from dropsonde.collector.store.archive import Files
from dropsonde.collector.store.dataset import Dataset
from dropsonde.collector.store.directory import Directory, made
from dropsonde.collector.store.engine import about, engine, translating
from dropsonde.collector.store.reader import Reader
from dropsonde.collector.store.reading import reading
from dropsonde.collector.store.records import record_of
from dropsonde.collector.store.salvage import Salvage, salvaged
from dropsonde.collector.store.table import Table, load, table_of
from dropsonde.collector.store.upkeep import Upkeep
from dropsonde.collector.store.writer import Writer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Future
    from datetime import datetime
    from pathlib import Path

    from dropsonde.collector.row import Row
    from dropsonde.collector.store.archive import Archive, Remote
    from dropsonde.schema.columns import Column


class Store(Reader):
    """One collector's data directory; a context manager. Use :meth:`open`.

    Attributes:
        salvage: what became of a damaged spool when it was opened; None when it was sound.
    """

    def __init__(
        self,
        directory: Directory,
        table: Table,
        salvage: Salvage | None,
        stack: contextlib.ExitStack,
        remote: Remote | None,
    ) -> None:
        super().__init__(directory.root, table.columns)
        self.salvage = salvage
        self._names = {column.name for column in table.reported}
        self._writer = Writer(spool.connect(directory.spool))
        stack.callback(self._writer.close)
        archives: tuple[Archive, ...] = (Files(directory, table),)
        if remote is not None:
            archives = (*archives, remote.open(directory, table))
        self._remote = remote
        self._upkeep = Upkeep(directory, self._writer, archives)
        schema = table.dump()
        self._writer.submit(lambda connection: spool.set_schema(connection, schema)).result()
        self._writer.submit(spool.truncate, alone=True).result()
        if remote is None:  # which may be away: then the first upkeep does it
            self.erase()
        self._stack = stack.pop_all()

    @classmethod
    def open(
        cls,
        directory: Path,
        columns: Sequence[Column],
        clock: Callable[[], datetime],
        remote: Remote | None = None,
    ) -> Store:
        """Take possession of a data directory, and finish what a killed collector began.

        Args:
            directory: made when it is missing.
            columns: the newest schema.
            clock: names the place of a damaged spool.
            remote: where finished weeks go; None for files in the directory.

        Raises:
            DataDirectoryError: the directory is not private or not ours, or its finished weeks are
                in another store.
            CollectorBusyError: another collector has it.
            SchemaError: the schema does not fit what is stored.
            StoreUnavailableError: the disk fails, or is full.
        """
        place = made(directory)
        with contextlib.ExitStack() as stack:
            stack.enter_context(place.held())
            note.settle(place.root, remote.url if remote else None)
            salvage = salvaged(place, clock)
            place.sweep()
            Dataset(place.dataset).tidy()
            return cls(place, _known(place, columns), salvage, stack, remote)

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
        if not row.columns.keys() <= self._names:
            raise ValueError("a row has columns that the schema has not")
        record = record_of(row)
        return self._writer.submit(lambda connection: spool.put(connection, record))

    def depth(self) -> int:
        """How many rows are in the spool."""
        with reading(self._directory.spool) as found:
            return found.depth()

    def forget(self, site_id: bytes) -> None:
        """Let a site's rows vanish from every later query, whatever happens; files come later.

        It does the same for a site that is unknown. Call :meth:`erase` after it.
        """
        self._writer.submit(lambda connection: spool.forget(connection, site_id)).result()

    def erase(self) -> None:
        """Remove what is still held of forgotten sites, however long that takes.

        Raises:
            StoreUnavailableError: not all of it could be removed; the note stays.
        """
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
        return self._upkeep.compact(now)

    def retain(self, days: int, now: datetime) -> tuple[str, ...]:
        """Drop the weeks that ended more than so many days ago, and damaged spools of that age.

        Returns:
            The weeks that were dropped.
        """
        return self._upkeep.retain(days, now)


def _known(directory: Directory, columns: Sequence[Column]) -> Table:
    """The columns of all that is stored, and of the schema."""
    schemas = []
    with contextlib.closing(spool.connect(directory.spool)), reading(directory.spool) as found:
        schemas.append(load(found.schema()))
    with contextlib.ExitStack() as stack, directory.scratch() as scratch:
        connection = stack.enter_context(engine(scratch))
        with translating("the dataset cannot be read"):
            parts = Dataset(directory.dataset).parts(stack)
            schemas += [about(connection, part).table.columns for part in parts]
    return table_of(*schemas, columns)
