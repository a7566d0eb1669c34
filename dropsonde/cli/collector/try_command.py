"""``dropsonde-collector try``: run a contributed query on made-up reports."""

from __future__ import annotations

import random
import tempfile
from argparse import Namespace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dropsonde.aggregation.engines.duckdb.engine import engine
from dropsonde.aggregation.known import Words, groups
from dropsonde.aggregation.plan import lines
from dropsonde.aggregation.privacy.unit import Unit
from dropsonde.aggregation.privacy.weights import LATTICE
from dropsonde.aggregation.release import K
from dropsonde.cli.collector.query_command import table
from dropsonde.cli.collector.query_file import accepted, verdict_of
from dropsonde.cli.collector.sources import newest
from dropsonde.collector.store import Store
from dropsonde.common import console
from dropsonde.common.clock import utc_now
from dropsonde.common.weeks import week_of
from dropsonde.demo.rows import published, rows

if TYPE_CHECKING:
    from dropsonde.aggregation.plan import Plan


def run(arguments: Namespace) -> int:
    """Print the plan, and the groups that have enough sites, without noise."""
    plan = accepted(arguments.file, verdict_of(arguments.file))
    with tempfile.TemporaryDirectory(prefix="dropsonde-try-") as name:
        found = _counted(plan, Path(name) / "data", arguments.example, arguments.seed, utc_now())
    names = [key.name for key in plan.keys] + ["sites", *(each.name for each in plan.sums)]
    console.write_lines([*lines(plan), f"made-up sites, without noise, from {K} sites on:", ""])
    console.write_lines(table(names, found))
    return 0


def _counted(plan: Plan, data: Path, sites: int, seed: int, now: datetime) -> list[tuple[Any, ...]]:
    """Count the groups of made-up sites, each of which reports for two weeks."""
    columns = newest()
    for when in (now - timedelta(weeks=1), now):
        made = rows(columns, random.Random(seed), sites, when)  # noqa: S311 - made up, and repeatable
        with Store.open(data, columns, partial(_at, when), accept_clock=True) as store:
            for kept in [store.submit(row) for row in made]:
                kept.result()
    known = set(groups(plan, columns, Words(published())))
    with engine(data, columns) as running:
        found = running.count(plan, week_of(now), Unit.MODULE, {})
    shown = [
        (keys, numbers)
        for keys, parts in found.items()
        if keys in known and (numbers := [round(each / LATTICE) for each in parts])[0] >= K
    ]
    shown.sort(key=lambda group: [(key is not None, key) for key in group[0]])
    return [(*keys, *numbers) for keys, numbers in shown]


def _at(when: datetime) -> datetime:
    """A clock that stands."""
    return when
