"""A token bucket for each network: what keeps one sender from taking the place of all others.

A network is a /24 of IPv4 or a /48 of IPv6. Addresses stand nowhere else, and a network is
forgotten as soon as its bucket would be full again.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from http import HTTPStatus
from ipaddress import IPv6Address, ip_address
from typing import TYPE_CHECKING, NamedTuple

from dropsonde.collector.web.answers import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp, Receive, Scope, Send

    from dropsonde.collector.web.limits import Limits
    from dropsonde.collector.web.metrics import Metrics

_HOST_BITS_4 = 32 - 24
_HOST_BITS_6 = 128 - 48


class _Bucket(NamedTuple):
    tokens: float
    filled: float  # when it had so many


class Buckets:
    """The buckets of the networks that lately asked for something.

    Args:
        limits: rate, burst and the number of networks.
        monotonic: seconds that only grow.
    """

    def __init__(self, limits: Limits, monotonic: Callable[[], float]) -> None:
        self._limits = limits
        self._monotonic = monotonic
        self._buckets: OrderedDict[tuple[int, int], _Bucket] = OrderedDict()

    def __len__(self) -> int:
        return len(self._buckets)

    def wait(self, host: str) -> int:
        """Take a token of a host's network.

        Args:
            host: an address; all that are none share a bucket.

        Returns:
            0 when there was one; else the seconds until there is one again.
        """
        rate, burst = self._limits.rate, self._limits.burst
        if not rate:
            return 0
        now = self._monotonic()
        self._forget(now - burst / rate)
        network = _network(host)
        bucket = self._buckets.get(network, _Bucket(burst, now))
        tokens = min(burst, bucket.tokens + (now - bucket.filled) * rate)
        wait = 0 if tokens >= 1 else math.ceil((1 - tokens) / rate)
        self._buckets[network] = _Bucket(tokens if wait else tokens - 1, now)
        self._buckets.move_to_end(network)
        return wait

    def _forget(self, before: float) -> None:
        """Drop the buckets that are full again, and the oldest when there are too many."""
        while self._buckets:
            oldest = next(iter(self._buckets))
            if self._buckets[oldest].filled > before and len(self._buckets) < self._limits.networks:
                return
            del self._buckets[oldest]


def _network(host: str) -> tuple[int, int]:
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
    """Lets a request through, or answers 429 before anything of its body is read.

    Args:
        app: what comes next.
        buckets: of all networks.
        metrics: counts the refused.
    """

    def __init__(self, app: ASGIApp, buckets: Buckets, metrics: Metrics) -> None:
        self._app = app
        self._buckets = buckets
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        app = self._app
        if scope["type"] == "http":
            client = scope.get("client")
            wait = self._buckets.wait(client[0] if client else "")
            if wait:
                self._metrics.refused("too_many")
                app = Refusal(
                    HTTPStatus.TOO_MANY_REQUESTS,
                    "too_many",
                    "too many requests from this network",
                    headers={"Retry-After": str(wait)},
                ).answer()
        await app(scope, receive, send)
