"""Where finished weeks go: files of this directory or, past one machine, a store elsewhere.

Whatever an archive is, a row is taken into it before it leaves the spool, taking it again changes
nothing, and what is in the spool counts where both have a row of a site's week.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from dropsonde.collector import weeks
from dropsonde.collector.store.dataset import Dataset
from dropsonde.collector.store.merging import Merger

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from datetime import datetime

    from dropsonde.collector.store.directory import Directory
    from dropsonde.collector.store.table import Table


class Archive(Protocol):
    """Holds the rows of finished weeks. Its methods may be killed anywhere and run again."""

    def take(self, week: str) -> Iterator[list[int]]:
        """Take the spool's rows of a week in; a site that is being forgotten is left out.

        Yields:
            The versions of rows that are in it now for good, in one or several pieces.
        """
        ...

    def without(self, sites: Collection[bytes]) -> None:
        """Remove all rows of some sites; when it returns, none is left."""
        ...

    def retain(self, days: int, now: datetime) -> tuple[str, ...]:
        """Drop what is older than so many days; the weeks, where that is known."""
        ...


class Remote(Protocol):
    """An archive elsewhere, which the collector's directory is to be used with.

    Attributes:
        url: its name, as the administrator writes it.
    """

    @property
    def url(self) -> str: ...  # noqa: D102 - as above

    def open(self, directory: Directory, table: Table) -> Archive:
        """Make it ready for a directory's rows; it may be away, and is asked nothing yet."""
        ...

    def interrupt(self) -> None:
        """Let what is under way end early, from another thread; it is done anew the next time."""
        ...


@dataclass(frozen=True)
class Files:
    """The dataset's files in the data directory.

    Args:
        directory: held by this collector.
        table: the columns.
    """

    directory: Directory
    table: Table

    @property
    def dataset(self) -> Dataset:
        """The finished weeks."""
        return Dataset(self.directory.dataset)

    def take(self, week: str) -> Iterator[list[int]]:
        """Write a week's file anew."""
        with self.directory.scratch() as scratch:
            merger = Merger(self.directory.spool, self.dataset, self.table, scratch)
            moved = merger.merge(week)
        yield moved

    def without(self, sites: Collection[bytes]) -> None:
        """Rewrite the files that hold one of these sites."""
        with self.directory.scratch() as scratch:
            merger = Merger(self.directory.spool, self.dataset, self.table, scratch)
            for week in self.dataset.weeks():
                merger.without(week, sites)

    def retain(self, days: int, now: datetime) -> tuple[str, ...]:
        """Remove old weeks' files."""
        limit = now - timedelta(days=days)
        old = tuple(week for week in self.dataset.weeks() if weeks.last_moment(week) < limit)
        for week in old:
            self.dataset.drop(week)
        return old
