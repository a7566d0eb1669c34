"""One POST and its answer, within a time that the endpoint cannot stretch.

The timeouts of requests count from byte to byte: one byte every nine seconds holds it for hours, in
the TLS handshake, the headers or the body. So a thread of its own does the exchange, and is left
alone when the time is up. It holds nothing but its session, and ends when the connection does, at
the latest with the process. What it may still deliver carries the report's Idempotency-Key.
"""

from __future__ import annotations

import gzip
import hashlib
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import requests

from dropsonde.delivery.answer import MAX_BYTES
from dropsonde.http import RefusedRedirectError, explain

if TYPE_CHECKING:
    from dropsonde.delivery.limits import Limits

CHUNK = 1 << 10
REDIRECTS = range(300, 400)
ASK_MOVED = "a report is not passed on; if the endpoint has moved, name it with --endpoint"


@dataclass(frozen=True)
class Outcome:
    """What came of one try.

    Attributes:
        status: of HTTP; 0 when no answer came.
        body: as much of it as came, little more than 64 KiB at most.
        retry_after: the header, empty when there is none.
        what: what went wrong and where, for the user; empty when nothing did.
        advice: what to do about it.
        passes: whether no answer came for a reason that may pass by itself.
    """

    status: int = 0
    body: bytes = b""
    retry_after: str = ""
    what: str = ""
    advice: str = ""
    passes: bool = False


def post(
    session: Callable[[], requests.Session],
    url: str,
    data: bytes,
    *,
    packed: bool,
    limits: Limits,
) -> Outcome:
    """Post a report.

    Args:
        session: makes the session; it is closed afterwards.
        url: where to.
        data: the report.
        packed: whether it goes as gzip.
        limits: how long it may take.
    """
    exchange = _Exchange(session, url, limits)
    arguments = (_packed(data) if packed else data, _headers(data, packed=packed))
    thread = threading.Thread(target=exchange.run, args=arguments, name="delivery", daemon=True)
    thread.start()
    thread.join(limits.answer)
    return exchange.outcome()


def _packed(data: bytes) -> bytes:
    return gzip.compress(data, mtime=0)  # the same bytes for the same report


def _headers(data: bytes, *, packed: bool) -> dict[str, str]:
    headers = {
        "Content-Type": "application/json",
        "Idempotency-Key": hashlib.sha256(data).hexdigest(),
        "Accept": "application/json",
        "Accept-Encoding": "identity",  # a few words, and a bound that counts
    }
    return {**headers, "Content-Encoding": "gzip"} if packed else headers


class _Exchange:
    """The thread writes here what came, as it comes; ``outcome`` may be asked for at any time."""

    def __init__(self, session: Callable[[], requests.Session], url: str, limits: Limits) -> None:
        self._session = session
        self._url = url
        self._limits = limits
        self._response: requests.Response | None = None
        self._body = bytearray()
        self._error: Exception | None = None

    def run(self, data: bytes, headers: dict[str, str]) -> None:
        try:
            with self._session() as session:
                timeout = (self._limits.connect, self._limits.read)
                with session.post(
                    self._url, data, headers=headers, timeout=timeout, stream=True
                ) as response:
                    self._response = response
                    self._read(response)
        except Exception as error:  # noqa: BLE001 - none is lost: `outcome` deals with each
            self._error = error

    def _read(self, response: requests.Response) -> None:
        for piece in response.iter_content(CHUNK):
            self._body += piece
            if len(self._body) >= MAX_BYTES:
                return

    def outcome(self) -> Outcome:
        """What came so far. Once there is a status, it counts: the body is but a courtesy."""
        error = self._error
        if error is not None and not isinstance(error, requests.RequestException):
            raise error
        if self._response is not None:
            return self._answered(self._response)
        return self._failed(error or requests.Timeout("no answer in all the time"))

    def _answered(self, response: requests.Response) -> Outcome:
        what, advice = explain(requests.HTTPError(response=response), self._url)
        return Outcome(
            status=response.status_code,
            body=bytes(self._body),
            retry_after=response.headers.get("Retry-After", ""),
            what=what,
            advice=ASK_MOVED if response.status_code in REDIRECTS else advice,
        )

    def _failed(self, error: requests.RequestException) -> Outcome:
        what, advice = explain(error, self._url)
        return Outcome(
            what=what,
            advice=ASK_MOVED if isinstance(error, RefusedRedirectError) else advice,
            # A fault of TLS does not pass by itself, nor does an address that is none.
            passes=isinstance(error, (requests.ConnectionError, requests.Timeout))
            and not isinstance(error, requests.exceptions.SSLError),
        )
