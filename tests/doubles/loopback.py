"""A server on loopback that runs as long as a ``with`` block: the base of all doubles."""

from __future__ import annotations

import os
import socket
import ssl
import struct
import sys
import threading
import traceback
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing_extensions import Self


class Loopback:
    """The server.

    Args:
        handler: answers requests; its ``self.double`` is this server.
        tls: the context to encrypt with.
        waits: whether the end of the block waits for unfinished requests.

    Attributes:
        port: the server's port.
        url: the server's URL.
    """

    def __init__(
        self, handler: type[Handler], *, tls: ssl.SSLContext | None = None, waits: bool = False
    ) -> None:
        bound = type(handler.__name__, (handler,), {"double": self})
        self._server = _Server(("127.0.0.1", 0), bound)
        self._server.double = self
        self._server.daemon_threads = not waits
        if tls:
            self._server.socket = tls.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self.port = self._server.server_port
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.end()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def end(self) -> None:
        """Release held requests."""

    def failed(self) -> None:
        """Report a fault of the double itself in a request; a client's disconnection is none."""
        traceback.print_exc()


class Handler(BaseHTTPRequestHandler):
    """Answers requests, without logging: the double records them."""

    disable_nagle_algorithm = True
    double: Any

    def do_GET(self) -> None:
        self.answer()

    do_POST = do_PUT = do_PATCH = do_DELETE = do_GET  # noqa: N815 - http.server's names

    def answer(self) -> None:
        """Answer any ``self.command``."""
        raise NotImplementedError

    def reset(self) -> None:
        """Make the kernel close the connection with RST in place of FIN."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        os.close(self.connection.detach())

    def log_message(self, *_: object) -> None:
        pass


class _Server(ThreadingHTTPServer):
    double: Loopback

    def handle_error(self, request: object, client_address: object) -> None:  # noqa: ARG002 - socketserver's
        if not isinstance(sys.exc_info()[1], OSError):
            self.double.failed()
