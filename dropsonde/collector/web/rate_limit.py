"""A token bucket for each network: it keeps one sender from crowding out all others.

A request takes a token, and more tokens if it is costly: a network may owe tokens.

A network is a /24 of IPv4 or a /48 of IPv6. Addresses are stored nowhere else, and a network is
forgotten as soon as its bucket would be full again.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable
from http import HTTPStatus
from ipaddress import IPv6Address, ip_address
from typing import TYPE_CHECKING, NamedTuple

from dropsonde.collector.web.responses import Refusal

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from dropsonde.collector.web.counters import Counters
    from dropsonde.collector.web.limits import Limits

_HOST_BITS_4 = 32 - 24
_HOST_BITS_6 = 128 - 48


Network = tuple[int, int]  # the version of IP, and the network's bits


class _Bucket(NamedTuple):
    tokens: float  # below 0: owed for earlier work
    filled: float  # when it had this number of tokens


class RateLimit:
    """The buckets of the networks with recent requests.

    Args:
        limits: rate, burst and the number of networks.
        monotonic: a clock of seconds that never goes back.
    """

    def __init__(self, limits: Limits, monotonic: Callable[[], float]) -> None:
        self._limits = limits
        self._monotonic = monotonic
        self._buckets: OrderedDict[Network, _Bucket] = OrderedDict()

    def __len__(self) -> int:
        return len(self._buckets)

    def take(self, host: str) -> None:
        """Take a token of a host's network.

        Args:
            host: an address; all invalid addresses share a bucket.

        Raises:
            Refusal: 429, the bucket is empty.
        """
        self._spend(host, least=1, tokens=1)

    def check(self, host: str) -> None:
        """Check that a host's network owes nothing.

        Raises:
            Refusal: 429, it was charged more than it had.
        """
        self._spend(host, least=0, tokens=0)

    def charge(self, host: str, tokens: float) -> None:
        """Take further tokens for a request's cost, even if the bucket does not have them yet."""
        if tokens > 0:
            self._spend(host, least=-math.inf, tokens=tokens)

    def _spend(self, host: str, *, least: float, tokens: float) -> None:
        rate, burst = self._limits.rate, self._limits.burst
        if not rate:
            return
        now = self._monotonic()
        self._forget(now)
        network = network_of(host)
        bucket = self._buckets.get(network, _Bucket(burst, now))
        there = min(burst, bucket.tokens + (now - bucket.filled) * rate)
        enough = there >= least
        self._buckets[network] = _Bucket(there - tokens if enough else there, now)
        self._buckets.move_to_end(network)
        if not enough:
            raise Refusal(
                HTTPStatus.TOO_MANY_REQUESTS,
                "too_many",
                "too many or too costly requests from this network",
                headers={"Retry-After": str(math.ceil((1 - there) / rate))},
            )

    def _forget(self, now: float) -> None:
        """Drop the buckets that are full again, and the oldest if there are too many."""
        rate, burst = self._limits.rate, self._limits.burst
        while self._buckets:
            bucket = self._buckets[next(iter(self._buckets))]
            full = bucket.tokens + (now - bucket.filled) * rate >= burst
            if not full and len(self._buckets) < self._limits.networks:
                return
            self._buckets.popitem(last=False)


def network_of(host: str) -> Network:
    """The version of IP and the network's bits."""
    try:
        address = ip_address(host)
    except ValueError:
        return (0, 0)
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is None:
            return (6, int(address) >> _HOST_BITS_6)
        address = address.ipv4_mapped
    return (4, int(address) >> _HOST_BITS_4)


class Throttle:
    """Passes a request on, or answers 429 before its body is read.

    Args:
        app: the next application.
        rate_limit: of all networks.
        counters: the metrics.
    """

    def __init__(self, app: ASGIApp, rate_limit: RateLimit, counters: Counters) -> None:
        self._app = app
        self._rate_limit = rate_limit
        self._counters = counters

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        app = self._app
        if scope["type"] == "http":
            client = scope.get("client")
            try:
                self._rate_limit.take(client[0] if client else "")
            except Refusal as refusal:
                self._counters.refused(refusal.reason)
                app = refusal.answer()
        await app(scope, receive, send)
