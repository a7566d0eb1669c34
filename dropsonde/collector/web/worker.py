"""The thread that processes reports, so that the event loop can continue answering.

One thread: processing holds the interpreter's lock, so two would only wait for each other. Networks
take turns: a sender of many or costly reports waits for its own reports, and all others wait for
one of these at most. A report's cost is charged to its network's bucket.
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

# The cost of one request; one that costs more counts as several.
BYTES = 128 << 10  # decompressed
SECONDS = 0.004  # of CPU time


class Worker:
    """Processes reports one after the other.

    Args:
        rate_limit: of all networks.
    """

    def __init__(self, rate_limit: RateLimit) -> None:
        self._rate_limit = rate_limit
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="intake")
        self._turns: dict[Network, _Turn] = {}

    async def run(self, host: str, size: int, work: Callable[[], T]) -> T:
        """Run work in the thread for a host; its errors are raised here.

        Args:
            host: the sender's address.
            size: of the processed data, in bytes.
            work: runs in the thread.

        Raises:
            Refusal: 429, the host's network owes for earlier work.
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
        """Complete the work in progress, and end the thread."""
        self._pool.shutdown()

    @contextlib.asynccontextmanager
    async def _turn(self, network: Network) -> AsyncIterator[None]:
        """Wait until no other request of a network is served."""
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
    """The queue of a network's requests."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.waiting = 0
