"""Health: are reports kept? It is found out without any report, and mends itself where it can."""

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

log = logging.getLogger(__name__)

_LOOK = 1.0  # seconds between looks at what is known
_WRITE = 30  # looks without a report until one is tried
_RETRY = 5  # the same after one could not be kept
_AGAIN = 60  # looks until a spool is set aside once more


class Health:
    """What is known of the store's condition; it works in the background while it is running.

    Args:
        condition: of the store.
    """

    def __init__(self, condition: Condition) -> None:
        self._condition = condition
        self._said: dict[str, str] = {}  # what it is about, and the line
        self._saying = threading.Lock()
        self._commits, self._idle, self._rest = -1, 0, 0

    async def get(self, _: Request) -> Response:
        """200 while reports are kept, else 503, with one word."""
        word = await asyncio.to_thread(self._state)
        if word in {OK, DEGRADED}:
            return told(HTTPStatus.OK, word)
        headers = {"Retry-After": str(RETRY_AFTER)}
        return told(HTTPStatus.SERVICE_UNAVAILABLE, word, headers=headers)

    def _state(self) -> str:
        self._say_why()  # so that whoever is told of it finds the line in the log
        return self._condition.state()

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Look after it until the end."""
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
            except Exception as error:  # noqa: BLE001 - the collector goes on taking reports
                self._say("fault", f"the look at the store failed with {type(error).__name__}")
            await asyncio.sleep(_LOOK)

    def _look(self) -> None:
        """Say what is new, try whether a report would be kept, and mend the spool."""
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
            with contextlib.suppress(StoreUnavailableError):  # its state says so from now on
                self._condition.probe()

    def _say_why(self) -> None:
        """Say what is wrong with the finished weeks and with the clock, each once."""
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
        """Say a line once."""
        with self._saying:
            if self._said.get(about) != line:
                self._said[about] = line
                log.error("%s", line)
