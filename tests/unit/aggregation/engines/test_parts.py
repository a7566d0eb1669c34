"""DuckDB's short way gives the rows of the statement that all engines share."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlglot import exp

from dropsonde.aggregation.engines.duckdb import dictionary, parts
from dropsonde.aggregation.engines.duckdb.engine import DuckDB, engine
from dropsonde.aggregation.engines.duckdb.joins import Joins
from dropsonde.aggregation.engines.duckdb.lists import Lists
from dropsonde.aggregation.engines.duckdb.parts import Parts
from dropsonde.aggregation.engines.sql import TABLE, salt, to_sql
from dropsonde.collector.store import Store
from dropsonde.common.weeks import week_of
from dropsonde.demo.rows import rows as reports
from dropsonde.schema.model import Column, Type
from tests.unit.aggregation.engines.queries import TABLES, queries
from tests.unit.aggregation.guard.judged import judged, shipped
from tests.unit.collector.intake.reports import NEWEST

if TYPE_CHECKING:
    from dropsonde.aggregation.plan import Plan
    from dropsonde.collector.row import Row

NOW = datetime(2026, 11, 20, 12, tzinfo=timezone.utc)
WEEK = week_of(NOW)
KEY = bytes(range(32))
ONE = "FROM community_metrics, UNNEST(modules) AS a"
TWO = f"{ONE}, UNNEST(modules) AS b"
OTHER = f"{ONE}, UNNEST(unused_modules) AS b"
N = "COUNT(DISTINCT site_id) AS n"
MAJOR = "SPLIT(b.version, '.')[OFFSET(0)]"
SUM = "SUM(LEAST(GREATEST(environment_count, 0), 20)) AS v"
# Beside our own: keys of either row or of none, and a sum by what is not a table's first field.
QUERIES = [
    f"SELECT a.slug AS k, b.version AS l, {N} {TWO} GROUP BY k, l",
    f"SELECT a.slug AS k, version AS l, {N} {TWO} GROUP BY k, l",
    f"SELECT version AS k, {N} {TWO} GROUP BY k",
    f"SELECT a.slug AS k, {N}, {SUM} {ONE} GROUP BY k",
    # Keys of one name, and yet no pairs of one list; and such pairs, turned around.
    f"SELECT version AS k, b.version AS l, {N} {TWO} WHERE version < b.version GROUP BY k, l",
    f"SELECT a.slug AS k, {MAJOR} AS l, {N} {TWO} WHERE {MAJOR} < a.slug GROUP BY k, l",
    f"SELECT a.slug AS k, b.slug AS l, {N} {OTHER} WHERE a.slug < b.slug GROUP BY k, l",
    f"SELECT b.slug AS k, a.slug AS l, {N} {TWO} WHERE a.slug > b.slug GROUP BY k, l",
    f"SELECT a.slug AS k, b.slug AS l, {N} {TWO} WHERE a.slug <> b.slug GROUP BY k, l",
]


def odd(report: Row, rng: random.Random) -> Row:
    """What the probe does not send: no order, rows of a group twice, nulls, no table at all."""
    columns: dict[str, Any] = dict(report.columns)
    for column in TABLES:
        table = [dict(row) for row in columns[column.name]]
        for row in rng.sample(table, len(table) // 4):
            row[rng.choice(list(row))] = None
        table += [{**row, column.fields[-1].name: None} for row in table[:3]]
        rng.shuffle(table)
        columns[column.name] = rng.choice([table, table, [], None])
    return replace(report, columns=columns)


@pytest.fixture(scope="module", params=["plain", "odd", "twice"])
def running(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[DuckDB]:
    """A week, a part of which is in the dataset; in one, some sites have two rows."""
    rng = random.Random(3)
    path = tmp_path_factory.mktemp("week") / "data"
    with Store.open(path, NEWEST, lambda: NOW) as store:
        for number, report in enumerate(reports(NEWEST, rng, 18, NOW)):
            store.submit(odd(report, rng) if request.param != "plain" and number % 2 else report)
            if number == 8:
                store.compact(NOW + timedelta(weeks=1, hours=3))
    with engine(path, NEWEST) as opened:
        if request.param == "twice":
            run = opened.view.connection.execute
            run(f"CREATE TABLE kept AS FROM {TABLE}")
            run(f"DROP VIEW {TABLE}")
            run(f"CREATE VIEW {TABLE} AS FROM kept UNION ALL (FROM kept LIMIT 5)")
        yield opened


def groups(running: DuckDB, plan: Plan, threshold: int | None) -> list[tuple[Any, ...]]:
    """By the statement that all engines share."""
    schema = (*running.view.table.columns, Column("week", Type.STRING, "Week."))
    week = exp.column("week").eq(exp.Literal.string(WEEK))
    salted = exp.Literal.string(salt(KEY, plan))
    sql = to_sql(plan, "duckdb", schema, week, salted, threshold)
    return running.view.connection.execute(sql).fetchall()


def same(running: DuckDB, plan: Plan, threshold: int | None = None) -> bool:
    """Whether all ways give the same; averages to within a rounding."""
    found = groups(running, plan, threshold)
    for shared in ((), (plan, plan)):  # nothing, or all its lists
        engine = DuckDB(running.view, shared)
        table = engine.count(plan, WEEK, key=KEY, threshold=threshold)
        ours, theirs = (
            sorted((str(row[: table.keys]), list(row[table.keys :])) for row in rows)
            for rows in (table.rows, found)
        )
        alike = (
            one[0] == other[0] and one[1] == pytest.approx(other[1])
            for one, other in zip(ours, theirs, strict=False)
        )
        if len(ours) != len(theirs) or not all(alike):
            return False
    return True


@pytest.mark.slow
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(sql=queries(), bound=st.sampled_from([1, 3, 20, 200]))
def test_any_accepted_query_has_the_same_rows(running: DuckDB, sql: str, bound: int) -> None:
    plan = judged(sql, bound=bound).plan
    assert plan is not None
    assert same(running, plan)


@pytest.mark.parametrize("bound", [1, pytest.param(12, marks=pytest.mark.slow), 40])
def test_our_queries_have_the_same_rows(
    running: DuckDB, bound: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "ROWS", 1000)  # so that there are several parts
    monkeypatch.setattr(parts, "SITES", 9)
    plans = [*shipped(), *(judged(sql).plan for sql in QUERIES)]
    for plan in plans:
        assert plan is not None
        assert same(running, replace(plan, contributions=bound))
        assert groups(running, plan, None)
        assert same(running, replace(plan, contributions=bound), threshold=2)


def test_our_pairs_have_a_short_way() -> None:
    plans = shipped()
    assert plans
    for plan in plans:
        assert len(plan.sources) < 2 or Joins(Lists(plan, NEWEST, "", "")).fit


def test_only_the_sites_that_the_short_way_leaves_go_the_long_one(
    running: DuckDB, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise one odd report would make the whole week slow."""
    taken: list[exp.Expr] = []
    counted = Parts._long

    def long(self: Parts, which: exp.Expr) -> None:
        taken.append(which)
        counted(self, which)

    monkeypatch.setattr(Parts, "_long", long)
    (plan,) = (each for each in shipped() if each.name == "class_usage")
    assert same(running, plan)
    kind = request.node.callspec.params["running"]
    if kind == "plain":
        assert not taken
    elif kind == "odd":
        assert [type(which) for which in taken] == [exp.In, exp.In]  # one for each engine
        assert all(1 <= len(which.expressions) <= 8 for which in taken)
    else:
        assert all(isinstance(which, exp.Between) for which in taken)


def test_too_many_strings_stay_strings(running: DuckDB, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dictionary, "MOST", 10)
    assert all(same(running, plan) for plan in shipped())


def test_lists_are_of_one_week_at_a_time(running: DuckDB) -> None:
    engine = DuckDB(running.view, shipped())
    (plan,) = (each for each in shipped() if each.name == "module_usage")
    first, none, again = (
        engine.count(plan, week, key=KEY, threshold=None) for week in (WEEK, "2026-W01", WEEK)
    )
    assert first == again
    assert first.rows
    assert not none.rows
