"""What moves rows on and removes them: compaction, retention, deletion.

Each may be killed anywhere; the next run does the rest. A week's file is replaced before the
spool's rows of it go; a site is noted as forgotten in the transaction that removes its rows, and
the note goes after the files.
"""

from __future__ import annotations

import mmap
import shutil
import threading
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from dropsonde.collector import weeks
from dropsonde.collector.store import spool
from dropsonde.collector.store.dataset import Dataset
from dropsonde.collector.store.merging import Merger
from dropsonde.collector.store.reading import reading

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime
    from pathlib import Path

    from dropsonde.collector.store.directory import Directory
    from dropsonde.collector.store.table import Table
    from dropsonde.collector.store.writer import Writer

GRACE = timedelta(hours=1)  # a request of a week's last second may still be on its way
_REMOVED_AT_ONCE = 128  # rows in a transaction, so that new ones need not wait long


@dataclass(frozen=True)
class Upkeep:
    """The collector's own work on its directory, one at a time.

    Args:
        directory: held by this collector.
        table: the columns.
        writer: of the spool.
    """

    directory: Directory
    table: Table
    writer: Writer
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def dataset(self) -> Dataset:
        """The finished weeks."""
        return Dataset(self.directory.dataset)

    def compact(self, now: datetime) -> tuple[str, ...]:
        """Move the rows of finished weeks into files; the weeks whose files were written."""
        with self.lock:
            self._erase()
            with reading(self.directory.spool) as found:
                finished = [week for week in found.weeks() if weeks.last_moment(week) + GRACE < now]
            done = tuple(week for week in finished if self._compact_week(week))
            if done:
                self.writer.submit(spool.truncate, alone=True).result()
        return done

    def _compact_week(self, week: str) -> bool:
        with self.directory.scratch() as scratch:
            merger = Merger(self.directory.spool, self.dataset, self.table, scratch)
            moved = merger.merge(week)
        for first in range(0, len(moved), _REMOVED_AT_ONCE):
            some = moved[first : first + _REMOVED_AT_ONCE]
            self.writer.submit(partial(spool.remove, seqs=some)).result()
        return bool(moved)

    def retain(self, days: int, now: datetime) -> tuple[str, ...]:
        """Drop weeks, and damaged spools, that are older than so many days; the weeks."""
        limit = now - timedelta(days=days)
        with self.lock:
            with reading(self.directory.spool) as found:
                waiting = {week for week in found.weeks() if weeks.last_moment(week) < limit}
            written = {week for week in self.dataset.weeks() if weeks.last_moment(week) < limit}
            for week in written:  # first: that gives space, where the spool may need some
                self.dataset.drop(week)
            for week in waiting:
                some = partial(spool.remove_week, week=week, most=_REMOVED_AT_ONCE)
                while self.writer.submit(some).result():
                    continue
            if waiting:
                self.writer.submit(spool.truncate, alone=True).result()
            for aside in self._asides():
                if aside.stat().st_mtime < limit.timestamp():
                    shutil.rmtree(aside)
        return tuple(sorted(waiting | written))

    def erase(self) -> None:
        """Rewrite the files that hold forgotten sites."""
        with self.lock:
            self._erase()

    def _erase(self) -> None:
        with reading(self.directory.spool) as found:
            forgotten = found.forgotten()
        if not forgotten:
            return
        sites = set(forgotten.values())
        with self.directory.scratch() as scratch:
            merger = Merger(self.directory.spool, self.dataset, self.table, scratch)
            for week in self.dataset.weeks():
                merger.without(week, sites)
        for aside in self._asides():
            if any(_holds(path, sites) for path in aside.iterdir()):
                shutil.rmtree(aside)
        # While a reader elsewhere keeps the log from being emptied, the names stay for next time.
        if self.writer.submit(spool.truncate, alone=True).result():
            self.writer.submit(partial(spool.forgot, ids=forgotten)).result()
            self.writer.submit(spool.truncate, alone=True).result()

    def _asides(self) -> list[Path]:
        place = self.directory.damaged
        return list(place.iterdir()) if place.is_dir() else []


def _holds(path: Path, sites: Collection[bytes]) -> bool:
    """Whether a file has one of these anywhere."""
    if path.stat().st_size == 0:
        return False
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        return any(data.find(site) >= 0 for site in sites)
