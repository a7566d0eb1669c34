"""The worker processes of a collector: each has one report at a time; one that ends is replaced.

No queue, pipe or lock is shared between processes, since one that dies within would take the others
with it; so the pools of the standard library end with their first dead process.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import pickle
import signal
import time
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING

import msgspec

from dropsonde.collector.workers.messages import decode
from dropsonde.collector.workers.process import EndedError, Process
from dropsonde.collector.workers.turns import Turns

if TYPE_CHECKING:
    from dropsonde.collector.intake.vocabulary import Words
    from dropsonde.collector.workers.messages import Answer

log = logging.getLogger(__name__)

_LOOK = 1.0  # seconds between looks at the words; also the least between two starts in one place
_REST = 5.0  # seconds after a start that failed


class NoneLeftError(Exception):
    """No process is there, and none can be started."""


class Pool:
    """Worker processes, while it is running.

    Args:
        count: how many.
        words: gives what they check against; another object whenever that changed.
        replaced: is called for each process that ended without being asked to.

    Attributes:
        failing: whether none is there, since none can be started.
    """

    def __init__(
        self, count: int, words: Callable[[], Words], replaced: Callable[[], object]
    ) -> None:
        self._count, self._words, self._replaced = count, words, replaced
        self._there: set[Process] = set()
        self._idle: list[Process] = []
        self._turns: Turns[Process] = Turns()
        self._changing = asyncio.Semaphore(1)
        self.failing = False

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Keep the processes until the end; it begins when each is ready, or failed to start."""
        tried = [asyncio.Event() for _ in range(self._count)]
        tasks = [asyncio.create_task(self._keep(each)) for each in tried]
        try:
            for each in tried:
                await each.wait()
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            for process in self._there:
                process.end()

    async def ask(self, sender: object, message: Callable[[], bytes]) -> Answer:
        """The answer of the next free process.

        Args:
            sender: who takes turns with others.
            message: makes what it is asked, once it is free.

        Raises:
            EndedError: it ended meanwhile, or took too long.
            NoneLeftError: there is none.
        """
        process = await self._free(sender)
        try:
            return decode(await process.ask(message()))
        except msgspec.MsgspecError as error:
            process.kill()
            raise EndedError from error
        finally:
            self._give(process)

    async def _free(self, sender: object) -> Process:
        while True:
            if self._idle:
                process = self._idle.pop()
            elif self.failing:
                raise NoneLeftError
            else:
                process = await self._turn(sender)
            if not process.ended.done():
                return process

    async def _turn(self, sender: object) -> Process:
        turn = self._turns.wait(sender)
        try:
            return await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled() and turn.exception() is None:
                self._give(turn.result())
            raise

    def _give(self, process: Process) -> None:
        """Let a process that is free have the next report."""
        if process.retired:
            self._end(process)
        elif not process.ended.done():
            if turn := self._turns.next():
                turn.set_result(process)
            else:
                self._idle.append(process)

    def _retire(self, process: Process) -> None:
        """End a process as soon as it is free."""
        process.retired = True
        if process in self._idle:
            self._idle.remove(process)
            self._end(process)

    def _end(self, process: Process) -> int:
        self._there.discard(process)
        return process.end()

    async def _keep(self, tried: asyncio.Event) -> None:
        """Keep one process ready, with the words in force."""
        process: Process | None = None
        while True:
            begun, words = time.monotonic(), self._words()
            # One after the other once reports are taken: the former ones answer meanwhile.
            async with self._changing if tried.is_set() else contextlib.AsyncExitStack():
                following = await self._started(words)
            tried.set()
            if following is None:
                await asyncio.sleep(_REST)
                continue
            if process is not None:
                self._retire(process)
            process = following
            self._give(process)
            while self._words() is words and not process.ended.done():
                await asyncio.wait([process.ended], timeout=_LOOK)
            if process.ended.done():
                self._bury(process)
                process = None
                await asyncio.sleep(max(begun + _LOOK - time.monotonic(), 0))

    async def _started(self, words: Words) -> Process | None:
        try:
            process = await Process.started(pickle.dumps(words))
        except (OSError, EndedError) as error:
            if all(each.ended.done() for each in self._there):
                self._fail(getattr(error, "strerror", None) or "it ends at once")
            return None
        if self.failing:
            self.failing = False
            log.error("processes that check reports can be started again")
        self._there.add(process)
        return process

    def _fail(self, why: str) -> None:
        if not self.failing:
            log.error("no process that checks reports can be started: %s", why)
        self.failing = True
        while turn := self._turns.next():
            turn.set_exception(NoneLeftError())

    def _bury(self, process: Process) -> None:
        """Note that a process ended by itself."""
        if process in self._idle:
            self._idle.remove(process)
        code = self._end(process)
        how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        log.error("a process that checks reports ended (%s): another one takes its place", how)
        self._replaced()
