"""An endpoint for reports on loopback, over HTTP or TLS, that answers from a script."""

from __future__ import annotations

import gzip
import json
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from enum import Enum, auto

from tests.doubles.loopback import Handler, Loopback

THANKS = json.dumps({"newer": False, "link": "", "message": "Thank you."}).encode()
TRICKLE = 0.02  # seconds between two bytes


class Act(Enum):
    """The faults of an endpoint."""

    ANSWER = auto()  # nothing
    DROP = auto()  # close the connection instead
    SILENCE = auto()  # say nothing until the test ends
    SLOW_HEADERS = auto()  # let headers trickle until the test ends
    SLOW_BODY = auto()  # the same after the headers, with the body
    CUT = auto()  # close in the middle of the body
    RESET = auto()  # reset the connection in the middle of the body
    ENDLESS = auto()  # send body until the client hangs up


@dataclass(frozen=True)
class Reply:
    """One line of the script."""

    status: int = 200
    body: bytes = THANKS
    headers: tuple[tuple[str, str], ...] = ()
    act: Act = Act.ANSWER


@dataclass(frozen=True)
class Received:
    """One request, as received."""

    method: str
    path: str
    headers: Message
    body: bytes

    @property
    def report(self) -> bytes:
        """The report, decompressed."""
        packed = self.headers["Content-Encoding"] == "gzip"
        return gzip.decompress(self.body) if packed else self.body


class LoopbackEndpoint(Loopback):
    """Gives the script's replies in order, and repeats the last.

    GET /v1/about and /v1/vocabulary have replies of their own.

    Attributes:
        about: the reply to who asks who runs it; as that of an endpoint without this document.
        asked: the requests for it.
        vocabulary: the reply to who asks for the vocabulary; as that of an endpoint without one.
        received: all other requests, in order.
        url: with the server's port.
    """

    def __init__(self, *script: Reply, tls: ssl.SSLContext | None = None) -> None:
        self.about = Reply(status=404, body=b"")
        self.vocabulary = Reply(status=404, body=b"")
        self.asked: list[Received] = []
        self.received: list[Received] = []
        self._script = script or (Reply(),)
        self._lock = threading.Lock()
        self.ended = threading.Event()
        super().__init__(_Handler, tls=tls, waits=True)

    def end(self) -> None:
        self.ended.set()

    def reply_to(self, request: Received) -> Reply:
        """Record a request; return the reply to it."""
        with self._lock:
            if (request.method, request.path) == ("GET", "/v1/vocabulary"):
                return self.vocabulary
            if (request.method, request.path) == ("GET", "/v1/about"):
                self.asked.append(request)
                return self.about
            self.received.append(request)
            return self._script[min(len(self.received), len(self._script)) - 1]


def run_by(operator: str, **more: object) -> Reply:
    """The reply of an endpoint that says who runs it."""
    return Reply(body=json.dumps({"operator": operator, **more}).encode())


@contextmanager
def nobody_listens() -> Iterator[str]:
    """Reserve a port that refuses connections, and give its URL."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{unused.getsockname()[1]}"


class _Handler(Handler):
    double: LoopbackEndpoint

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        request = Received(self.command, self.path, self.headers, body)
        reply = self.double.reply_to(request)
        if reply.act is Act.SILENCE:
            self.double.ended.wait()
        if reply.act in {Act.SILENCE, Act.DROP}:
            return
        self._answer(reply)

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
            self.reset()
        while reply.act is Act.ENDLESS:  # until the client hangs up
            self.wfile.write(b"." * 4096)

    def _trickle(self) -> None:
        while not self.double.ended.wait(TRICKLE):
            self.wfile.write(b".")
