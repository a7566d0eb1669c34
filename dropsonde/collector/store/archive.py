"""Archives of finished weeks: files in the data directory, or a remote store.

For every archive, a row is added before it leaves the spool, adding it again changes nothing, and
if both have a row of a site's week, the spool's counts.
"""

from __future__ import annotations

import contextlib
import threading
from array import array
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from dropsonde.collector.store.parquet.dataset import Dataset
from dropsonde.collector.store.parquet.site_digests import collecting
from dropsonde.collector.store.spool.reader import reading
from dropsonde.common import weeks
from dropsonde.common.errors import WeekDamagedError

if TYPE_CHECKING:
    from dropsonde.collector.store.directory import Directory
    from dropsonde.collector.store.parquet.merge import Merger
    from dropsonde.collector.store.parquet.schema import Table


class Archive(Protocol):
    """Holds the rows of finished weeks. Its methods may be killed at any point and run again."""

    def take(self, week: str) -> Iterator[list[int]]:
        """Add the spool's rows of a week, without sites that are being forgotten.

        Yields:
            The versions of the rows that are now stored durably, in one or several pieces.
        """
        ...

    def without(self, sites: Collection[bytes]) -> None:
        """Remove all rows of some sites; they are removed when this returns."""
        ...

    def retain(self, days: int, now: datetime) -> tuple[str, ...]:
        """Drop weeks that are older than ``days``; return them, if they are known."""
        ...


class RemoteArchive(Archive, Protocol):
    """A remote archive of finished weeks."""

    def sites(self) -> Iterator[bytes]:
        """The ids of all sites that have a row."""
        ...


class Remote(Protocol):
    """A remote archive that the collector's directory uses.

    Attributes:
        url: its name, as the administrator writes it.
    """

    @property
    def url(self) -> str: ...  # noqa: D102 - as above

    def open(self, directory: Directory, table: Table) -> RemoteArchive:
        """Open it for a directory's rows; no request is sent yet, so it may be unreachable."""
        ...

    def interrupt(self) -> None:
        """Stop the current work early, from another thread; the next run repeats it."""
        ...


@dataclass(frozen=True)
class Files:
    """The dataset's files in the data directory.

    A damaged week's file stays unchanged, and the week's rows stay in the spool.

    Args:
        directory: held by this collector.
        table: the columns.
        damaged: the damaged weeks and their errors.
    """

    directory: Directory
    table: Table
    damaged: dict[str, WeekDamagedError] = field(default_factory=dict)

    @property
    def dataset(self) -> Dataset:
        """The finished weeks."""
        return Dataset(self.directory.dataset)

    def take(self, week: str) -> Iterator[list[int]]:
        """Rewrite a week's file.

        Raises:
            WeekDamagedError: the file is not what was written.
        """
        yield self.merged(week)

    def merged(self, week: str) -> list[int]:
        """As :meth:`take`, at once."""
        moved: list[int] = []
        with noting(self.damaged, week), self._merging() as merger:
            moved = merger.merge(week)
        self._say([week])
        return moved

    def without(self, sites: Collection[bytes]) -> None:
        """Rewrite the files that hold one of these sites.

        Raises:
            WeekDamagedError: a file is not what was written, and may hold them; all other files
                are done.
        """
        found = self.dataset.weeks()
        with self._merging() as merger:
            for week in found:
                with noting(self.damaged, week):
                    merger.without(week, sites)
        self._say(found)

    def retain(self, days: int, now: datetime) -> tuple[str, ...]:
        """Remove old weeks' files."""
        limit = now - timedelta(days=days)
        old = tuple(week for week in self.dataset.weeks() if weeks.last_moment(week) < limit)
        for week in old:
            self.dataset.drop(week)
            self.damaged.pop(week, None)
        return old

    def digests(
        self, secret: bytes, stop: threading.Event | None = None
    ) -> tuple[array[int], set[bytes]]:
        """The digests of the sites that have a row in the directory; and the hidden sites.

        Of a site that is being forgotten, only a row in the spool counts. A damaged week's sites
        are left out.

        Args:
            secret: keys the digests.
            stop: set to end early.

        Returns:
            The digests in order, each once; and the ids of the sites that are being forgotten.

        Raises:
            StoreUnavailableError: the directory cannot be read, or this is to stop.
            OSError: the disk fails, or is full.
        """
        with (
            self.directory.scratch() as scratch,
            collecting(scratch, secret, stop or threading.Event()) as digests,
        ):
            with reading(self.directory.spool) as spool:  # first: a row may move meanwhile
                digests.add(spool.sites())
                hidden = set(spool.forgotten().values())
            for week in self.dataset.weeks():
                with noting(self.damaged, week), contextlib.ExitStack() as stack:
                    if part := self.dataset.opened(week, stack):
                        digests.add_part(part, hidden)
            return digests.in_order(), hidden

    @contextlib.contextmanager
    def _merging(self) -> Iterator[Merger]:
        from dropsonde.collector.store.parquet.merge import Merger  # noqa: PLC0415 - see ``apart``

        with self.directory.scratch() as scratch:
            yield Merger(self.directory.spool, self.dataset, self.table, scratch)

    def look_again(self) -> None:
        """Clear damaged weeks that were restored or moved away."""
        for week in list(self.damaged):
            with noting(self.damaged, week), contextlib.ExitStack() as stack:
                self.dataset.opened(week, stack)

    def _say(self, found: Collection[str]) -> None:
        for week in found:
            if week in self.damaged:
                raise self.damaged[week]


@contextlib.contextmanager
def noting(damaged: dict[str, WeekDamagedError], week: str) -> Iterator[None]:
    """Record whether a week is damaged, and continue."""
    try:
        yield
    except WeekDamagedError as error:
        damaged[week] = error
    else:
        damaged.pop(week, None)
