"""Maintenance moves and removes rows: compaction, retention, deletion.

A task may be killed at any point; the next run completes it. A week's rows are in an archive before
the spool's are removed. The transaction that removes a site's rows notes the site as forgotten; the
note is removed once the archives hold none of its rows.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, NoReturn

from dropsonde.collector.store.parquet.dataset import Dataset
from dropsonde.collector.store.spool import aside, database
from dropsonde.collector.store.spool.reader import reading
from dropsonde.common import weeks
from dropsonde.common.errors import WeekDamagedError

if TYPE_CHECKING:
    from dropsonde.collector.store.archive import Archive
    from dropsonde.collector.store.deletions import Deletions
    from dropsonde.collector.store.directory import Directory
    from dropsonde.collector.store.spool.writer import Writer

_REMOVED_AT_ONCE = 128  # rows in a transaction: new rows must not wait long


@dataclass(frozen=True)
class Upkeep:
    """The collector's maintenance of its directory, one task at a time.

    Args:
        directory: held by this collector.
        writer: of the spool.
        archives: all that may hold finished weeks; rows move into the last one.
        deletions: the unfinished deletions.
    """

    directory: Directory
    writer: Writer
    archives: tuple[Archive, ...]
    deletions: Deletions
    lock: threading.Lock = field(default_factory=threading.Lock)

    def compact(self, now: datetime) -> tuple[str, ...]:
        """Move the rows of finished weeks into the archive; return the weeks with moved rows.

        Raises:
            WeekDamagedError: a week is damaged; all others are done.
        """
        with self.lock, contextlib.ExitStack() as damaged:
            _at_the_end(damaged, self._erase)
            with reading(self.directory.spool) as found:
                finished = [week for week in found.weeks() if weeks.finished_from(week) <= now]
            done = tuple(
                week for week in finished if _at_the_end(damaged, partial(self._compact_week, week))
            )
            if done:
                self.writer.submit(database.truncate, alone=True).result()
        return done

    def _compact_week(self, week: str) -> bool:
        any_moved = False
        for moved in self.archives[-1].take(week):
            any_moved = any_moved or bool(moved)
            for first in range(0, len(moved), _REMOVED_AT_ONCE):
                some = moved[first : first + _REMOVED_AT_ONCE]
                self.writer.submit(partial(database.remove, seqs=some)).result()
        return any_moved

    def retain(self, days: int, now: datetime) -> tuple[str, ...]:
        """Drop weeks and damaged spools that are older than ``days``; return the weeks.

        A damaged spool's age counts from when it was set aside. A week's age counts back from now
        or from the end of the newest stored week, whichever is earlier: so that week is never
        dropped, even if the clock is wrong.
        """
        with self.lock, contextlib.ExitStack() as stack:
            stack.callback(aside.retain, self.directory, now - timedelta(days=days))
            now = min([now, *map(weeks.last_moment, self._newest())])
            # The spool's rows are dropped even if an archive fails. They are the last: dropped
            # files first free the space that the spool may need.
            dropped: set[str] = set()
            stack.callback(self._retain_here, now - timedelta(days=days), dropped)
            for archive in self.archives:
                dropped.update(archive.retain(days, now))
        return tuple(sorted(dropped))

    def _newest(self) -> tuple[str, ...]:
        """The newest week that is stored here; empty if there is none."""
        with reading(self.directory.spool) as found:
            stored = {*found.weeks(), *Dataset(self.directory.dataset).weeks()}
        return (max(stored),) if stored else ()

    def _retain_here(self, limit: datetime, dropped: set[str]) -> None:
        with reading(self.directory.spool) as found:
            waiting = {week for week in found.weeks() if weeks.last_moment(week) < limit}
        for week in waiting:
            some = partial(database.remove_week, week=week, most=_REMOVED_AT_ONCE)
            while self.writer.submit(some).result():
                continue
        if waiting:
            self.writer.submit(database.truncate, alone=True).result()
        dropped.update(waiting)

    def erase(self) -> None:
        """Remove forgotten sites from the archives and from damaged spools."""
        with self.lock:
            self._erase()

    def _erase(self) -> None:
        with reading(self.directory.spool) as found:
            forgotten = found.forgotten()
        if not forgotten:
            return
        sites = set(forgotten.values())
        aside.forget(self.directory, sites)
        for archive in self.archives:
            archive.without(sites)
        # If a reader in another process keeps the log from being emptied, keep the notes.
        if self.writer.submit(database.truncate, alone=True).result():
            self.deletions.finish(forgotten.values())
            self.writer.submit(partial(database.forgot, ids=forgotten)).result()
            self.writer.submit(database.truncate, alone=True).result()


def _at_the_end(stack: contextlib.ExitStack, work: Callable[[], bool | None]) -> bool | None:
    """Do a part of the work; raise its WeekDamagedError when the other parts are also done."""
    try:
        return work()
    except WeekDamagedError as error:
        stack.callback(_raise, error)
        return False


def _raise(error: WeekDamagedError) -> NoReturn:
    raise error
