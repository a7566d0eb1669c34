"""A loopback PuppetDB that misbehaves; the acceptance tests query a real one."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.doubles.loopback import Handler, Loopback


@dataclass(frozen=True)
class Reply:
    """What the server does with a request.

    Attributes:
        rows: the answer's JSON.
        raw: the answer's body, if it is to be something else.
        status: of HTTP.
        cut: send only that many bytes of the body, then close.
        lie: if cut, announce the length that is sent.
        stall: send nothing until the test ends.
    """

    rows: Any = field(default_factory=list)
    raw: bytes | None = None
    status: int = 200
    cut: int | None = None
    lie: bool = False
    stall: bool = False


class LoopbackPuppetDB(Loopback):
    """Gives the same reply to every request, but for those of some queries.

    Attributes:
        reply: may be replaced between requests.
        replies: the replies to single queries, by their JSON.
        queries: all queries, in order.
        encodings: the Accept-Encoding header of each request.
    """

    def __init__(self, reply: Reply) -> None:
        self.reply = reply
        self.replies: dict[str, Reply] = {}
        self.queries: list[Any] = []
        self.encodings: list[str] = []
        self._released = threading.Event()
        super().__init__(_Handler, waits=True)

    def end(self) -> None:
        self._released.set()

    def wait(self) -> None:
        """Hold a request until the test ends."""
        self._released.wait()


class _Handler(Handler):
    protocol_version = "HTTP/1.1"
    double: LoopbackPuppetDB

    def answer(self) -> None:
        asked = urlsplit(self.path)
        if asked.path != "/pdb/query/v4":
            self.send_error(404)
            return
        query = json.loads(parse_qs(asked.query)["query"][0])
        self.double.queries.append(query)
        self.double.encodings.append(self.headers["Accept-Encoding"])
        reply = self.double.replies.get(json.dumps(query), self.double.reply)
        if reply.stall:
            self.double.wait()
            return
        body = json.dumps(reply.rows).encode() if reply.raw is None else reply.raw
        sent = body[: reply.cut]
        self.send_response(reply.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(sent if reply.lie else body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(sent)
