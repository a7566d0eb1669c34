"""Senders that take turns.

A sender of many or costly reports has every process that is idle; as soon as others wait, each gets
one in turn.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Generic, TypeVar

T = TypeVar("T")


class Turns(Generic[T]):
    """A queue for each sender."""

    def __init__(self) -> None:
        self._queues: dict[object, deque[asyncio.Future[T]]] = {}

    def wait(self, sender: object) -> asyncio.Future[T]:
        """A future that :meth:`next` gives when it is this sender's turn."""
        turn: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._queues.setdefault(sender, deque()).append(turn)
        return turn

    def next(self) -> asyncio.Future[T] | None:
        """The first future of the sender whose turn it is; None if nobody waits."""
        while self._queues:
            sender = next(iter(self._queues))
            queue = self._queues.pop(sender)
            turn = queue.popleft()
            if queue:
                self._queues[sender] = queue  # behind all others
            if not turn.done():  # not cancelled
                return turn
        return None
