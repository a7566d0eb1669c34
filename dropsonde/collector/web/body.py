"""A report's body: decompressed while it arrives, up to a report's maximum size.

A body that is too large is refused as soon as that is certain. Data that decompresses to a thousand
times its size takes no more memory than a report.
"""

from __future__ import annotations

import asyncio
import sys
import zlib
from collections.abc import Coroutine
from email.message import Message
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from dropsonde.collector.intake import MAX_BYTES
from dropsonde.collector.web.responses import Refusal

if TYPE_CHECKING:
    from starlette.datastructures import Headers
    from starlette.requests import Request

MAX_PACKED = MAX_BYTES + 1024  # gzip makes incompressible data a little longer
_GZIP = 31  # zlib's number for a window of 32 KiB and gzip's header and checksum


async def read_report(request: Request, seconds: float) -> bytes:
    """Read and decompress the report in a request.

    Args:
        request: its body is read.
        seconds: for the whole body.

    Raises:
        Refusal: the body is not acceptable: 400, 408, 411, 413 or 415.
        ClientDisconnect: the sender closed the connection.
    """
    body = _body(request.headers)
    try:
        await _within(seconds, _fill(body, request))
    except asyncio.TimeoutError as error:
        raise Refusal(
            HTTPStatus.REQUEST_TIMEOUT,
            "slow",
            f"the report did not arrive within {seconds:g} seconds",
            headers={"Connection": "close"},
        ) from error
    return body.whole()


async def _within(seconds: float, work: Coroutine[Any, Any, None]) -> None:
    if sys.version_info < (3, 11):
        await asyncio.wait_for(work, seconds)
    else:  # without a task of its own, which wait_for makes until Python 3.12
        async with asyncio.timeout(seconds):
            await work


async def _fill(body: _Plain, request: Request) -> None:
    async for piece in request.stream():
        body.feed(piece)


def _body(headers: Headers) -> _Plain:
    """A reader for a body with these headers."""
    _check_type(",".join(headers.getlist("content-type")))
    encoding = ",".join(headers.getlist("content-encoding")).strip().lower()
    if encoding not in {"", "identity", "gzip"}:
        raise Refusal(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "unsupported_type",
            "a report's Content-Encoding is gzip or identity",
            headers={"Accept-Encoding": "gzip, identity"},
        )
    body = _Packed() if encoding == "gzip" else _Plain()
    length = headers.get("content-length")
    if length is None and "transfer-encoding" not in headers:
        raise Refusal(HTTPStatus.LENGTH_REQUIRED, "no_length", "a report needs a Content-Length")
    if length is not None and int(length) > body.longest:
        raise _too_large()
    return body


def _check_type(value: str) -> None:
    parsed = Message()
    parsed["Content-Type"] = value
    charset = parsed.get_content_charset("utf-8")
    if parsed.get_content_type() != "application/json" or charset not in {"utf-8", "utf8"}:
        raise Refusal(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "unsupported_type",
            "a report's Content-Type is application/json, in UTF-8",
            headers={"Accept": "application/json"},
        )


def _too_large() -> Refusal:
    return Refusal(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        "too_large",
        f"a report has at most {MAX_BYTES:,} bytes, unpacked",
    )


class _Plain:
    """A body that is not compressed."""

    longest = MAX_BYTES

    def __init__(self) -> None:
        self._data = bytearray()

    def feed(self, piece: bytes) -> None:
        """Add data that arrived."""
        self._data += piece
        if len(self._data) > MAX_BYTES:
            raise _too_large()

    def whole(self) -> bytes:
        """The complete report, once the body has arrived."""
        return bytes(self._data)


class _Packed(_Plain):
    """A body in gzip."""

    longest = MAX_PACKED

    def __init__(self) -> None:
        super().__init__()
        self._inflater = zlib.decompressobj(_GZIP)
        self._received = 0

    def feed(self, piece: bytes) -> None:
        """Add compressed data that arrived."""
        self._received += len(piece)
        if self._received > MAX_PACKED:
            raise _too_large()
        if not piece:
            return
        try:
            # One byte beyond the limit shows that it is exceeded.
            super().feed(self._inflater.decompress(piece, MAX_BYTES + 1 - len(self._data)))
        except zlib.error as error:
            raise _broken("the data is no gzip, or damaged") from error
        if self._inflater.unused_data:
            raise _broken("something follows the end of the gzip data")

    def whole(self) -> bytes:
        """The complete report, once the body has arrived."""
        if not self._inflater.eof:
            raise _broken("the gzip data breaks off")
        return super().whole()


def _broken(message: str) -> Refusal:
    return Refusal(HTTPStatus.BAD_REQUEST, "bad_gzip", message)
