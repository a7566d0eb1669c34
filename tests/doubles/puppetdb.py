"""A loopback PuppetDB that misbehaves; for right answers the acceptance tests ask a real one."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from types import TracebackType


@dataclass(frozen=True)
class Reply:
    """What the server does with a request.

    Attributes:
        rows: the answer's JSON.
        raw: the answer's body, when it is to be something else.
        status: of HTTP.
        cut: sends only so many bytes of the body, then closes.
        lie: when cut, the length that is announced is the one that is sent.
        stall: sends nothing until the test ends.
    """

    rows: Any = field(default_factory=list)
    raw: bytes | None = None
    status: int = 200
    cut: int | None = None
    lie: bool = False
    stall: bool = False


class LoopbackPuppetDB:
    """Gives the same reply to every request.

    Attributes:
        reply: may be replaced between requests.
        queries: what was asked, in its order.
        encodings: the Accept-Encoding header of each request.
    """

    def __init__(self, reply: Reply) -> None:
        self.reply = reply
        self.queries: list[Any] = []
        self.encodings: list[str] = []
        self._released = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> LoopbackPuppetDB:  # noqa: PYI034 - Self came with Python 3.11
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._released.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def wait(self) -> None:
        """Hold a request until the test ends."""
        self._released.wait()


def _handler(double: LoopbackPuppetDB) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:  # http.server calls it by this name
            asked = urlsplit(self.path)
            if asked.path != "/pdb/query/v4":
                self.send_error(404)
                return
            double.queries.append(json.loads(parse_qs(asked.query)["query"][0]))
            double.encodings.append(self.headers["Accept-Encoding"])
            reply = double.reply
            if reply.stall:
                double.wait()
                return
            body = json.dumps(reply.rows).encode() if reply.raw is None else reply.raw
            sent = body[: reply.cut]
            self.send_response(reply.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(sent if reply.lie else body)))
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(sent)

        def log_message(self, *_: object) -> None:
            """Stay silent: what is asked stands in the double."""

    return Handler
