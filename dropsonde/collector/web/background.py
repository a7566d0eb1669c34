"""What a running collector does besides: weeks to files, old weeks away, deletions done."""

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
_MINUTE = 60.0  # at least, between two rewritings: many deletions share one


@dataclass(frozen=True)
class Upkeep:
    """The work in the background.

    Args:
        store: to be kept up.
        forgotten: set when a site was forgotten.
        retain: days after which a week is dropped.
        clock: gives the time (aware).
    """

    store: Store
    forgotten: asyncio.Event
    retain: int
    clock: Callable[[], datetime]

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Do it until the end; what is under way then is completed, or done the next time."""
        tasks = [asyncio.create_task(work) for work in (self._hourly(), self._erasing())]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            self.store.interrupt()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _hourly(self) -> None:
        while True:
            await _do(self._compact)
            await asyncio.sleep(_HOUR)

    async def _erasing(self) -> None:
        while True:
            await self.forgotten.wait()
            self.forgotten.clear()
            await _do(self.store.erase)
            await asyncio.sleep(_MINUTE)

    def _compact(self) -> None:
        now = self.clock()
        self.store.retain(self.retain, now)
        self.store.compact(now)


async def _do(work: Callable[[], object]) -> None:
    """Work in a thread; what fails is said, and tried again the next time."""
    try:
        await asyncio.to_thread(work)
    except (ClockError, SpoolDamagedError, WeekDamagedError):
        return  # health says these, once, and mends what it can
    except DropsondeError as error:
        log.error("%s", error)  # noqa: TRY400 - the line is for the administrator
    except Exception as error:  # noqa: BLE001 - the collector goes on taking reports
        log.error("upkeep failed with %s", type(error).__name__)  # noqa: TRY400 - as above
