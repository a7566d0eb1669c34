"""Where finished weeks go: files of this directory or, past one machine, a store elsewhere.

Whatever an archive is, a row is taken into it before it leaves the spool, taking it again changes
nothing, and what is in the spool counts where both have a row of a site's week.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from dropsonde.collector.store.parquet.files import Dataset
from dropsonde.collector.store.parquet.merge import Merger
from dropsonde.common import weeks
from dropsonde.common.errors import WeekDamagedError

if TYPE_CHECKING:
    from dropsonde.collector.store.directory import Directory
    from dropsonde.collector.store.parquet.schema import Table


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

    A week whose file is damaged is left as it is, and its rows stay in the spool.

    Args:
        directory: held by this collector.
        table: the columns.
        damaged: the weeks that were found so, and what is to be said of them.
    """

    directory: Directory
    table: Table
    damaged: dict[str, WeekDamagedError] = field(default_factory=dict)

    @property
    def dataset(self) -> Dataset:
        """The finished weeks."""
        return Dataset(self.directory.dataset)

    def take(self, week: str) -> Iterator[list[int]]:
        """Write a week's file anew.

        Raises:
            WeekDamagedError: the file is not what was written.
        """
        moved: list[int] = []
        with noting(self.damaged, week), self.directory.scratch() as scratch:
            merger = Merger(self.directory.spool, self.dataset, self.table, scratch)
            moved = merger.merge(week)
        self._say([week])
        yield moved

    def without(self, sites: Collection[bytes]) -> None:
        """Rewrite the files that hold one of these sites.

        Raises:
            WeekDamagedError: a file is not what was written, and may hold them; all others are
                done.
        """
        found = self.dataset.weeks()
        with self.directory.scratch() as scratch:
            merger = Merger(self.directory.spool, self.dataset, self.table, scratch)
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

    def look_again(self) -> None:
        """Forget of a damaged week that was restored, or taken away."""
        for week in list(self.damaged):
            with noting(self.damaged, week), contextlib.ExitStack() as stack:
                self.dataset.opened(week, stack)

    def _say(self, found: Collection[str]) -> None:
        for week in found:
            if week in self.damaged:
                raise self.damaged[week]


@contextlib.contextmanager
def noting(damaged: dict[str, WeekDamagedError], week: str) -> Iterator[None]:
    """Note whether a week is damaged, and go on."""
    try:
        yield
    except WeekDamagedError as error:
        damaged[week] = error
    else:
        damaged.pop(week, None)
