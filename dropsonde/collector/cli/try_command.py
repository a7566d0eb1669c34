"""``dropsonde-collector try``: run a contributed query on made-up reports."""

from __future__ import annotations

import random
import tempfile
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from dropsonde.aggregation.engines.duckdb import engine
from dropsonde.aggregation.examples import rows
from dropsonde.aggregation.plan import lines
from dropsonde.aggregation.tables import K
from dropsonde.collector.cli import streams
from dropsonde.collector.cli.judging import accepted, verdict_of
from dropsonde.collector.cli.query_command import table
from dropsonde.collector.cli.reading import newest
from dropsonde.collector.cli.serve_command import utc_now
from dropsonde.collector.store import Store
from dropsonde.collector.weeks import week_of

if TYPE_CHECKING:
    from argparse import Namespace
    from datetime import datetime

    from dropsonde.aggregation.plan import Plan
    from dropsonde.aggregation.tables import Table


def run(arguments: Namespace) -> int:
    """Print the plan, and the groups that the threshold leaves."""
    plan = accepted(arguments.file, verdict_of(arguments.file))
    with tempfile.TemporaryDirectory(prefix="dropsonde-try-") as name:
        found = _counted(plan, Path(name) / "data", arguments.example, arguments.seed, utc_now())
    streams.write_lines([*lines(plan), f"threshold: {K} sites", ""])
    streams.write_lines(table([field.name for field in found.fields], found.rows))
    return 0


def _counted(plan: Plan, data: Path, sites: int, seed: int, now: datetime) -> Table:
    """The groups among so many made-up sites."""
    columns = newest()
    with Store.open(data, columns, lambda: now) as store:
        made = rows(columns, random.Random(seed), sites, now)  # noqa: S311 - made up, and repeatable
        for kept in [store.submit(row) for row in made]:
            kept.result()
    key = sha256(str(seed).encode()).digest()
    with engine(data, columns) as running:
        return running.count(plan, week_of(now), key=key, threshold=K)
