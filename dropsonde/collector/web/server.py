"""The server: uvicorn in this process, on a socket that is already open."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import uvicorn

from dropsonde.collector.web.protocol import with_deadlines
from dropsonde.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from starlette.types import ASGIApp

    from dropsonde.collector.web.limits import Limits

log = logging.getLogger(__name__)

_BACKLOG = 1024
_HEAD_BYTES = 16 << 10
_HEADERS = (
    ("Cache-Control", "no-store"),
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
    ("Referrer-Policy", "no-referrer"),
    ("X-Content-Type-Options", "nosniff"),
)
_SECURE = ("Strict-Transport-Security", "max-age=31536000")


@dataclass(frozen=True)
class Listener:
    """Where the collector listens.

    Args:
        socket: listening.
        tls: of a server; None for plain HTTP.
        proxies: addresses and networks whose X-Forwarded-For is believed.
    """

    socket: socket.socket
    tls: ssl.SSLContext | None = None
    proxies: Sequence[str] = ()

    @property
    def url(self) -> str:
        """The URL with the port that was found free."""
        host, port = self.socket.getsockname()[:2]
        shown = f"[{host}]" if ":" in host else host
        return f"{'https' if self.tls else 'http'}://{shown}:{port}"


def listening(host: str, port: int) -> socket.socket:
    """Listen on a host's first address.

    Raises:
        ConfigError: it is not to be had.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, _, _, _, address = found[0]
        made = socket.create_server(address, family=family, backlog=_BACKLOG)
        # asyncio sets it on sockets of its own alone; without, each answer waits 40 ms for an ACK.
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except (OSError, UnicodeError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or "no such address"
        reason = reason.partition(" (while")[0]  # Python adds the address, which is said already
        raise ConfigError(
            f"cannot listen on {host}, port {port}: {reason}", "choose another --host or --port"
        ) from error
    else:
        return made


def server_tls(certificate: Path, key: Path | None) -> ssl.SSLContext:
    """What a server needs for TLS.

    Args:
        certificate: PEM, the chain's others after it.
        key: PEM, not encrypted; None when it stands in the same file.

    Raises:
        ConfigError: the files are not that.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(certificate, key, password="")  # else it asks the terminal
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else None
        raise ConfigError(
            f"{certificate}: no certificate and key for TLS: {reason or 'not in PEM'}",
            "give both in PEM, the key not encrypted",
        ) from error
    return context


def serve(app: ASGIApp, listener: Listener, limits: Limits, ready: Callable[[], object]) -> None:
    """Serve until the process is asked to end (SIGTERM, SIGINT), and complete what is under way.

    Args:
        app: the application.
        listener: where; its socket is closed afterwards.
        limits: of connections.
        ready: called once requests are answered.
    """
    server = server_of(app, listener, limits, ready)
    for number in (signal.SIGINT, signal.SIGTERM):  # uvicorn raises them again when it has ended
        signal.signal(number, server.handle_exit)
    server.run([listener.socket])


def server_of(
    app: ASGIApp, listener: Listener, limits: Limits, ready: Callable[[], object]
) -> uvicorn.Server:
    """The server, to be run; it ends when its ``should_exit`` is set."""
    tls = listener.tls
    config = uvicorn.Config(
        app,
        http=with_deadlines(limits),
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        proxy_headers=bool(listener.proxies),
        forwarded_allow_ips=list(listener.proxies),
        server_header=False,
        headers=[*_HEADERS, *([_SECURE] if tls else [])],
        limit_concurrency=limits.connections,
        backlog=_BACKLOG,
        timeout_keep_alive=limits.idle,
        timeout_graceful_shutdown=limits.ending,
        h11_max_incomplete_event_size=_HEAD_BYTES,
        ssl_context_factory=(lambda *_: tls) if tls else None,
    )
    return _Server(config, ready)


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, ready: Callable[[], object]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        asyncio.get_running_loop().set_exception_handler(_said)
        await super().startup(sockets)
        if self.started:
            self._ready()


def _said(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Of an error in a connection, say the kind alone: asyncio would show the connection."""
    error = context.get("exception")
    log.warning("%s (%s)", context["message"], type(error).__name__)
