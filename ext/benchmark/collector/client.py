"""Clients that send one report after the other over persistent connections.

    python -m ext.benchmark.collector.client URL FIRST COUNT CLIENTS BYTES

It is a separate process, so it shares only the processors with the server. It does as little as
possible for each report, and prints a JSON object: reports per second, the seconds of each report,
and its own CPU seconds.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

from ext.benchmark.collector.reports import Reports

_LENGTH = b"content-length: "


class _Client(asyncio.Protocol):
    """One connection; ``done`` gets the error, or None when all reports are sent."""

    def __init__(self, requests: Iterator[bytes], seconds: list[float]) -> None:
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._requests, self._seconds = requests, seconds
        self._answer = b""
        self._begun = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if not isinstance(transport, asyncio.Transport):
            raise TypeError(transport)
        self._transport = transport
        self._send()

    def data_received(self, data: bytes) -> None:
        self._answer += data
        head, ended, body = self._answer.partition(b"\r\n\r\n")
        if not ended or len(body) < int(head.partition(_LENGTH)[2].partition(b"\r")[0]):
            return
        self._seconds.append(time.perf_counter() - self._begun)
        if self._answer.startswith(b"HTTP/1.1 200"):
            self._send()
        else:
            self._end(RuntimeError(self._answer[:500].decode()))

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self._end(exc or RuntimeError("the server closed the connection"))

    def _send(self) -> None:
        self._answer = b""
        request = next(self._requests, None)
        if request is None:
            self._end(None)
        else:
            self._begun = time.perf_counter()
            self._transport.write(request)

    def _end(self, error: Exception | None) -> None:
        if error is None:
            self.done.set_result(None)
        else:
            self.done.set_exception(error)
        self._transport.close()


async def send(url: str, requests: Iterator[bytes], clients: int) -> tuple[float, list[float]]:
    """Send all requests; return requests per second, and the seconds of each."""
    loop, parts = asyncio.get_running_loop(), urlsplit(url)
    seconds: list[float] = []
    begun = time.perf_counter()
    made = [
        await loop.create_connection(
            lambda: _Client(requests, seconds), parts.hostname or "", parts.port or 80
        )
        for _ in range(clients)
    ]
    await asyncio.gather(*(client.done for _, client in made))
    return len(seconds) / (time.perf_counter() - begun), seconds


def main(url: str, first: str, count: str, clients: str, size: str) -> None:
    requests = Reports(int(size)).requests(int(first), int(count))
    begun = time.process_time()
    rate, seconds = asyncio.run(send(url, requests, int(clients)))
    print(json.dumps({"rate": rate, "seconds": seconds, "cpu": time.process_time() - begun}))


if __name__ == "__main__":
    main(*sys.argv[1:])
