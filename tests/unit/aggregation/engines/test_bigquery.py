"""BigQuery counts what DuckDB counts, of one week's partition, and never part of a week."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from dropsonde.aggregation.engines import bigquery
from dropsonde.aggregation.engines.duckdb.engine import DuckDB
from dropsonde.aggregation.engines.duckdb.engine import engine as duckdb
from dropsonde.aggregation.plan import Bounds, Shape
from dropsonde.aggregation.privacy.unit import Unit
from dropsonde.collector.store import Store
from dropsonde.collector.store.bigquery import jobs
from dropsonde.collector.store.remote_state import Note
from dropsonde.common.errors import (
    BigQueryError,
    DataDirectoryError,
    EngineError,
    WeekOpenError,
)
from dropsonde.common.weeks import week_of
from dropsonde.demo.rows import rows
from tests.doubles.bigquery import LoopbackBigQuery, Rule
from tests.unit.aggregation.guard.judged import shipped
from tests.unit.collector.intake.reports import NEWEST
from tests.unit.collector.store.bigquery.moving import (
    DATASET,
    PROJECT,
    QUICK,
    RETRYING,
    STORE,
    TABLE,
    standing_in,
)
from tests.unit.collector.store.bigquery.moving import remote as at
from tests.unit.collector.store.making import NOW, WEEK

if TYPE_CHECKING:
    from dropsonde.aggregation.plan import Plan
    from dropsonde.collector.store.bigquery.jobs import Patience

THIS, BEFORE = week_of(NOW), week_of(NOW - WEEK)
LATER = NOW + WEEK
PLANS = shipped()
REPORTS = [
    *rows(NEWEST, random.Random(1), 30, NOW),
    *rows(NEWEST, random.Random(2), 5, NOW - WEEK),
    *(replace(row, timestamp=NOW - WEEK) for row in rows(NEWEST, random.Random(1), 25, NOW)),
]
"""Sites of two weeks: 25 are in both, and count in the second."""
COUNTED = 25


@pytest.fixture
def server() -> Iterator[LoopbackBigQuery]:
    with standing_in() as found:
        yield found


def filled(path: Path, server: LoopbackBigQuery | None) -> Path:
    """A directory whose two weeks are finished, and moved: to BigQuery if there is one."""
    store = at(server.url) if server else None
    with Store.open(path, NEWEST, lambda: LATER, store) as found:
        for kept in [found.submit(row) for row in odd()]:
            kept.result()
        assert found.compact(LATER) == (BEFORE, THIS)
    return path


def odd() -> Iterator[Any]:
    """Some have not reported a table, or an empty one, and one has only nulls."""
    for at_, row in enumerate(REPORTS):
        columns = dict(row.columns)
        if at_ % 7 == 0:
            del columns["modules"]
        if at_ % 7 == 1:
            columns["classes"] = []
            columns["environment_count"] = None
        if at_ == 2:
            columns["modules"] = [dict.fromkeys(("name", "slug", "version"))]
        yield replace(row, columns=columns)


@contextlib.contextmanager
def counting(
    path: Path, server: LoopbackBigQuery, patience: Patience = QUICK
) -> Iterator[bigquery.BigQuery]:
    with bigquery.engine(path, NEWEST, at(server.url, patience)) as found:
        yield found


def queries(server: LoopbackBigQuery) -> list[dict[str, Any]]:
    """The configurations of all jobs that asked for rows, and of those that only looked."""
    known = [*server.jobs.dry, *server.jobs.known.values()]
    found = [each.configuration for each in known if each.kind == "query"]
    return [each for each in found if each["query"]["query"].startswith("SELECT ")]


class Both(NamedTuple):
    """The same rows here and there."""

    local: DuckDB
    remote: bigquery.BigQuery

    def compare(self, plan: Plan, unit: Unit) -> dict[tuple[Any, ...], tuple[int, ...]]:
        """Count on both; the numbers are the same."""
        one = {}
        if plan.shape in {Shape.PAIR, Shape.BESIDE}:  # these count one module of each name
            slugs = [f"author{module % 90}-module{module}" for module in range(100)]
            one = {key: slugs for key, table in plan.among.items() if table == "module_usage"}
        expected, found = (each.count(plan, THIS, unit, one) for each in (self.local, self.remote))
        assert found == expected
        return found


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    place = tmp_path_factory.mktemp("both")
    with standing_in() as server:
        here, there = filled(place / "here", None), filled(place / "there", server)
        with duckdb(here, NEWEST) as local, counting(there, server) as remote:
            yield Both(local, remote)


@pytest.mark.parametrize("unit", Unit)
@pytest.mark.parametrize("plan", PLANS, ids=lambda plan: plan.name)
def test_our_queries_count_what_duckdb_counts(both: Both, plan: Plan, unit: Unit) -> None:
    assert both.compare(plan, unit)
    assert both.compare(replace(plan, bounds=Bounds(2, 1, 2)), unit)  # more sites have too much


def test_sites_are_those_that_duckdb_counts(both: Both) -> None:
    for week, sites in ((THIS, COUNTED), (BEFORE, 0), ("2026-W01", 0)):
        assert [both.local.sites(week), both.remote.sites(week)] == [sites, sites]


def test_one_partition_and_the_ids_of_earlier_ones_are_read(
    tmp_path: Path, server: LoopbackBigQuery
) -> None:
    path = filled(tmp_path / "data", server)
    plan = PLANS[0]
    with counting(path, server) as engine:
        engine.count(plan, THIS, Unit.SITE, {})
        engine.sites(THIS)
    dry, dry_sites, real, sites = queries(server)
    assert dry["dryRun"]
    assert dry_sites["dryRun"]
    assert "dryRun" not in real
    monday = {
        "name": "monday",
        "parameterType": {"type": "DATE"},
        "parameterValue": {"value": "2026-11-23"},
    }
    for each in (dry, real):
        query = dict(each["query"])
        sql = query.pop("query")
        assert "WHERE `community_metrics`.`week_start` = @monday AND " in sql
        assert "WHERE `earlier`.`week_start` < @monday" in sql
        assert "`week`" not in sql
        assert query.pop("queryParameters") == [monday]
        assert query == {
            "defaultDataset": {"projectId": PROJECT, "datasetId": DATASET},
            "maximumBytesBilled": str(1 << 40),
            "parameterMode": "NAMED",
            "useLegacySql": False,
            "useQueryCache": False,
        }
        assert each["labels"] == {"program": "dropsonde", "table": plan.name}
    assert sites["query"]["queryParameters"] == [monday]
    assert "WHERE `community_metrics`.`week_start` = @monday" in sites["query"]["query"]
    assert sites["labels"]["table"] == "sites"


def test_results_are_read_page_by_page(
    tmp_path: Path, server: LoopbackBigQuery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "_PAGE", 7)
    path = filled(tmp_path / "data", server)
    (plan,) = (plan for plan in PLANS if plan.name == "module_usage")
    with counting(path, server) as engine:
        before = len(server.asked)
        found = engine.count(plan, THIS, Unit.SITE, {})
    pages = [each for each in server.asked[before:] if each.name == "jobs.getQueryResults"]
    assert len(found) > 70
    assert len(pages) == -(-len(found) // 7)


def test_what_would_cost_too_much_is_not_run(tmp_path: Path, server: LoopbackBigQuery) -> None:
    path = filled(tmp_path / "data", server)
    server.jobs.reads = (1 << 40) + 1
    with counting(path, server) as engine:
        with pytest.raises(EngineError, match=r"would read 1,099,511,627,777 bytes, which costs"):
            engine.sites(THIS)
        assert [each.get("dryRun") for each in queries(server)] == [True]


def test_a_week_of_which_rows_wait_is_refused(tmp_path: Path, server: LoopbackBigQuery) -> None:
    path = filled(tmp_path / "data", server)
    with Store.open(path, NEWEST, lambda: LATER, at(server.url)) as store:
        store.put(next(rows(NEWEST, random.Random(3), 1, NOW)))
    with counting(path, server) as engine:
        with pytest.raises(WeekOpenError, match=f"rows of {THIS}, or deletions, are still to be"):
            engine.sites(THIS)
        assert engine.sites(BEFORE) == 0


def test_no_week_is_counted_while_a_deletion_waits(
    tmp_path: Path, server: LoopbackBigQuery
) -> None:
    path = filled(tmp_path / "data", server)
    gone = REPORTS[0].site_id
    with Store.open(path, NEWEST, lambda: LATER, at(server.url)) as store:
        store.forget(gone)
        with counting(path, server) as engine:
            for week in (THIS, BEFORE):
                with pytest.raises(WeekOpenError):
                    engine.sites(week)
        store.erase()
    with counting(path, server) as engine:
        assert engine.sites(THIS) == COUNTED - 1


def test_a_week_from_before_the_store_is_refused(tmp_path: Path, server: LoopbackBigQuery) -> None:
    path = filled(tmp_path / "data", None)
    with Store.open(path, NEWEST, lambda: LATER, at(server.url)) as store:
        store.compact(LATER)
    with counting(path, server) as engine, pytest.raises(DataDirectoryError, match="own files"):
        engine.count(PLANS[0], THIS, Unit.SITE, {})


@pytest.mark.parametrize(
    ("store", "place"), [(None, "its own files"), ("bigquery://other-project/x", None)]
)
def test_a_directory_whose_weeks_are_elsewhere_is_refused(
    tmp_path: Path, server: LoopbackBigQuery, store: str | None, place: str | None
) -> None:
    path = filled(tmp_path / "data", None)
    if store:
        Note(store).write(path)
    with pytest.raises(DataDirectoryError, match=f"are not in {STORE}, but in {place or store}"):
        contextlib.ExitStack().enter_context(counting(path, server))
    assert server.asked == []


def test_rows_that_come_or_go_meanwhile_are_said(tmp_path: Path, server: LoopbackBigQuery) -> None:
    path = filled(tmp_path / "data", server)
    with contextlib.ExitStack() as stack:
        engine = stack.enter_context(counting(path, server))
        assert engine.sites(THIS) == COUNTED
        with Store.open(path, NEWEST, lambda: LATER, at(server.url)) as store:
            store.delete(REPORTS[0].site_id)
        with pytest.raises(EngineError, match="rows came or went during the count"):
            stack.close()
    with counting(path, server) as engine:
        assert engine.sites(THIS) == COUNTED - 1


def test_a_new_column_can_be_counted_before_any_row_has_it(
    tmp_path: Path, server: LoopbackBigQuery
) -> None:
    path = tmp_path / "data"
    older = [column for column in NEWEST if column.name != "class_platforms"]
    with Store.open(path, older, lambda: LATER, at(server.url)) as store:
        row = REPORTS[0]
        store.put(
            replace(row, columns={k: v for k, v in row.columns.items() if k != "class_platforms"})
        )
        store.compact(LATER)
    (plan,) = (plan for plan in PLANS if plan.name == "module_platforms")
    with counting(path, server) as engine:
        assert engine.count(plan, THIS, Unit.SITE, {}) == {}


@pytest.mark.parametrize("name", ["jobs.insert", "jobs.get", "jobs.getQueryResults"])
@pytest.mark.parametrize("done", [False, True])
def test_what_fails_for_the_moment_is_tried_again(
    tmp_path: Path, server: LoopbackBigQuery, name: str, done: bool
) -> None:
    path = filled(tmp_path / "data", server)
    with counting(path, server, RETRYING) as engine:
        server.rules.append(Rule(name, status=503, done=done))
        assert engine.sites(THIS) == COUNTED
    assert server.rules == []


def test_a_job_that_fails_is_one_line_without_values(
    tmp_path: Path, server: LoopbackBigQuery
) -> None:
    path = filled(tmp_path / "data", server)
    server.jobs.failing["query"] = "resourcesExceeded"
    with counting(path, server) as engine, pytest.raises(BigQueryError) as caught:
        engine.count(PLANS[0], THIS, Unit.SITE, {})
    assert str(caught.value) == (
        f"{STORE}: a job of BigQuery's failed (resourcesExceeded): nothing is lost, and the next "
        "run tries again"
    )


def test_a_missing_table_is_made_and_empty(tmp_path: Path, server: LoopbackBigQuery) -> None:
    path = tmp_path / "data"
    with Store.open(path, NEWEST, lambda: LATER - timedelta(days=1), at(server.url)):
        pass
    with counting(path, server) as engine:
        assert engine.sites(THIS) == 0
    assert server.tables.rows(TABLE) == []
