"""All queries on a real Spark: each number is DuckDB's, whatever sites report."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dropsonde.aggregation.engines.duckdb.engine import DuckDB
from dropsonde.aggregation.engines.duckdb.engine import engine as duckdb
from dropsonde.aggregation.engines.spark.engine import Spark
from dropsonde.aggregation.engines.spark.engine import engine as spark
from dropsonde.aggregation.engines.sql import salt
from dropsonde.aggregation.plan import Call, Constant, Operator
from dropsonde.aggregation.release import K, Role
from dropsonde.collector.store import Store
from dropsonde.demo.rows import rows
from dropsonde.schema.model import Mode, Type
from tests.real.java import javas, listening
from tests.unit.aggregation.engines.queries import queries
from tests.unit.aggregation.guard.judged import judged, shipped
from tests.unit.collector.intake.reports import NEWEST
from tests.unit.collector.store.making import files_with

if TYPE_CHECKING:
    from dropsonde.aggregation.plan import Plan
    from dropsonde.aggregation.release import Table
    from dropsonde.collector.row import Row
    from dropsonde.schema.model import Column

pytestmark = pytest.mark.real

NOW = datetime(2026, 11, 20, 12, tzinfo=timezone.utc)
WEEK, LATER = "2026-W47", NOW + timedelta(weeks=1)
KEY = bytes(range(32))
PLANS = shipped()
# What SQL, regular expressions, Spark's own variables and sorting might take for something else.
WORDS = (
    "", " ", "a", "A", "a ", "a.b.c", ".", "..", "1.2.3", "1", "-1", "null", "\u00e9", "e\u0301",
    "\U0001f600", "\uffff", "'", "''", '"', "`", "\\", "\\'", "\\Q.\\E", "a\nb", "%", "_", ":salt",
    "?", "@salt", "${engine.app.name}", "${env:HOME}", "{}", "--", "/*", "x" * 300,
)  # fmt: skip
NUMBERS = (None, 0, 1, -7, 9, 10, 50, 51, 2**62, -(2**62))


class Engines(NamedTuple):
    """Both on one directory."""

    data: Path
    duckdb: DuckDB
    spark: Spark


def odd(row: Row, rng: random.Random) -> Row:
    """The same site with odd values: nulls, no table, an empty one, and one with many rows."""
    columns: dict[str, Any] = {}
    for name in row.columns:
        column = next(each for each in NEWEST if each.name == name)
        if column.mode is not Mode.REPEATED:
            columns[name] = rng.choice(NUMBERS)
        elif rng.random() < 0.8:
            count = rng.choice([0, 3, 250])
            columns[name] = [
                {field.name: _odd(field, rng) for field in column.fields} for _ in range(count)
            ]
    version = rng.choice(["1.0.0", "", "\u00e9"])
    return replace(row, columns=columns, version=version, product=rng.choice(WORDS))


def _odd(field: Column, rng: random.Random) -> Any:
    if field.type is Type.INTEGER:
        return rng.choice(NUMBERS)
    return rng.choice([None, f"module{rng.randrange(300)}", *WORDS])


def named(row: Row, name: str) -> Row:
    """A site with a module of its own."""
    module = {"name": name, "slug": f"only-{name}", "version": "9.9.9"}
    return replace(row, columns={**row.columns, "modules": [module]})


@pytest.fixture(scope="module")
def engines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engines]:
    """In the week's file: plain and odd sites, one forgotten, and one that has reported again."""
    # Letters that Java, Spark or Hadoop would take for a list, a pattern or an option.
    data = tmp_path_factory.mktemp("a, b") / "d[x]*{y},'z %41 \u00e9"
    rng = random.Random(5)
    made = list(rows(NEWEST, rng, 62, NOW))
    made[:30] = [odd(row, rng) for row in made[:30]]
    forgotten, again = named(made[-1], "forgotten"), named(made[-2], "before")
    with Store.open(data, NEWEST, lambda: LATER) as store:
        other_week = next(rows(NEWEST, rng, 1, NOW - timedelta(weeks=1)))
        for kept in [store.submit(row) for row in (*made[:-2], forgotten, again, other_week)]:
            kept.result()
        assert store.compact(LATER) == ("2026-W46", WEEK)
        store.put(named(again, "after"))
        store.put(odd(next(rows(NEWEST, rng, 1, NOW)), rng))
        store.forget(forgotten.site_id)
    with duckdb(data, NEWEST) as first, spark(data, NEWEST) as second:
        yield Engines(data, first, second)


def compare(engines: Engines, plan: Plan, threshold: int | None = None) -> Table:
    """Count on both; the numbers are the same, but for the last digit of an average."""
    expected, found = (
        each.count(plan, WEEK, key=KEY, threshold=threshold)
        for each in (engines.duckdb, engines.spark)
    )
    assert list(found.rows) == [
        tuple(
            pytest.approx(value) if field.role is Role.AVERAGE else value
            for field, value in zip(expected.fields, row, strict=True)
        )
        for row in expected.rows
    ]
    return found


@pytest.mark.parametrize("plan", PLANS, ids=lambda plan: plan.name)
def test_spark_gives_every_row_that_duckdb_gives(engines: Engines, plan: Plan) -> None:
    assert compare(engines, plan).rows
    few = compare(engines, replace(plan, contributions=1))  # sampling decides which
    assert sum(row[few.place(Role.SITES)] for row in few.rows) <= engines.duckdb.sites(WEEK)


def test_both_leave_out_small_groups(engines: Engines) -> None:
    for plan in PLANS[:3]:
        found = compare(engines, plan, K)
        assert all(row[found.place(Role.SITES)] >= K for row in found.rows)


def test_both_count_the_rows_that_the_collector_shows(engines: Engines) -> None:
    for week, sites in ((WEEK, 62), ("2026-W46", 1), ("2026-W45", 0)):
        assert [engines.duckdb.sites(week), engines.spark.sites(week)] == [sites, sites]
    (plan,) = (plan for plan in PLANS if plan.name == "module_usage")
    modules = [row[0] for row in compare(engines, plan).rows]
    assert "only-after" in modules
    assert not {"only-before", "only-forgotten"} & set(modules)
    assert {None, "", " ", "a", "A", "a "} <= set(modules)
    assert engines.spark.count(plan, "2026-W45", key=KEY, threshold=None).rows == ()


def test_constants_of_an_author_are_themselves_on_both(engines: Engines) -> None:
    plan = judged(
        "SELECT m.slug AS k, COUNT(DISTINCT site_id) AS sites "
        "FROM community_metrics, UNNEST(modules) AS m GROUP BY k",
        bound=1000,
    ).plan
    assert plan is not None
    key = plan.keys[0].expression
    only = Call(Operator.IN, (key, *map(Constant, WORDS)), Type.BOOLEAN)
    assert {row[0] for row in compare(engines, replace(plan, filter=only)).rows} == set(WORDS)
    for word in ("a ", "\\Q.\\E", "\uffff"):
        below = Call(Operator.LESS, (key, Constant(word)), Type.BOOLEAN)
        found = {row[0] for row in compare(engines, replace(plan, filter=below)).rows}
        assert found & set(WORDS) == {each for each in WORDS if each < word}


@settings(max_examples=15, deadline=None)
@given(sql=queries(), bound=st.integers(1, 8))
def test_generated_queries_count_the_same(engines: Engines, sql: str, bound: int) -> None:
    plan = judged(sql, bound=bound).plan
    assert plan is not None
    compare(engines, plan)


def test_spark_keeps_the_secret_and_listens_on_loopback_alone(engines: Engines) -> None:
    (plan,) = (plan for plan in PLANS if plan.name == "module_usage")
    engines.spark.count(plan, WEEK, key=KEY, threshold=None)
    secret = salt(KEY, plan).encode()
    assert files_with(engines.data, secret) == []
    # A PuppetDB may be running, too.
    (java,) = (each for each in javas() if b"org.apache.spark" in (each / "cmdline").read_bytes())
    for name in ("cmdline", "environ"):
        assert secret not in java.joinpath(name).read_bytes()
    assert listening(java) == {"127.0.0.1"}
    (spilled,) = {each.parent for each in (engines.data / "scratch").rglob(f"{WEEK}.parquet")}
    assert spilled.stat().st_mode & 0o077 == 0
