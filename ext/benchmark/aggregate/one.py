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

from dropsonde.aggregation.cells import Measured
from dropsonde.aggregation.drawing import among_of
from dropsonde.aggregation.engines.duckdb.engine import engine
from dropsonde.aggregation.engines.expressions import SITE
from dropsonde.aggregation.guard import judge
from dropsonde.aggregation.plan import columns_of
from dropsonde.aggregation.privacy.unit import Unit
from dropsonde.aggregation.privacy.weights import LATTICE
from dropsonde.aggregation.query import load
from dropsonde.aggregation.release import K
from dropsonde.collector.store.directory import checked
from dropsonde.collector.store.parquet.dataset import Dataset
from ext.benchmark.aggregate.made import COLUMNS, WEEK
from ext.benchmark.measure import peak

if TYPE_CHECKING:
    from dropsonde.aggregation.counting import Engine
    from dropsonde.aggregation.plan import Plan

ALL = "all"
PLANS = [plan for plan in (judge(query, COLUMNS).plan for query in load()) if plan is not None]


def chosen(name: str) -> list[Plan]:
    """The plan of one table, or of all."""
    return [plan for plan in PLANS if name in {ALL, plan.name}]


def count(data: Path, plans: Sequence[Plan]) -> int:
    """Count as a release does, but without noise; return the number of groups.

    Tables that name others are counted among the groups that these would show.
    """
    named = {table for plan in plans for table in plan.among.values()}
    shown: dict[str, list[Measured]] = {}
    groups = 0
    with engine(data, COLUMNS) as running:
        running.sites(WEEK)
        for plan in sorted(PLANS, key=lambda plan: bool(plan.among)):
            if plan in plans or plan.name in named:
                groups += _counted(running, plan, shown)
    return groups


def _counted(running: Engine, plan: Plan, shown: dict[str, list[Measured]]) -> int:
    begun = time.perf_counter()
    found = running.count(plan, WEEK, Unit.MODULE, among_of(plan, shown, PLANS))
    sites = ((keys, sums[0] / LATTICE) for keys, sums in found.items())
    shown[plan.name] = [Measured(keys, each, 0.0, each) for keys, each in sites if each >= K]
    took = time.perf_counter() - begun
    print(f"{plan.name}: {took:.2f} s, {len(found):,} groups", file=sys.stderr)
    return len(found)


def scan(data: Path, plans: Sequence[Plan]) -> int:
    """Read every column that a plan names, and only hash it."""
    read = sorted({SITE}.union(*map(columns_of, plans)))
    hashes = ", ".join(f"bit_xor(hash({name}))" for name in read)
    path = Dataset(checked(data).dataset).path(WEEK)
    return len(duckdb.execute(f"SELECT {hashes} FROM read_parquet('{path}')").fetchall())  # noqa: S608 - ours


def main(data: str, what: str, name: str) -> None:
    begun, cpu = time.perf_counter(), time.process_time()
    groups = {"count": count, "scan": scan}[what](Path(data), chosen(name))
    took = {"wall": time.perf_counter() - begun, "cpu": time.process_time() - cpu}
    print(json.dumps({**took, "memory": peak(), "groups": groups}))


if __name__ == "__main__":
    main(*sys.argv[1:])
