"""A data directory with a finished week of many made-up sites, each in its second week.

    python -m ext.benchmark.aggregate.made DIRECTORY SITES [hostile]

Some thousand different reports go through the collector's own store. Each of the many sites has the
modules of one of these, with all that hangs on them, and what another one says of itself. DuckDB
writes the week's file as the store does, and for the week before one with the sites alone.
"""

from __future__ import annotations

import random
import shutil
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from dropsonde.collector.store import Store
from dropsonde.collector.store.directory import checked
from dropsonde.collector.store.parquet.dataset import Dataset, handle_name
from dropsonde.collector.store.parquet.duckdb import About, engine
from dropsonde.collector.store.parquet.schema import table_of
from dropsonde.common.weeks import week_of
from dropsonde.schema import published
from dropsonde.schema.model import ENVELOPE
from ext.benchmark.aggregate.world import hostile, reports

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dropsonde.collector.row import Row

    Kind = Callable[[random.Random, int, datetime], Iterator[Row]]

NOW = datetime(2026, 11, 20, 12, tzinfo=timezone.utc)
WEEK, BEFORE = week_of(NOW), week_of(NOW - timedelta(weeks=1))
COLUMNS = next(iter(published.load().values()))
DIFFERENT: dict[Kind, int] = {reports: 20_000, hostile: 10}
_ROW_BYTES = 20_000  # a report's JSON, about
_OWN = {"environment_count", "operating_systems", "servers", "agents", "puppetfile_ruby_methods"}


def make(directory: Path, sites: int, kind: Kind = reports) -> None:
    """Make the data directory.

    Args:
        directory: a new one.
        sites: how many.
        kind: makes the different reports.
    """
    number = min(sites, DIFFERENT[kind])
    few = directory.with_suffix(".few")
    with Store.open(few, COLUMNS, lambda: NOW) as store:
        for kept in [store.submit(row) for row in kind(random.Random(sites), number, NOW)]:
            kept.result()
        store.compact(NOW + timedelta(weeks=1, hours=3))
    with Store.open(directory, COLUMNS, lambda: NOW):
        pass
    source, target = (Dataset(checked(each).dataset) for each in (few, directory))
    table = table_of(COLUMNS)
    with checked(directory).scratch() as scratch, engine(scratch) as connection:
        connection.execute(
            "CREATE TABLE few AS SELECT *, row_number() OVER () - 1 AS place "  # noqa: S608 - ours
            f"FROM read_parquet('{source.path(WEEK)}')"
        )
        # The joins keep the order of the sites, and sorting would take much memory.
        connection.execute("SET disabled_optimizers = 'join_order,build_side_probe_side'")
        # As long as a site's id.
        key = "unhex(format('{:016x}', site) || sha256(site::VARCHAR) || repeat('0', 48))"
        values = {
            "message_id": "uuid()::VARCHAR",
            "site_id": key,
            "timestamp": "now()",
            "ip": "NULL",
        }
        head = ", ".join(
            f"{values.get(each.name, f'f0.{each.name}')} AS {each.name}" for each in ENVELOPE
        )
        drawn = ", ".join(f"f{int(each.name in _OWN)}.{each.name}" for each in table.reported)
        none = ", ".join(f"NULL AS {each.name}" for each in table.reported)
        joins = "".join(
            f" JOIN few f{at} ON f{at}.place = hash(site, {at}) % {number}" for at in (0, 1)
        )
        for week, columns in ((WEEK, drawn), (BEFORE, none)):
            with target.writing(week) as file:
                connection.execute(
                    f"COPY (SELECT {head}, {columns} FROM range({sites}) AS made(site){joins}"  # noqa: S608
                    f") TO '{handle_name(file.fileno())}' "
                    f"{About(table, _ROW_BYTES).options}"
                )
    shutil.rmtree(few)


if __name__ == "__main__":
    make(Path(sys.argv[1]), int(sys.argv[2]), hostile if "hostile" in sys.argv[3:] else reports)
