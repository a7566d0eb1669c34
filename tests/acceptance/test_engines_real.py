"""All queries on a real Spark: each number is DuckDB's, whatever sites report."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from dropsonde.aggregation.engines.duckdb.engine import DuckDB
from dropsonde.aggregation.engines.duckdb.engine import engine as duckdb
from dropsonde.aggregation.engines.expressions import TABLE
from dropsonde.aggregation.engines.spark.engine import Spark
from dropsonde.aggregation.engines.spark.engine import engine as spark
from dropsonde.aggregation.plan import Bounds, Call, Constant, Operator
from dropsonde.aggregation.privacy.unit import Unit
from dropsonde.schema.model import Type
from tests.real.java import javas, listening
from tests.real.odd_week import COUNTED, WEEK, WORDS, compared, fill
from tests.unit.aggregation.guard.judged import shipped
from tests.unit.collector.intake.reports import NEWEST

if TYPE_CHECKING:
    from dropsonde.aggregation.counting import Counts
    from dropsonde.aggregation.plan import Plan

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


def compare(engines: Engines, plan: Plan, unit: Unit = Unit.MODULE) -> Counts:
    return compared(engines.duckdb, engines.spark, plan, unit)


@pytest.mark.parametrize("unit", Unit)
@pytest.mark.parametrize("plan", PLANS, ids=lambda plan: plan.name)
def test_spark_gives_every_number_that_duckdb_gives(
    engines: Engines, plan: Plan, unit: Unit
) -> None:
    assert compare(engines, plan, unit)
    compare(engines, replace(plan, bounds=Bounds(2, 1, 2)), unit)  # more sites have too much


def usage() -> Plan:
    (found,) = (plan for plan in PLANS if plan.name == "module_usage")
    return found


def test_both_count_the_rows_that_the_collector_shows(engines: Engines) -> None:
    for week, sites in ((WEEK, COUNTED), ("2026-W46", 0), ("2026-W45", 0)):
        assert [engines.duckdb.sites(week), engines.spark.sites(week)] == [sites, sites]
    modules = {key for (key,) in compare(engines, usage())}
    assert "only-after" in modules
    assert not {"only-before", "only-forgotten", "only-new"} & modules
    assert {None, "author-", "author- ", "author-a", "author-A", "author-a "} <= modules
    assert engines.spark.count(usage(), "2026-W45", Unit.SITE, {}) == {}


def test_constants_of_an_author_and_words_are_themselves_on_both(engines: Engines) -> None:
    plan = usage()
    key = plan.keys[0].expression
    known = [f"author-{word}" for word in WORDS]
    only = Call(Operator.IN, (key, *map(Constant, known)), Type.BOOLEAN)
    assert {each for (each,) in compare(engines, replace(plan, filter=only))} == set(known)
    for engine in (engines.duckdb, engines.spark):
        counts = engine.count(plan, WEEK, Unit.MODULE, {"module": known})
        assert {each for (each,) in counts} == set(known)
    for word in ("author-a ", "author-\\Q.\\E", "author-\uffff"):
        below = Call(Operator.LESS, (key, Constant(word)), Type.BOOLEAN)
        found = {each for (each,) in compare(engines, replace(plan, filter=below))}
        assert found & set(known) == {each for each in known if each < word}


def test_spark_gets_the_rows_that_count_and_listens_on_loopback_alone(engines: Engines) -> None:
    engines.spark.count(usage(), WEEK, Unit.MODULE, {})
    # A PuppetDB may be running, too.
    (java,) = (each for each in javas() if b"org.apache.spark" in (each / "cmdline").read_bytes())
    assert listening(java) == {"127.0.0.1"}
    (given,) = (engines.data / "scratch").rglob(f"{WEEK}.parquet")
    assert given.parent.stat().st_mode & 0o077 == 0
    table = engines.spark.session.table(TABLE)
    assert table.count() == COUNTED
    assert not {"ip", "message_id", "timestamp"} & set(table.columns)
