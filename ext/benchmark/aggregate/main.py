"""The table of the week's queries: each, and all, at several numbers of sites.

Next to each query is a bare scan of the same columns by DuckDB, in the same run; both use all
processors. A separate process measures each figure.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from ext.benchmark.collector.servers import module

SIZES = (10_000, 100_000, 1_000_000)
AIMED, MOST_SECONDS, MOST_BYTES = 1_000_000, 60.0, 4e9
ALL = "all"
HEAD = ("sites", "table", "groups", "s", "CPU s", "peak MB", "bare s", "ratio", "aim", "met")
GROWTH = ("sites", "table", "s", "CPU s", "peak MB", "bare s")
_QUERIES = Path(__file__).resolve().parents[3] / "dropsonde/aggregation/queries"
_MEGA = 1e6


@dataclass(frozen=True)
class Sample:
    """What one process took: wall-clock and CPU seconds, peak bytes; and the groups it counted."""

    wall: float
    cpu: float
    memory: int
    groups: int


@dataclass(frozen=True)
class Counted:
    """A table at a number of sites, and the bare scan to compare it with."""

    sites: int
    table: str
    ours: Sample
    bare: Sample


def add_options(parser: argparse.ArgumentParser) -> None:
    tables = (*sorted(path.stem for path in _QUERIES.glob("*.sql")), ALL)
    parser.add_argument(
        "--sites",
        type=lambda text: tuple(int(number) for number in text.split(",")),
        default=SIZES,
        metavar="N,N…",
        help=f"(default: {','.join(map(str, SIZES))}; the last takes some minutes)",
    )
    parser.add_argument("--table", action="append", choices=tables, help="count these alone")
    parser.add_argument("--scratch", metavar="DIR", help="on the disk to measure (default: /tmp)")
    parser.add_argument("--keep", metavar="DIR", help="use the sites that are there, or make them")
    parser.add_argument(
        "--hostile",
        type=int,
        default=1000,
        metavar="N",
        help="reports of 6,000 modules, which are counted as well (default: 1000)",
    )
    parser.set_defaults(tables=tables)


def run(options: argparse.Namespace) -> None:
    """Measure and print the table.

    Raises:
        BenchError: a process failed.
    """
    with tempfile.TemporaryDirectory(prefix="dropsonde-bench-", dir=options.scratch) as name:
        counted = []
        _print(HEAD)
        _print("---" for _ in HEAD)
        for sites in options.sites:
            data = Path(options.keep or name) / str(sites)
            if not data.exists():
                _make(data, sites)
            for table in options.table or options.tables:
                samples = (_sample(data, what, table) for what in ("count", "scan"))
                counted.append(Counted(sites, table, *samples))
                _print(_row(counted[-1]))
        print()
        for line in _sizes(Path(options.keep or name), options.sites):
            print(line)
        print()
        for cells in (GROWTH, tuple("---" for _ in GROWTH), *_growth(counted)):
            _print(cells)
        print(f"\n{_hostile(Path(options.keep or name), options.hostile)}")


def _hostile(where: Path, reports: int) -> str:
    """What it costs to count pairs, and all, of nothing but large reports."""
    data = where / f"hostile-{reports}"
    if not data.exists():
        _make(data, reports, "hostile")
    found = [_sample(data, "count", table) for table in ("module_pairs", ALL)]
    pairs, every = (f"{each.cpu:.2f} CPU s, {each.memory / _MEGA:,.0f} MB" for each in found)
    return f"{reports:,} reports of 6,000 modules each: module_pairs {pairs}; all {every}."


def _sample(data: Path, what: str, table: str) -> Sample:
    return Sample(**json.loads(module("ext.benchmark.aggregate.one", str(data), what, table)))


def _make(data: Path, sites: int, *kind: str) -> None:
    """Make a data directory; a killed run leaves no incomplete one."""
    part = data.with_name(f"{data.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    module("ext.benchmark.aggregate.made", str(part), str(sites), *kind)
    part.rename(data)


def _print(cells: Iterator[str] | Sequence[str]) -> None:
    print("| " + " | ".join(cells) + " |", flush=True)


def _row(one: Counted) -> tuple[str, ...]:
    ours, aim, met = one.ours, "", ""
    if (one.sites, one.table) == (AIMED, ALL):
        aim = f"≤ {MOST_SECONDS:.0f} s, ≤ {MOST_BYTES / _MEGA:,.0f} MB"
        met = "yes" if ours.wall <= MOST_SECONDS and ours.memory <= MOST_BYTES else "**no**"
    times = (f"{ours.wall:.2f}", f"{ours.cpu:.2f}", f"{ours.memory / _MEGA:,.0f}")
    bare = (f"{one.bare.wall:.2f}", f"{ours.wall / one.bare.wall:.1f}")
    return (f"{one.sites:,}", one.table, f"{ours.groups:,}", *times, *bare, aim, met)


def _sizes(where: Path, sizes: Sequence[int]) -> Iterator[str]:
    for sites in sizes:
        size = sum(path.stat().st_size for path in (where / str(sites)).rglob("*.parquet"))
        yield f"{sites:,} sites are {size / _MEGA:,.1f} MB, {size / sites:,.0f} bytes each."


def _growth(counted: Sequence[Counted]) -> Iterator[tuple[str, ...]]:
    """Yield how much more a larger number of sites takes."""
    for table in dict.fromkeys(one.table for one in counted):
        for small, large in pairwise([one for one in counted if one.table == table]):
            factors = (
                large.ours.wall / small.ours.wall,
                large.ours.cpu / small.ours.cpu,
                large.ours.memory / small.ours.memory,
                large.bare.wall / small.bare.wall,
            )
            step = f"{large.sites:,} / {small.sites:,} (x {large.sites / small.sites:.0f})"
            yield (step, table, *(f"x {factor:.1f}" for factor in factors))
