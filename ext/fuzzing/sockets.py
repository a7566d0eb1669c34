"""Send nearly valid HTTP to the real server over a socket."""

from __future__ import annotations

import contextlib
import re
import socket
from collections.abc import Sequence

from hypothesis import strategies as st

from ext.fuzzing.bodies import bodies, packed

PATIENCE = 30.0  # seconds, after which a connection counts as hanging
_STATUS = re.compile(rb"HTTP/1\.1 ([0-9]{3}) ")
_LINES = (
    *(b"POST / HTTP/1.1", b"POST /v1/reports HTTP/1.1", b"POST / HTTP/1.0", b"POST /", b"PRI * 2"),
    *(b"POST http://[::1/ HTTP/1.1", b"CONNECT x:1 HTTP/1.1", b"OPTIONS * HTTP/1.1", b"\0\0\0"),
    *(b"GET /healthz HTTP/1.1", b"HEAD /metrics HTTP/1.1", b"GET /%ff%00?%zz#x HTTP/1.1"),
    *(b"DELETE /v1/sites/%s HTTP/1.1" % (b"a" * 128), b"DELETE /v1/sites/%c3%28 HTTP/1.1"),
    *(b"P\xffST / HTTP/1.1", b"POST / HTTP/9.9", b"POST  / HTTP/1.1", b"POST /\xff HTTP/1.1"),
    *(b"PRI * HTTP/2.0\r\n\r\nSM\r\n", b"\x16\x03\x01\x02\x00\x01", b"GET / HTTP/1.1\rX: y"),
)
_HEADERS = (
    *(b"Host: x", b"Host: y", b"Connection: close", b"Connection: upgrade", b"Upgrade: websocket"),
    *(b"Upgrade: h2c", b"HTTP2-Settings: AAAA", b"Expect: 100-continue", b"Expect: 200-ok", b":"),
    *(
        b"Transfer-Encoding: chunked",
        b"Transfer-Encoding: gzip, chunked",
        b" folded: x",
        b"no colon",
    ),
    *(b"Content-Length: 5", b"Content-Length: +5", b"Content-Length: -1", b"Content-Length: 0x5"),
    *(b"Content-Length: 5, 5", b"Content-Length: 5_0", b"Content-Length: \xb2", b"Content-Length:"),
    *(b"Content-Length: " + b"9" * 19, b"Content-Length: " + b"9" * 21, b"X: " + b"x" * 20_000),
    *(b"Content-Encoding: gzip", b"Content-Type: text/plain", b"X-Forwarded-For: \xff", b"\xff: 1"),
    *(b"X: a\0b", b"X : y", b"X: a\rb", b"Sec-WebSocket-Key: eA==", b"Content-Type: a\xe9/\xff"),
)
_CHUNKS = (b"%x", b"%X;ext=1", b"%x\r", b"0%x", b"+%x", b"-%x", b"%x ;a=\xff", b"%xg", b"1%x")


@st.composite
def streams(draw: st.DrawFn, real: Sequence[bytes]) -> tuple[bytes, ...]:
    """Draw the pieces to write to a connection in order: some requests, cut at random."""
    data = b"".join(draw(_request(real)) for _ in range(draw(st.integers(1, 3))))
    cuts = sorted(draw(st.lists(st.integers(0, len(data)), max_size=3)))
    return tuple(data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)], strict=True))


@st.composite
def _request(draw: st.DrawFn, real: Sequence[bytes]) -> bytes:
    body = draw(bodies(real))
    headers = [b"Host: x", b"Content-Type: application/json"]
    if draw(st.booleans()):
        body = draw(packed(body))
        headers.append(b"Content-Encoding: gzip")
    if draw(st.booleans()):
        headers.append(b"Content-Length: %d" % len(body))
    else:
        headers.append(b"Transfer-Encoding: chunked")
        body = draw(_chunked(body))
    line = draw(st.sampled_from(_LINES[:2] * len(_LINES) + _LINES))
    headers += draw(st.lists(st.sampled_from(_HEADERS), max_size=2))
    end = draw(st.sampled_from([b"\r\n"] * 9 + [b"\n", b"\r", b"\n\r"]))
    return end.join([line, *headers, b"", body])


@st.composite
def _chunked(draw: st.DrawFn, body: bytes) -> bytes:
    size = draw(st.sampled_from([1 << 14, 100, 7])) if body else 1
    size = max(size, len(body) // 50)
    how = draw(st.sampled_from(_CHUNKS[:1] * len(_CHUNKS) + _CHUNKS))
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    last = draw(st.sampled_from([b"0\r\n\r\n"] * 4 + [b"0\r\nX: y\r\n\r\n", b"0\r\n", b""]))
    return b"".join(how % len(piece) + b"\r\n" + piece + b"\r\n" for piece in pieces) + last


def talk(port: int, pieces: Sequence[bytes]) -> bytes:
    """Send the pieces; return all that the server sends until it closes.

    Raises:
        TimeoutError: it neither answers nor closes.
    """
    said = bytearray()
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as connection:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            for piece in pieces:
                connection.sendall(piece)
        with contextlib.suppress(ConnectionResetError):
            while data := connection.recv(1 << 16):
                said += data
    return bytes(said)


def statuses(said: bytes) -> list[int]:
    """The statuses of all answers."""
    return [int(number) for number in _STATUS.findall(said)]
