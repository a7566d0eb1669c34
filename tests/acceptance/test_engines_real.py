"""All queries on a real Spark: each number is DuckDB's, whatever sites report."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

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
from dropsonde.schema.model import Type
from tests.real.java import javas, listening
from tests.real.odd_week import KEY, WEEK, WORDS, compared, fill
from tests.unit.aggregation.engines.queries import queries
from tests.unit.aggregation.guard.judged import judged, shipped
from tests.unit.collector.intake.reports import NEWEST
from tests.unit.collector.store.making import files_with

if TYPE_CHECKING:
    from dropsonde.aggregation.plan import Plan
    from dropsonde.aggregation.release import Table

pytestmark = pytest.mark.real

PLANS = shipped()


class Engines(NamedTuple):
    """Both on one directory."""

    data: Path
    duckdb: DuckDB
    spark: Spark


@pytest.fixture(scope="module")
def engines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engines]:
    # Letters that Java, Spark or Hadoop would take for a list, a pattern or an option.
    data = tmp_path_factory.mktemp("a, b") / "d[x]*{y},'z %41 \u00e9"
    fill(data)
    with duckdb(data, NEWEST) as first, spark(data, NEWEST) as second:
        yield Engines(data, first, second)


def compare(engines: Engines, plan: Plan, threshold: int | None = None) -> Table:
    return compared(engines.duckdb, engines.spark, plan, threshold)


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
