"""Health: test whether reports can be stored, even if none arrive, and repair the spool."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import TYPE_CHECKING

from dropsonde.collector.store.condition import DEGRADED, OK
from dropsonde.collector.web.responses import RETRY_AFTER, told
from dropsonde.common.errors import ClockError, DropsondeError, StoreUnavailableError

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from dropsonde.collector.store.condition import Condition
    from dropsonde.collector.workers.pool import Pool

log = logging.getLogger(__name__)

UNCHECKED = "unchecked"  # reports cannot be checked, so none is taken
_LOOK = 1.0  # seconds between checks of the store's condition
_WRITE = 30  # checks without a report until a test write
_RETRY = 5  # the same after a failed write
_AGAIN = 60  # checks until a spool is set aside again


class Health:
    """Watches the store's condition, in the background while it is running.

    Args:
        condition: of the store.
        pool: checks reports.
    """

    def __init__(self, condition: Condition, pool: Pool) -> None:
        self._condition, self._pool = condition, pool
        self._said: dict[str, str] = {}  # the last logged line by subject
        self._saying = threading.Lock()
        self._commits, self._idle, self._rest = -1, 0, 0

    async def get(self, _: Request) -> Response:
        """Answer 200 while reports are stored, else 503, with one word."""
        word = await asyncio.to_thread(self._state)
        if word in {OK, DEGRADED}:
            return told(HTTPStatus.OK, word)
        headers = {"Retry-After": str(RETRY_AFTER)}
        return told(HTTPStatus.SERVICE_UNAVAILABLE, word, headers=headers)

    def _state(self) -> str:
        state = self._condition.state()
        self._say_why()  # after it, so that the log has the reason of this very answer
        return UNCHECKED if self._pool.failing and state in {OK, DEGRADED} else state

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Check the condition until the end."""
        task = asyncio.create_task(self._looking())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _looking(self) -> None:
        while True:
            try:
                await asyncio.to_thread(self._look)
            except DropsondeError as error:
                self._say("fault", str(error))
            except Exception as error:  # noqa: BLE001 - the collector continues to take reports
                self._say("fault", f"the check of the store failed with {type(error).__name__}")
            await asyncio.sleep(_LOOK)

    def _look(self) -> None:
        """Log new faults, test whether a report can be stored, and renew a damaged spool."""
        self._say_why()
        self._rest = max(self._rest - 1, 0)
        if self._condition.is_damaged and not self._rest:
            self._rest = _AGAIN
            if self._condition.renew() is None:
                log.error("the spool could not be read for a moment, and is sound")
        self._idle = self._idle + 1 if self._commits == self._condition.commits else 0
        self._commits = self._condition.commits
        if self._idle >= (_RETRY if self._condition.is_failing else _WRITE):
            self._idle = 0
            with contextlib.suppress(StoreUnavailableError):  # the condition's state tells it
                self._condition.probe()

    def _say_why(self) -> None:
        """Log the faults of the finished weeks and of the clock, each once."""
        for week, damage in tuple(self._condition.damaged_weeks.items()):
            self._say(week, str(damage))
        try:
            self._condition.watch.check()
        except ClockError as error:
            self._say("clock", str(error))
        else:
            with self._saying:
                if self._said.pop("clock", None):
                    log.error("the clock is back: reports are taken again")

    def _say(self, about: str, line: str) -> None:
        """Log a line once."""
        with self._saying:
            if self._said.get(about) != line:
                self._said[about] = line
                log.error("%s", line)
