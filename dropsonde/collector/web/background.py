"""The background tasks of a running collector: retention, deletions, finished weeks, known sites.

One deletion rewrites each week's file in which the site is. No query sees the site meanwhile, so
the deletions of an hour are gathered, and share one rewrite.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from dropsonde.common.errors import ClockError, DropsondeError, SpoolDamagedError, WeekDamagedError

if TYPE_CHECKING:
    from dropsonde.collector.store import Store

log = logging.getLogger(__name__)

_HOUR = 3600.0
_LOOK = 1.0  # seconds between checks whether the vocabulary changed
_MINUTE = 60.0


@dataclass(frozen=True)
class Upkeep:
    """The background tasks.

    Args:
        store: the store to maintain.
        retain: days after which a week is dropped.
        clock: gives the time (aware).
        refresh: reads the vocabulary again if it changed.
        known: reads the known sites if that is due, and drops old counts.
    """

    store: Store
    retain: int
    clock: Callable[[], datetime]
    refresh: Callable[[], object]
    known: Callable[[], object]

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Run the tasks until the end; work in progress is then completed, or done next time."""
        works = (self._hourly(), self._refreshing(), self._knowing())
        tasks = [asyncio.create_task(work) for work in works]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            self.store.interrupt()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _hourly(self) -> None:
        while True:
            await _do(self._maintain)
            await asyncio.sleep(_HOUR)

    async def _refreshing(self) -> None:
        while True:
            await asyncio.sleep(_LOOK)
            await _do(self.refresh)

    async def _knowing(self) -> None:
        while True:
            await _do(self.known)
            await asyncio.sleep(_MINUTE)

    def _maintain(self) -> None:
        now = self.clock()
        try:
            self.store.retain(self.retain, now)
        finally:
            self.store.compact(now)  # and erases: a week that cannot be dropped does not stop that


async def _do(work: Callable[[], object]) -> None:
    """Run work in a thread; log an error, and try again the next time."""
    try:
        await asyncio.to_thread(work)
    except (ClockError, SpoolDamagedError, WeekDamagedError):
        return  # health logs these once, and repairs what it can
    except DropsondeError as error:
        log.error("%s", error)  # noqa: TRY400 - the line is for the administrator
    except Exception as error:  # noqa: BLE001 - the collector continues to take reports
        log.error("upkeep failed with %s", type(error).__name__)  # noqa: TRY400 - as above
