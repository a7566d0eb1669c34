"""The table of the collector under load.

Five receivers take the same reports in the same run: the collector; the same with a worker process
for each processor; the same with a vocabulary, on which it checks every row; a route that reads the
bytes and drops them, behind the same server with the same limits; and a bare insert into SQLite
that waits for the disk. Server and clients are separate processes, and share this machine's
processors. The clients take a small part of the time (a column says how much), so a ratio compares
the collector, which unpacks, checks, signs and stores reports, with the web server alone.

Runs of the servers alternate. Rates and ratios are medians; a ratio compares neighbouring runs;
percentiles are of all runs together.

``--bodies N`` prints another table: the cost of bodies made to be expensive.
"""

from __future__ import annotations

import argparse
import contextlib
import math
import os
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path

from ext.benchmark.collector.bodies import bodies
from ext.benchmark.collector.reports import Reports
from ext.benchmark.collector.servers import Load, collector, served
from ext.benchmark.collector.week import week

HALF = 0.5
_CORES = len(os.sched_getaffinity(0))
HEAD = (
    "row",
    *("clients", "reports/s", "p50 ms", "p99 ms", "server CPU ms", "client CPU ms"),
    *("of no-op", "aim", "met"),
)


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--reports", type=int, default=2000, metavar="N", help="(default: 2000)")
    parser.add_argument("--bytes", type=int, default=50_000, metavar="N", help="(default: 50000)")
    parser.add_argument("--runs", type=int, default=3, metavar="N", help="how often (default: 3)")
    parser.add_argument(
        "--clients",
        type=lambda text: tuple(int(number) for number in text.split(",")),
        default=(1, 16, 256),
        metavar="N,N…",
        help="at once (default: 1,16,256)",
    )
    parser.add_argument(
        "--week",
        type=int,
        default=5000,
        metavar="N",
        help="sites whose week is taken in and compacted (default: 5000; the aim is for 100000)",
    )
    parser.add_argument(
        "--bodies",
        type=int,
        default=0,
        metavar="N",
        help="measure costly bodies instead, and show the N that take longest",
    )
    parser.add_argument("--scratch", metavar="DIR", help="on the disk to measure (default: /tmp)")


def run(options: argparse.Namespace) -> None:
    """Measure and print the table.

    Raises:
        BenchError: a server or client failed.
    """
    if options.bodies:
        for line in bodies(options.bodies):
            print(line)
        return
    with tempfile.TemporaryDirectory(prefix="dropsonde-bench-", dir=options.scratch) as name:
        scratch = Path(name)
        for cells in (HEAD, tuple("---" for _ in HEAD), *_rows(scratch, options)):
            print("| " + " | ".join(cells) + " |", flush=True)
        print("\n" + week(scratch / "week", options.week, options.bytes))


def _rows(scratch: Path, options: argparse.Namespace) -> Iterator[tuple[str, ...]]:
    reports = Reports(options.bytes)
    firsts = count(step=options.reports)
    workers = f"{_CORES} workers"
    for name in ("loaded", "workers", "checking"):
        (scratch / name).mkdir()
    with (
        collector(scratch / "loaded", reports.slugs) as ours,
        collector(scratch / "workers", reports.slugs, workers=_CORES) as many,
        collector(scratch / "checking", reports.slugs, reports.vocabulary()) as checking,
        served("ext.benchmark.collector.nothing") as nothing,
    ):
        for clients in options.clients:
            servers = {
                "no-op": nothing,
                "collector": ours,
                workers: many,
                "with vocabulary": checking,
            }
            loads: dict[str, list[Load]] = {name: [] for name in servers}
            for turn in range(options.runs + 1):  # the first warms up
                for name, server in servers.items():
                    load = server.load(next(firsts), options.reports, clients, options.bytes)
                    if turn:
                        loads[name].append(load)
            yield _row("no-op route", clients, loads["no-op"])
            for name in ("collector", workers, "with vocabulary"):
                pairs = zip(loads[name], loads["no-op"], strict=True)
                ratio = statistics.median(load.rate / bare.rate for load, bare in pairs)
                yield _row(name, clients, loads[name], ratio)
    few = range(min(options.reports, 500))
    for name, made in (
        ("bare insert", map(reports.plain, few)),
        ("bare insert, packed", map(reports.packed, few)),
    ):
        yield _row(name, 1, [_inserts(scratch / f"{name}.sqlite", list(made))])


def _row(
    name: str, clients: int, loads: Sequence[Load], ratio: float | None = None
) -> tuple[str, ...]:
    seconds = sorted(second for load in loads for second in load.seconds)
    p50, p99 = (seconds[math.ceil(share * len(seconds)) - 1] for share in (0.5, 0.99))
    server, client = (
        1000 * sum(getattr(load, side) for load in loads) / len(seconds)
        for side in ("server", "client")
    )
    said = ("", "", "")
    if ratio is not None:
        said = (f"{ratio:.2f}", f"≥ {HALF}", "yes" if ratio >= HALF else "**no**")
    rate = statistics.median(load.rate for load in loads)
    times = (f"{1000 * p50:.1f}", f"{1000 * p99:.1f}", f"{server:.2f}", f"{client:.2f}")
    return (name, str(clients), f"{rate:,.0f}", *times, *said)


def _inserts(path: Path, rows: Sequence[bytes]) -> Load:
    """Insert each row in its own transaction."""
    seconds: list[float] = []
    cpu = time.process_time()
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("CREATE TABLE rows (data BLOB)")
        for row in rows:
            begun = time.perf_counter()
            connection.execute("INSERT INTO rows VALUES (?)", (row,))
            seconds.append(time.perf_counter() - begun)
    return Load(1 / statistics.mean(seconds), seconds, time.process_time() - cpu)
