"""A week's reports of many sites: sent to the collector, then moved into the dataset.

    python -m ext.benchmark.collector.week DIRECTORY EXPECTED

is the second half: it compacts a data directory as of the week after this one.
"""

from __future__ import annotations

import sys
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

from dropsonde.collector.store import Store
from dropsonde.schema import published
from ext.benchmark.collector.reports import Reports
from ext.benchmark.collector.servers import collector, module

AIMED, MOST = 100_000, 600.0  # sites, seconds
_CLIENTS = 16


def week(directory: Path, sites: int, size: int) -> str:
    """Send the week, compact it, and say how long that took.

    Raises:
        BenchError: a server or client failed, or a row is missing.
    """
    directory.mkdir()
    with collector(directory, Reports(size).slugs) as server:
        intake = sites / server.load(0, sites, _CLIENTS, size).rate
    spool, dataset = directory / "data/spool.sqlite", directory / "data/dataset"
    mega = spool.stat().st_size / 1e6
    compaction, cpu = map(
        float, module("ext.benchmark.collector.week", str(directory / "data"), str(sites)).split()
    )
    parquet = sum(path.stat().st_size for path in dataset.rglob("*.parquet")) / 1e6
    took = intake + compaction
    line = (
        f"A week of {sites:,} sites: intake {intake:.1f} s ({_CLIENTS} clients; spool "
        f"{mega:,.0f} MB), compaction {compaction:.1f} s ({cpu:.1f} s of CPU; "
        f"{parquet:,.0f} MB)."
    )
    if sites == AIMED:
        met = "yes" if took <= MOST else "**no**"
        return f"{line} Aim: within {MOST:.0f} s: {met}."
    return f"{line} In proportion, {AIMED:,} sites take {took * AIMED / sites:,.0f} s."


def main(directory: str, expected: str) -> None:
    now = datetime.now(timezone.utc) + timedelta(weeks=1, hours=2)
    columns = next(iter(published.load().values()))
    with Store.open(Path(directory), columns, lambda: now, accept_clock=True) as store:
        begun, cpu = time.perf_counter(), time.process_time()
        store.compact(now)
        took, cpu = time.perf_counter() - begun, time.process_time() - cpu
        found = list(store.query("SELECT count(*) FROM community_metrics"))
    if found != [(int(expected),)]:
        sys.exit(f"{found} rows, and not {expected}")
    print(took, cpu)


if __name__ == "__main__":
    main(*sys.argv[1:])
