"""The server: uvicorn in this process, on an open socket."""

from __future__ import annotations

import asyncio
import logging
import resource
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

import uvicorn

from dropsonde.collector.web.deadlines import MOST, limited
from dropsonde.common.errors import ConfigError

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from dropsonde.collector.web.limits import Limits

log = logging.getLogger(__name__)

_Socket = socket.socket

_BACKLOG = 1024
_AT_ONCE = 16  # accepted at once; asyncio uses the same number for the backlog
_OPENING = 4 * _AT_ONCE  # accepted connections that are not checked, or refused but not closed
_FILES = 64  # open files besides connections: the store's, the log's
_HEAD_BYTES = 16 << 10
_HEADERS = (
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
    ("Referrer-Policy", "no-referrer"),
    ("X-Content-Type-Options", "nosniff"),
)


@dataclass(frozen=True)
class Listener:
    """The collector's listening sockets.

    Args:
        socket: for reports.
        proxies: addresses and networks whose X-Forwarded-For is trusted.
        counters: for the metrics; None to serve none.
    """

    socket: _Socket
    proxies: Sequence[str] = ()
    counters: _Socket | None = None

    @property
    def url(self) -> str:
        """The URL with the actual port."""
        return url_of(self.socket)


def url_of(listening: socket.socket) -> str:
    """The URL of a listening socket."""
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def is_loopback(listening: socket.socket) -> bool:
    """Whether a socket can be reached only from this machine."""
    return ip_address(listening.getsockname()[0].partition("%")[0]).is_loopback


def listening(host: str, port: int) -> socket.socket:
    """Listen on a host's first address.

    Raises:
        ConfigError: the address is not available.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, _, _, _, address = found[0]
        made = socket.create_server(address, family=family, backlog=_BACKLOG)
        # asyncio sets it only on its own sockets; without it, each answer waits 40 ms for an ACK.
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except (OSError, UnicodeError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or "no such address"
        reason = reason.partition(" (while")[0]  # Python adds the address, which the message has
        raise ConfigError(
            f"cannot listen on {host}, port {port}: {reason}", "choose another --host or --port"
        ) from error
    else:
        return made


def serve(app: ASGIApp, listener: Listener, limits: Limits, ready: Callable[[], object]) -> None:
    """Serve until SIGTERM or SIGINT, then complete the requests in progress.

    Args:
        app: the application.
        listener: its sockets are closed afterwards.
        limits: of connections.
        ready: called once requests are answered.
    """
    server = server_of(app, listener, limits, ready)
    for number in (signal.SIGINT, signal.SIGTERM):  # uvicorn raises them again at its end
        signal.signal(number, server.handle_exit)
    counters = [listener.counters] if listener.counters else []
    server.run([listener.socket, *counters])


def server_of(
    app: ASGIApp, listener: Listener, limits: Limits, ready: Callable[[], object]
) -> uvicorn.Server:
    """A server that is not started; it ends when its ``should_exit`` is set."""
    if limits.connections > (most := _connections()):
        limits = limits._replace(connections=most, network=max(most // 2, 1))
    config = uvicorn.Config(
        app,
        http=limited(limits, listener.proxies),
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        proxy_headers=bool(listener.proxies),
        forwarded_allow_ips=list(listener.proxies),
        server_header=False,
        headers=list(_HEADERS),
        limit_concurrency=limits.connections,
        backlog=_AT_ONCE,
        timeout_keep_alive=limits.idle,
        timeout_graceful_shutdown=limits.ending,
        h11_max_incomplete_event_size=_HEAD_BYTES,
    )
    return _Server(config, ready)


def _connections() -> int:
    """The most connections that leave enough open files: without any, none is accepted."""
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if files == resource.RLIM_INFINITY:
        return sys.maxsize
    return max(int((files - _FILES - _OPENING) / MOST), 1)


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, ready: Callable[[], object]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        asyncio.get_running_loop().set_exception_handler(_said)
        await super().startup(sockets)
        for listening in sockets or ():
            listening.listen(_BACKLOG)
        if self.started:
            self._ready()


def _said(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Log only the type of a connection's error: asyncio would show the connection."""
    error = context.get("exception")
    log.warning("%s (%s)", context["message"], type(error).__name__)
