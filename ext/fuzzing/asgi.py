"""Send requests to the application itself, without a network: the quickest way to its faults."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from ext.fuzzing.bodies import bodies, packed

if TYPE_CHECKING:
    from starlette.types import ASGIApp

_PATHS = ("/", "/v1/reports", "/v1/sites/" + "a" * 128, "/v1/key", "/healthz", "/metrics", "//")
_METHODS = (*("POST",) * 20, "GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE")
_TYPES = (
    *("application/json", "application/json; charset=utf-8", "application/json; charset=\xff"),
    *("application/json; charset=", 'application/json; charset="', "text/plain", "", ";;", "a/b/c"),
    *("application/json; charset*=utf-8''utf-8", "application/json; charset*0=utf; charset*1=-8"),
    "multipart/form-data; boundary=x",
)
_ENCODINGS = ("gzip", "GZIP", "identity", "", "gzip, gzip", "br", "\xff", "x-gzip", "chunked")
_OTHERS = (b"user-agent", b"expect", b"x-forwarded-for", b"content-type", b"content-encoding")


@dataclass(frozen=True)
class Request:
    """A request as the server passes it on.

    Attributes:
        method: of HTTP.
        path: decoded.
        headers: names in lower case.
        pieces: of the body.
        cut: whether the client disconnects after the pieces.
    """

    method: str
    path: str
    headers: tuple[tuple[bytes, bytes], ...]
    pieces: tuple[bytes, ...]
    cut: bool


@dataclass
class Answer:
    """The answer: its status, and its headers and body together."""

    status: int = 0  # until there is one
    data: bytes = b""


@st.composite
def requests(draw: st.DrawFn, real: Sequence[bytes]) -> Request:
    """Draw a request: mostly a report, mostly with the right headers."""
    body = draw(bodies(real))
    kind, encoding = _TYPES[0], ""
    if draw(st.booleans()):
        body, encoding = draw(packed(body)), "gzip"
    if draw(st.integers(0, 7)) == 0:
        kind, encoding = draw(st.sampled_from(_TYPES)), draw(st.sampled_from(_ENCODINGS))
    headers = [(b"content-type", kind), (b"content-encoding", encoding)]
    length = draw(st.sampled_from([str(len(body))] * 6 + ["0", str(1 << 60), ""]))
    headers.append((b"content-length", length) if length else (b"transfer-encoding", "chunked"))
    if draw(st.integers(0, 7)) == 0:
        headers.append((draw(st.sampled_from(_OTHERS)), draw(st.text("\x01\t az=;,\xe9\xff"))))
    cuts = sorted(draw(st.lists(st.integers(0, len(body)), max_size=3)))
    pieces = [body[a:b] for a, b in zip([0, *cuts], [*cuts, len(body)], strict=True)]
    path = draw(st.sampled_from(_PATHS[:2] * 6 + _PATHS) | st.text(max_size=9).map("/".__add__))
    made = tuple((name, value.encode("latin-1")) for name, value in headers if value)
    method = draw(st.sampled_from(_METHODS))
    return Request(method, path, made, tuple(pieces), draw(st.integers(0, 9)) == 0)


@contextlib.contextmanager
def running(app: ASGIApp) -> Iterator[asyncio.AbstractEventLoop]:
    """Start an application in a loop of its own, as a server does, and end both."""
    loop = asyncio.new_event_loop()
    asked: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    said: asyncio.Queue[Any] = asyncio.Queue()

    async def live() -> None:
        await app({"type": "lifespan"}, asked.get, said.put)

    def step(name: str) -> None:
        asked.put_nowait({"type": f"lifespan.{name}"})
        answer = loop.run_until_complete(said.get())
        if answer["type"] != f"lifespan.{name}.complete":
            raise RuntimeError(answer["type"])

    with contextlib.closing(loop):
        life = loop.create_task(live())
        step("startup")
        try:
            yield loop
        finally:
            step("shutdown")
            loop.run_until_complete(life)


async def ask(app: ASGIApp, request: Request) -> Answer:
    """Send a request to an application.

    Raises:
        RuntimeError: a server could not send the answer.
    """
    answer = Answer()
    last = len(request.pieces) - 1
    events: list[dict[str, Any]] = [
        {"type": "http.request", "body": piece, "more_body": request.cut or number < last}
        for number, piece in enumerate(request.pieces)
    ]
    waiting = iter(events)

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(0)
        return next(waiting, {"type": "http.disconnect"})

    async def send(message: Any) -> None:
        await asyncio.sleep(0)
        if message["type"] == "http.response.start":
            if answer.status:
                raise RuntimeError("a second answer")
            answer.status = message["status"]
            answer.data += b"".join(b"%b: %b\n" % pair for pair in message["headers"])
        else:
            answer.data += message.get("body", b"")

    await app(_scope(request), receive, send)
    if not answer.status:
        raise RuntimeError("no answer")
    return answer


def _scope(request: Request) -> dict[str, Any]:
    raw = request.path.encode("utf-8", "surrogatepass")
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": "http",
        "path": request.path,
        "raw_path": raw,
        "query_string": b"",
        "root_path": "",
        "headers": list(request.headers),
        "client": ("192.0.2.1", 5),
        "server": ("127.0.0.1", 80),
    }
