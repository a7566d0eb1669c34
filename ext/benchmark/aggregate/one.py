"""Count one table of a week, or all, or only read its columns; print the cost as JSON.

    python -m ext.benchmark.aggregate.one DIRECTORY count|scan TABLE|all

It is a separate process, so its peak memory is its own.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from dropsonde.aggregation.engines.counting import counting
from dropsonde.aggregation.engines.duckdb.dictionary import named
from dropsonde.aggregation.engines.duckdb.engine import engine
from dropsonde.aggregation.engines.sql import SITE
from dropsonde.aggregation.guard import judge
from dropsonde.aggregation.query import load
from dropsonde.collector.store.directory import checked
from dropsonde.collector.store.parquet.files import Dataset
from ext.benchmark.aggregate.made import COLUMNS, WEEK

if TYPE_CHECKING:
    from dropsonde.aggregation.plan import Plan

ALL = "all"
_KEY = bytes(32)


def plans(name: str) -> list[Plan]:
    """The plan of one table, or of all."""
    judged = [judge(query, COLUMNS).plan for query in load() if name in {ALL, query.name}]
    return [plan for plan in judged if plan is not None]


def count(data: Path, chosen: Sequence[Plan]) -> int:
    """Count as a release does; return the number of groups."""
    counted, _ = counting(lambda plans: engine(data, COLUMNS, plans), chosen)(WEEK, _KEY)
    return sum(len(each.table.rows) for each in counted)


def scan(data: Path, chosen: Sequence[Plan]) -> int:
    """Read every column that a plan names, and only hash it."""
    read = sorted({SITE, *(name for plan in chosen for name, _ in named(plan))})
    hashes = ", ".join(f"bit_xor(hash({name}))" for name in read)
    path = Dataset(checked(data).dataset).path(WEEK)
    return len(duckdb.execute(f"SELECT {hashes} FROM read_parquet('{path}')").fetchall())  # noqa: S608 - ours


def peak() -> int:
    """The peak memory of this process, in bytes."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(1024 * int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))


def main(data: str, what: str, name: str) -> None:
    chosen = plans(name)
    begun, cpu = time.perf_counter(), time.process_time()
    groups = {"count": count, "scan": scan}[what](Path(data), chosen)
    took = {"wall": time.perf_counter() - begun, "cpu": time.process_time() - cpu}
    print(json.dumps({**took, "memory": peak(), "groups": groups}))


if __name__ == "__main__":
    main(*sys.argv[1:])
