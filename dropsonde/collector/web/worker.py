"""The thread in which reports are looked at, so that the event loop goes on answering.

One thread: looking at reports holds the interpreter's lock, and two would only wait for each other.
Networks take turns, so that whoever sends many or costly reports waits behind himself, and all
others behind one of his at most. What a report cost is taken off its network's bucket.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

from dropsonde.collector.web.rate_limit import network_of

if TYPE_CHECKING:
    from dropsonde.collector.web.rate_limit import Network, RateLimit

T = TypeVar("T")

# What a request may cost before it counts as several.
BYTES = 128 << 10  # unpacked
SECONDS = 0.004  # of the processor


class Worker:
    """Does the work of reports, one after the other.

    Args:
        rate_limit: of all networks.
    """

    def __init__(self, rate_limit: RateLimit) -> None:
        self._rate_limit = rate_limit
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="intake")
        self._turns: dict[Network, _Turn] = {}

    async def run(self, host: str, size: int, work: Callable[[], T]) -> T:
        """Have work done for a host; its errors are raised here.

        Args:
            host: who asks for it.
            size: of what it is done to, in bytes.
            work: runs in the thread.

        Raises:
            Refusal: 429, the host's network owes for work that was done.
        """
        async with self._turn(network_of(host)):
            self._rate_limit.check(host)
            cost = 0.0

            def timed() -> T:
                nonlocal cost
                begun = time.thread_time()
                try:
                    return work()
                finally:
                    cost = time.thread_time() - begun

            try:
                return await asyncio.get_running_loop().run_in_executor(self._pool, timed)
            finally:
                self._rate_limit.charge(host, max(size / BYTES, cost / SECONDS) - 1)

    def close(self) -> None:
        """Complete what is under way, and end the thread."""
        self._pool.shutdown()

    @contextlib.asynccontextmanager
    async def _turn(self, network: Network) -> AsyncIterator[None]:
        """Wait until nobody else of a network is served."""
        turn = self._turns.setdefault(network, _Turn())
        turn.waiting += 1
        try:
            async with turn.lock:
                yield
        finally:
            turn.waiting -= 1
            if not turn.waiting:
                del self._turns[network]


class _Turn:
    """Whose turn it is within a network."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.waiting = 0
