"""``dropsonde-collector try``: run a contributed query on made-up reports."""

from __future__ import annotations

import random
import tempfile
from argparse import Namespace
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from dropsonde.aggregation.engines.duckdb.engine import engine
from dropsonde.aggregation.plan import lines
from dropsonde.aggregation.release import K
from dropsonde.cli.collector.query_command import table
from dropsonde.cli.collector.query_file import accepted, verdict_of
from dropsonde.cli.collector.sources import newest
from dropsonde.collector.store import Store
from dropsonde.common import console
from dropsonde.common.clock import utc_now
from dropsonde.common.weeks import week_of
from dropsonde.demo.rows import rows

if TYPE_CHECKING:
    from dropsonde.aggregation.plan import Plan
    from dropsonde.aggregation.release import Table


def run(arguments: Namespace) -> int:
    """Print the plan, and the groups that reach the threshold."""
    plan = accepted(arguments.file, verdict_of(arguments.file))
    with tempfile.TemporaryDirectory(prefix="dropsonde-try-") as name:
        found = _counted(plan, Path(name) / "data", arguments.example, arguments.seed, utc_now())
    console.write_lines([*lines(plan), f"threshold: {K} sites", ""])
    console.write_lines(table([field.name for field in found.fields], found.rows))
    return 0


def _counted(plan: Plan, data: Path, sites: int, seed: int, now: datetime) -> Table:
    """Count the groups of made-up sites."""
    columns = newest()
    with Store.open(data, columns, lambda: now) as store:
        made = rows(columns, random.Random(seed), sites, now)  # noqa: S311 - made up, and repeatable
        for kept in [store.submit(row) for row in made]:
            kept.result()
    key = sha256(str(seed).encode()).digest()
    with engine(data, columns) as running:
        return running.count(plan, week_of(now), key=key, threshold=K)
