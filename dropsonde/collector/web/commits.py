"""Waits for the store's commits in the event loop, which each of them wakes once.

``asyncio.wrap_future`` wakes it for each row, and each time the two threads wait for each other.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable
from concurrent.futures import Future
from typing import TypeVar

T = TypeVar("T")


class Commits:
    """The store's commits; its writer has to call :meth:`ended`."""

    def __init__(self) -> None:
        self._over: list[asyncio.Future[None]] = []

    async def wait(self, kept: Future[T]) -> T:
        """The result of a future of the store, or its error."""
        over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        kept.add_done_callback(lambda _: self._over.append(over))
        if not kept.done():  # else the writer may have called already
            await over
        return kept.result()

    def ended(self) -> None:
        """Wake the event loop, in the writer's thread: the futures of a commit are done."""
        over, self._over = self._over, []
        if over:
            with contextlib.suppress(RuntimeError):  # the loop has ended: nobody waits
                over[0].get_loop().call_soon_threadsafe(_wake, over)


def _wake(over: Iterable[asyncio.Future[None]]) -> None:
    for each in over:
        if not each.done():  # not cancelled
            each.set_result(None)
