"""An endpoint for reports on loopback, over HTTP or TLS, that answers from a script."""

from __future__ import annotations

import gzip
import json
import os
import socket
import struct
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum, auto
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator
    from email.message import Message
    from types import TracebackType

    from typing_extensions import Self

THANKS = json.dumps({"newer": False, "link": "", "message": "Thank you."}).encode()
TRICKLE = 0.02  # seconds between two bytes


class Act(Enum):
    """What the endpoint does besides answering."""

    ANSWER = auto()  # nothing
    DROP = auto()  # close the connection instead
    SILENCE = auto()  # say nothing until the test ends
    SLOW_HEADERS = auto()  # let headers trickle until the test ends
    SLOW_BODY = auto()  # the same after the headers, with the body
    CUT = auto()  # close in the middle of the body
    RESET = auto()  # reset the connection in the middle of the body
    ENDLESS = auto()  # send body for as long as anybody reads


@dataclass(frozen=True)
class Reply:
    """One line of the script."""

    status: int = 200
    body: bytes = THANKS
    headers: tuple[tuple[str, str], ...] = ()
    act: Act = Act.ANSWER


@dataclass(frozen=True)
class Received:
    """One request, as it came."""

    method: str
    path: str
    headers: Message
    body: bytes

    @property
    def report(self) -> bytes:
        """The report, unpacked."""
        packed = self.headers["Content-Encoding"] == "gzip"
        return gzip.decompress(self.body) if packed else self.body


class LoopbackEndpoint:
    """Gives the script's replies in their order, and the last one from then on.

    Attributes:
        received: all requests, in their order.
        url: with the server's own port.
    """

    def __init__(self, *script: Reply, tls: ssl.SSLContext | None = None) -> None:
        self.received: list[Received] = []
        self._script = script or (Reply(),)
        self._lock = threading.Lock()
        self.ended = threading.Event()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.endpoint = self
        if tls:
            self._server.socket = tls.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.ended.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def reply_to(self, request: Received) -> Reply:
        """Note a request; give the reply that is meant for it."""
        with self._lock:
            self.received.append(request)
            return self._script[min(len(self.received), len(self._script)) - 1]


@contextmanager
def nobody_listens() -> Iterator[str]:
    """The URL of a port that refuses connections, and stays free of other servers."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{unused.getsockname()[1]}"


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # so that closing the server waits for its requests
    endpoint: LoopbackEndpoint

    def handle_error(self, request: object, client_address: object) -> None:
        """Stay silent when a client breaks off: tests make it."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        request = Received(self.command, self.path, self.headers, body)
        reply = self.server.endpoint.reply_to(request)
        if reply.act is Act.SILENCE:
            self.server.endpoint.ended.wait()
        if reply.act in {Act.SILENCE, Act.DROP}:
            return
        self._answer(reply)

    do_GET = do_DELETE = do_POST  # noqa: N815 - http.server's names

    def _answer(self, reply: Reply) -> None:
        self.send_response(reply.status)
        for name, value in reply.headers:
            self.send_header(name, value)
        if reply.act is Act.SLOW_HEADERS:
            self.flush_headers()
            self.wfile.write(b"X-Slow: ")
            self._trickle()
            return
        if reply.act is not Act.ENDLESS:
            self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        if reply.act in {Act.CUT, Act.RESET}:
            self.wfile.write(reply.body[: len(reply.body) // 2])
        elif reply.act is Act.SLOW_BODY:
            self._trickle()
        else:
            self.wfile.write(reply.body)
        if reply.act is Act.RESET:
            self._reset()
        while reply.act is Act.ENDLESS:  # until the client hangs up
            self.wfile.write(b"." * 4096)

    def _trickle(self) -> None:
        while not self.server.endpoint.ended.wait(TRICKLE):
            self.wfile.write(b".")

    def _reset(self) -> None:
        """Close so that the kernel sends RST in place of FIN."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        os.close(self.connection.detach())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name
        """Stay silent: what came stands in the double."""
