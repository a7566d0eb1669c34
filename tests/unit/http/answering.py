"""A server that answers what the test says."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from dataclasses import dataclass
from email.message import Message

from tests.doubles.loopback import Handler, Loopback


@dataclass
class Answer:
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()


class serving(Loopback):  # noqa: N801 - reads so
    """Answers what the test says, and notes what came."""

    def __init__(
        self,
        answer: Callable[[str], Answer] = lambda _path: Answer(),
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.answer = answer
        self.came: list[tuple[str, str, Message]] = []
        super().__init__(_Handler, tls=tls)


class _Handler(Handler):
    double: serving

    def answer(self) -> None:
        self.double.came.append((self.command, self.path, self.headers))
        self.rfile.read(int(self.headers.get("Content-Length", "0")))
        answer = self.double.answer(self.path)
        self.send_response(answer.status)
        for name, value in answer.headers:
            self.send_header(name, value)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")


def redirect(target: str, status: int = 302) -> Callable[[str], Answer]:
    def answer(path: str) -> Answer:
        return Answer(status, (("Location", target),)) if path == "/" else Answer()

    return answer
