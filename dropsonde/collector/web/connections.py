"""The open connections of each network: no network can take all of them.

The connections of a network are limited. If all connections are taken, one that has not sent a
request yet is closed for the next one: one of the network that has the most.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Protocol

from dropsonde.collector.web.rate_limit import network_of

if TYPE_CHECKING:
    from dropsonde.collector.web.limits import Limits
    from dropsonde.collector.web.rate_limit import Network


class Connection(Protocol):
    """The needed properties of a connection."""

    client: tuple[str, int] | None
    transport: asyncio.Transport

    @property
    def waits(self) -> bool:
        """Whether it has not received its first request yet."""


class Connections:
    """The open connections of each network.

    Args:
        limits: of connections.
        proxies: addresses and networks without a limit of their own: the client behind a proxy's
            connection is unknown until it has sent a request.
    """

    def __init__(self, limits: Limits, proxies: Sequence[str]) -> None:
        self._limits = limits
        self._proxies = [ip_network(proxy) for proxy in proxies]
        self._open: defaultdict[Network, dict[Connection, None]] = defaultdict(dict)

    def opened(self, connection: Connection) -> bool:
        """Count a connection; False if its network has too many, and it has to be closed."""
        host = connection.client[0] if connection.client else ""
        if self._is_proxy(host):
            return True
        theirs = self._open[network_of(host)]
        if len(theirs) >= self._limits.network:
            return False
        while sum(map(len, self._open.values())) >= self._limits.connections - 1:
            if not self._make_room(len(theirs)):
                break  # it gets a 503, or is closed
        theirs[connection] = None
        return True

    def closed(self, connection: Connection) -> None:
        """Remove a connection, also one that was not counted."""
        network = network_of(connection.client[0] if connection.client else "")
        if network in self._open:
            self._open[network].pop(connection, None)
            if not self._open[network]:
                del self._open[network]

    def _make_room(self, least: int) -> bool:
        """Close a waiting connection of the largest network, if that has more than ``least``."""
        most = max(self._open.values(), key=len, default={})
        waiting = next((connection for connection in most if connection.waits), None)
        if len(most) <= least or waiting is None:
            return False
        del most[waiting]  # ``closed`` is called for it later
        waiting.transport.abort()
        return True

    def _is_proxy(self, host: str) -> bool:
        try:
            address = ip_address(host)
        except ValueError:
            return False
        return any(address in network for network in self._proxies)
