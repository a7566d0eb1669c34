"""Has reports checked, and charges their cost to their networks' buckets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dropsonde.collector.web.rate_limit import network_of
from dropsonde.collector.web.responses import unavailable
from dropsonde.collector.workers.pool import NoneLeftError
from dropsonde.collector.workers.process import EndedError

if TYPE_CHECKING:
    from dropsonde.collector.web.rate_limit import RateLimit
    from dropsonde.collector.web.responses import Refusal
    from dropsonde.collector.workers.messages import Answer
    from dropsonde.collector.workers.pool import Pool

# The cost of one request; one that costs more counts as several.
BYTES = 128 << 10  # decompressed
SECONDS = 0.004  # of CPU time
_PROCESS = 0.5  # seconds of CPU time that a new process takes


@dataclass(frozen=True)
class Checking:
    """Has reports checked.

    Args:
        pool: checks them; networks take turns.
        rate_limit: of all networks.
    """

    pool: Pool
    rate_limit: RateLimit

    async def run(self, host: str, size: int, message: Callable[[], bytes]) -> Answer:
        """Have a host's report checked.

        Args:
            host: the sender's address.
            size: of the report, in bytes.
            message: makes what a worker process is asked, once one is free.

        Raises:
            Refusal: 429, the host's network owes for earlier work; or 503, the process ended on
                this report, or there is none.
        """

        def allowed() -> bytes:
            self.rate_limit.check(host)
            return message()

        seconds = 0.0
        try:
            answer = await self.pool.ask(network_of(host), allowed)
            seconds = answer.seconds
        except EndedError as error:
            seconds = _PROCESS
            raise _unchecked() from error
        except NoneLeftError as error:
            raise _unchecked() from error
        finally:
            self.rate_limit.charge(host, max(size / BYTES, seconds / SECONDS) - 1)
        return answer


def _unchecked() -> Refusal:
    return unavailable("unchecked", "the report cannot be checked at the moment")
