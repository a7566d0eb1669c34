"""A data directory with a finished week of many made-up sites.

    python -m ext.benchmark.aggregate.made DIRECTORY SITES

The module makes a few reports as ``dropsonde-collector try`` does, and submits them to the
collector's own store. Each of the many sites then draws each of its tables from one of these at
random, so hardly two sites are alike. DuckDB joins them and writes the week's file as the store
does.
"""

from __future__ import annotations

import random
import shutil
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

from dropsonde.collector.store import Store
from dropsonde.collector.store.directory import checked
from dropsonde.collector.store.parquet.duckdb import About, engine
from dropsonde.collector.store.parquet.files import Dataset, handle_name
from dropsonde.collector.store.parquet.schema import table_of
from dropsonde.common.weeks import week_of
from dropsonde.demo.rows import rows
from dropsonde.schema import published
from dropsonde.schema.model import ENVELOPE

NOW = datetime(2026, 11, 20, 12, tzinfo=timezone.utc)
WEEK = week_of(NOW)
COLUMNS = next(iter(published.load().values()))
DIFFERENT = 1000
_ROW_BYTES = 20_000  # a report's JSON, about


def make(directory: Path, sites: int) -> None:
    """Make the data directory."""
    few = directory.with_suffix(".few")
    with Store.open(few, COLUMNS, lambda: NOW) as store:
        made = rows(COLUMNS, random.Random(sites), min(sites, DIFFERENT), NOW)
        for kept in [store.submit(row) for row in made]:
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
        drawn = ", ".join(f"f{at}.{column.name}" for at, column in enumerate(table.reported))
        # A number and no query: else DuckDB keeps the many sites in memory, and scans the few.
        number = min(sites, DIFFERENT)
        lots = (f"hash(site, {at}) % {number}" for at in range(len(table.reported)))
        joins = "".join(f" JOIN few f{at} ON f{at}.place = {lot}" for at, lot in enumerate(lots))
        # As long as a site's id, and already in order.
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
        with target.writing(WEEK) as file:
            connection.execute(
                f"COPY (SELECT {head}, {drawn} FROM range({sites}) AS made(site){joins} "  # noqa: S608
                f"ORDER BY site) TO '{handle_name(file.fileno())}' "
                f"{About(table, _ROW_BYTES).options}"
            )
    shutil.rmtree(few)


if __name__ == "__main__":
    make(Path(sys.argv[1]), int(sys.argv[2]))
