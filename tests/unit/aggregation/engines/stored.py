"""Made-up weeks in one DuckDB, so that many plans are counted quickly and against their model.

Each week has one site more, which has not reported before and so does not count.
"""

from __future__ import annotations

import functools
import json
import random
import tempfile
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from dropsonde.aggregation.engines.duckdb import coded, masks
from dropsonde.aggregation.engines.duckdb.engine import DuckDB
from dropsonde.aggregation.engines.sql import Counting, in_week, translated
from dropsonde.aggregation.plan import USAGE, Shape
from dropsonde.collector.store.parquet.schema import table_of
from dropsonde.collector.store.parquet.view import View
from dropsonde.schema.model import Column, Type
from tests.unit.aggregation.engines.model import counted
from tests.unit.aggregation.engines.sites import AUTHORS, COLUMNS, NAMES, made

if TYPE_CHECKING:
    from dropsonde.aggregation.plan import Plan
    from dropsonde.aggregation.privacy.unit import Unit
    from tests.unit.aggregation.engines.model import Report

SITES = 6  # a week, that count
TABLE = table_of(COLUMNS)
WEEK = Column("week", Type.STRING, "The week.")
# What a public table of these sites may show of some keys; two modules of one name are never here.
SHOWN: Mapping[str, Collection[str | None]] = {
    USAGE: [f"{AUTHORS[0]}-{name}" for name in NAMES[:3]],
    "operating_systems": ["Debian", "Rocky", None, "12"],
    "server_systems": ["Debian", None, "12"],
    "agents": [None, "puppet", "7.34", "7", "8"],
    "servers": ["puppet", "8.6"],
}


@functools.cache
def reports(week: int) -> tuple[Report, ...]:
    """The reports of a week that count; its number decides them."""
    return _every(week)[:SITES]


@functools.cache
def _every(week: int) -> tuple[Report, ...]:
    rng = random.Random(week)
    return tuple(made(rng) for _ in range(SITES + 1))


@functools.cache
def _engine() -> DuckDB:
    connection = duckdb.connect()
    connection.execute("SET threads = 1")
    connection.execute(TABLE.ddl())
    for number in range(SITES):
        put(connection, number, "", {})
    return DuckDB.of(View(connection, TABLE, ()))


def put(connection: duckdb.DuckDBPyConnection, number: int, week: str, report: Report) -> None:
    """Add the report of a site."""
    with tempfile.NamedTemporaryFile("w") as file:
        json.dump({"site_id": f"{number:0128x}", "week": week, **report}, file)
        file.flush()
        connection.execute(f"INSERT INTO community_metrics {TABLE.from_json([file.name])}")


@functools.cache
def _store(week: int) -> None:
    for number, report in enumerate(_every(week)):
        site = number if number < SITES else SITES + week  # the last one is in no other week
        put(_engine().view.connection, site, str(week), report)


def among_of(plan: Plan, *, all_shown: bool = False) -> dict[str, Collection[str | None]]:
    """The values that are counted of keys; always some where these bound a site's part."""
    if all_shown and plan.shape not in {Shape.PAIR, Shape.BESIDE}:
        return {}
    return {key: SHOWN[table] for key, table in plan.among.items()}


def by_statement(
    view: View, plan: Plan, unit: Unit, week: str, among: Mapping[str, Collection[Any]]
) -> dict[Any, Any]:
    """What the statement that all engines share counts of a week."""
    statement = Counting(plan, unit, in_week(week), among).statement()
    rows = view.connection.execute(translated(statement, "duckdb", view.columns)).fetchall()
    keys = len(plan.keys)
    return {row[:keys]: tuple(map(int, row[keys:])) for row in rows}


def check(plan: Plan, unit: Unit, week: int, *, all_shown: bool) -> None:
    """Compare the statement, and DuckDB's own way, with the definition of what they count."""
    among = among_of(plan, all_shown=all_shown)
    _store(week)
    check_all(_engine(), plan, unit, str(week), reports(week), among)


def check_all(
    engine: DuckDB,
    plan: Plan,
    unit: Unit,
    week: str,
    reports_: Sequence[Report],
    among: Mapping[str, Collection[str | None]],
) -> None:
    """The same for any reports: those that count of a week that is there."""
    expected = counted(plan, unit, reports_, among)
    found = by_statement(engine.view, plan, unit, week, among)
    assert found == expected, (plan, unit, among, found, expected)
    with pytest.MonkeyPatch.context() as patching:  # several steps, and words that the first lacks
        patching.setattr(coded, "AT_ONCE", 30)
        patching.setattr(coded, "MOST_ROWS", 60)
        patching.setattr(coded, "_FEWEST", 2)
        for widest in (masks.WIDEST, 1):  # with 1, most modules of several groups are too wide
            patching.setattr(masks, "WIDEST", widest)
            found = engine.count(plan, week, unit, among)
            assert found == expected, (plan, unit, among, widest, found, expected)
