"""Ask a Forge, with bounds on requests, bytes and time. Imports requests."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, TypeVar

import requests

from dropsonde.common.errors import ForgeError
from dropsonde.common.urls import shown
from dropsonde.http import explain, within

Result = TypeVar("Result")

CHUNK = 1 << 16
NOT_MODIFIED = 304
ASK_URL = "check that the address is that of a Forge"


class Bounds(NamedTuple):
    """Limits of one client.

    Attributes:
        requests: at most so many.
        bytes: of JSON, unpacked, in all.
        seconds: in all, even while bytes keep arriving.
    """

    requests: int = 1000
    bytes: int = 50_000_000
    seconds: float = 900.0  # all modules' names take less than a minute


class Client:
    """Asks one Forge; never follows a URL from an answer.

    Args:
        session: the HTTP session.
        url: the Forge's URL.
        bounds: on all requests together.

    Attributes:
        requests: made so far, retries included.
        bytes: received on the wire so far.
    """

    def __init__(self, session: requests.Session, url: str, bounds: Bounds = Bounds()) -> None:  # noqa: B008 - frozen
        self.requests = 0
        self.bytes = 0
        self._unpacked = 0
        self._session = session
        self._url = url.rstrip("/")
        self._bounds = bounds
        self._end = time.monotonic() + bounds.seconds

    @property
    def shown(self) -> str:
        """The Forge's URL without user and password, for messages."""
        return shown(self._url)

    @property
    def exhausted(self) -> bool:
        """Whether the requests or the time are used up."""
        return self.requests >= self._bounds.requests or time.monotonic() >= self._end

    def json(self, path: str, headers: Mapping[str, str] | None = None) -> Any:
        """Fetch a JSON document; None when the Forge answers 304 (not modified).

        Raises:
            ForgeError: no answer, another one than JSON, or a bound is reached.
        """
        body = self._get(path, headers, self._read)
        if body is None:
            return None
        try:
            return json.loads(body)
        except (ValueError, RecursionError) as error:
            raise ForgeError(
                f"{self.shown}: the answer is not JSON",
                "check the address, and that no proxy answers instead",
            ) from error

    def stream(self, path: str, read: Callable[[Iterator[bytes]], Result]) -> Result:
        """Fetch a file, and read its bytes as they arrive.

        Args:
            path: below the Forge's URL.
            read: gets the file in pieces; it runs in another thread, and bounds the bytes itself.

        Raises:
            ForgeError: no answer, or a bound is reached. Any exception of ``read`` passes.
        """
        plain = {"Accept-Encoding": "identity"}  # a tarball is compressed itself
        result = self._get(path, plain, lambda response: read(response.iter_content(CHUNK)))
        if result is None:
            raise ForgeError(f"{self.shown}: an answer without a body", ASK_URL)
        return result

    def _get(
        self,
        path: str,
        headers: Mapping[str, str] | None,
        read: Callable[[requests.Response], Result],
    ) -> Result | None:
        if self.requests >= self._bounds.requests:
            raise ForgeError(f"{self.shown}: more than {self._bounds.requests} requests", ASK_URL)
        self.requests += 1
        try:
            left = self._end - time.monotonic()
            return within(left, lambda: self._answer(f"{self._url}{path}", headers, read))
        except requests.RequestException as error:
            raise ForgeError(*explain(error, self._url)) from error

    def _answer(
        self,
        url: str,
        headers: Mapping[str, str] | None,
        read: Callable[[requests.Response], Result],
    ) -> Result | None:
        with self._session.get(url, headers=headers, stream=True) as response:
            self.requests += len(response.raw.retries.history if response.raw.retries else ())
            response.raise_for_status()
            result = None if response.status_code == NOT_MODIFIED else read(response)
            self.bytes += response.raw.tell()
        return result

    def _read(self, response: requests.Response) -> bytes:
        """Read a body in pieces: a small compressed body can be huge when decompressed."""
        body = bytearray()
        for piece in response.iter_content(CHUNK):
            body += piece
            self._unpacked += len(piece)
            if self._unpacked > self._bounds.bytes:
                raise ForgeError(f"{self.shown}: more than {self._bounds.bytes} bytes", ASK_URL)
        return bytes(body)
