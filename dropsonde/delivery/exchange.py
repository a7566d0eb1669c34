"""Send one POST and read its answer within a time limit that the endpoint cannot extend.

The timeouts of requests apply to each byte: one byte every nine seconds can hold it for hours, in
the TLS handshake, the headers or the body. So a separate thread does the exchange, and is abandoned
when the time is up. It holds only its session, and ends with the connection, at the latest with the
process. If it still delivers the report, that carries the same Idempotency-Key.
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
    """The outcome of one try.

    Attributes:
        status: the HTTP status; 0 without an answer.
        body: the part that was received, little more than 64 KiB at most.
        retry_after: the header Retry-After; empty without one.
        what: what went wrong and where, for the user; empty when nothing did.
        advice: what to do about it.
        passes: whether there is no answer for a reason that may be temporary.
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
        url: the URL to post to.
        data: the report.
        packed: whether to compress it with gzip.
        limits: the time limits.
    """
    exchange = _Exchange(session, url, limits)
    arguments = (_packed(data) if packed else data, _headers(data, packed=packed))
    thread = threading.Thread(target=exchange.run, args=arguments, name="delivery", daemon=True)
    thread.start()
    thread.join(limits.answer)
    return exchange.outcome()


def _packed(data: bytes) -> bytes:
    return gzip.compress(data, mtime=0)  # deterministic: the same bytes for the same report


def _headers(data: bytes, *, packed: bool) -> dict[str, str]:
    headers = {
        "Content-Type": "application/json",
        "Idempotency-Key": hashlib.sha256(data).hexdigest(),
        "Accept": "application/json",
        "Accept-Encoding": "identity",  # the body is short, and MAX_BYTES limits it as received
    }
    return {**headers, "Content-Encoding": "gzip"} if packed else headers


class _Exchange:
    """The state that the thread writes; another thread may call ``outcome`` at any time."""

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
        except Exception as error:  # noqa: BLE001 - `outcome` handles every error
            self._error = error

    def _read(self, response: requests.Response) -> None:
        for piece in response.iter_content(CHUNK):
            self._body += piece
            if len(self._body) >= MAX_BYTES:
                return

    def outcome(self) -> Outcome:
        """Return the outcome so far. Once there is a status, it counts: the body is optional."""
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
            # A TLS fault is not temporary, and neither is an invalid address.
            passes=isinstance(error, (requests.ConnectionError, requests.Timeout))
            and not isinstance(error, requests.exceptions.SSLError),
        )
