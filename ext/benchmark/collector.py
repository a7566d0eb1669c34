"""The collector under load, beside a route that does nothing and a bare insert into SQLite.

    .venv/bin/python -m ext.benchmark.collector [--reports N] [--bytes N] [--clients N,N…]

Server and clients run on this machine and share its processors. Every report is another site's,
and goes as the probe sends it: packed, over a connection that is kept. The empty route reads and
drops the same bytes, behind the same server.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gzip
import hashlib
import json
import math
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ext.benchmark.measure import BenchError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

NOTHING = Path(__file__).with_name("nothing.py")
PATIENCE = 120.0
TIMESTAMP = "2026-11-20T12:00:00Z"
MODULES = 120
HEAD = (
    "| what | clients | reports/s | p50 ms | p99 ms | of the empty route |\n" + "| --- " * 6 + "|"
)


@dataclass(frozen=True)
class Load:
    """What came of sending reports: how many a second, and each one's seconds."""

    rate: float
    seconds: Sequence[float]

    def row(self, what: str, clients: int, nothing: Load | None = None) -> str:
        """A line of the table."""
        p50, p99 = (1000 * _percentile(self.seconds, share) for share in (0.5, 0.99))
        ratio = f"{self.rate / nothing.rate:.2f}" if nothing else ""
        return f"| {what} | {clients} | {self.rate:,.0f} | {p50:.1f} | {p99:.1f} | {ratio} |"


def _percentile(values: Sequence[float], share: float) -> float:
    return sorted(values)[math.ceil(share * len(values)) - 1]


def main() -> int:
    options = _options()
    with tempfile.TemporaryDirectory(prefix="dropsonde-bench-", dir=options.scratch) as name:
        scratch = Path(name)
        numbers = count()
        print(HEAD)
        try:
            with _collector(scratch) as ours, _served("", str(NOTHING)) as nothing:
                for clients in options.clients:
                    done = {}
                    for what, url in (("nothing", nothing), ("collector", ours)):
                        reports = [
                            _packed(next(numbers), options.bytes) for _ in range(options.reports)
                        ]
                        asyncio.run(_send(url, reports[: clients * 2], clients))  # warms up
                        done[what] = asyncio.run(_send(url, reports, clients))
                    print(done["nothing"].row("empty route", clients))
                    print(done["collector"].row("collector", clients, done["nothing"]), flush=True)
        except BenchError as error:
            print(f"bench: {error}", file=sys.stderr)
            return 1
        print(_inserts(scratch / "bare.sqlite", options).row("bare insert, a commit each", 1))
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--reports", type=int, default=2000, metavar="N", help="(default: 2000)")
    parser.add_argument("--bytes", type=int, default=50_000, metavar="N", help="(default: 50000)")
    parser.add_argument(
        "--clients",
        type=lambda text: tuple(int(number) for number in text.split(",")),
        default=(1, 16, 256),
        metavar="N,N…",
        help="at once (default: 1,16,256)",
    )
    parser.add_argument("--scratch", metavar="DIR", help="on the disk to measure (default: /tmp)")
    return parser.parse_args()


def _report(number: int, size: int) -> bytes:
    """A report of about so many bytes, with as many rows of platforms as that takes."""
    modules = [
        {"name": f"module{at}", "slug": f"author-module{at}", "version": f"1.{at % 9}.0"}
        for at in range(MODULES)
    ]
    classes = [
        {"name": f"{module['name']}::class{at}", "count": number % 90 + 1}
        for module in modules
        for at in range(4)
    ]
    platforms = [
        {"name": f"module{at % MODULES}::class{at // MODULES}", "platform": "Debian", "count": 7}
        for at in range(max(0, (size - 33_000) // 58))
    ]
    columns: dict[str, list[dict[str, Any]]] = {
        "modules": modules,
        "classes": classes,
        "class_platforms": platforms,
    }
    snapshots: dict[str, Any] = {"environment_count": {"value": 3, "timestamp": TIMESTAMP}}
    for name, rows in columns.items():
        ordered = sorted(rows, key=lambda row: tuple(row.values()))
        snapshots[name] = {"value": ordered, "timestamp": TIMESTAMP}
    document = {
        "product": "popularity-module",
        "version": "1.0.0",
        "site_id": hashlib.sha512(str(number).encode()).hexdigest(),
        "self-service-analytics": {"snapshots": snapshots},
    }
    return json.dumps(document, separators=(",", ":")).encode() + b"\n"


def _packed(number: int, size: int) -> bytes:
    """The whole request."""
    body = gzip.compress(_report(number, size), 6, mtime=0)
    head = (
        "POST /v1/reports HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n"
        f"Content-Encoding: gzip\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def _send(url: str, requests: Sequence[bytes], clients: int) -> Load:
    left = iter(requests)
    seconds: list[float] = []
    begun = time.perf_counter()
    await asyncio.gather(*(_client(url, left, seconds) for _ in range(clients)))
    return Load(len(seconds) / (time.perf_counter() - begun), seconds)


async def _client(url: str, requests: Iterator[bytes], seconds: list[float]) -> None:
    """Send one after the other over a connection."""
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    for request in requests:
        begun = time.perf_counter()
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise BenchError(head.decode().splitlines()[0])
        await reader.readexactly(int(head.partition(b"content-length: ")[2].split(b"\r")[0]))
        seconds.append(time.perf_counter() - begun)
    writer.close()


@contextlib.contextmanager
def _collector(scratch: Path) -> Iterator[str]:
    slugs = [f"author-module{at}" for at in range(8000)]
    (scratch / "forge.json").write_text(json.dumps({"modules": slugs}))
    options = ("--data", str(scratch / "data"), "--forge-list", str(scratch / "forge.json"))
    with _served("-m", "dropsonde.collector", "serve", *options, "--port=0", "--rate=0") as url:
        yield url


@contextlib.contextmanager
def _served(*arguments: str) -> Iterator[str]:
    """A server's URL, which it says last on its first line."""
    command = [sys.executable, *filter(None, arguments)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        try:
            line = server.stderr.readline() if server.stderr else ""
            if "ready on" not in line:
                raise BenchError(f"{' '.join(command)}: {line}")
            yield line.split()[-1]
        finally:
            server.terminate()


def _inserts(path: Path, options: argparse.Namespace) -> Load:
    rows = [_report(number, options.bytes) for number in range(min(options.reports, 500))]
    seconds: list[float] = []
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("CREATE TABLE rows (data BLOB)")
        for row in rows:
            begun = time.perf_counter()
            connection.execute("INSERT INTO rows VALUES (?)", (row,))
            seconds.append(time.perf_counter() - begun)
    return Load(1 / statistics.mean(seconds), seconds)


if __name__ == "__main__":
    sys.exit(main())
