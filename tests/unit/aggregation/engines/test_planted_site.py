"""Whatever the guard lets through hardly moves by one site's presence."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dropsonde.aggregation.engines.duckdb.engine import DuckDB, engine
from dropsonde.aggregation.release import K, Role
from dropsonde.collector.store import Store
from dropsonde.common.weeks import week_of
from dropsonde.demo.rows import rows
from tests.unit.aggregation.engines.queries import TABLES, queries
from tests.unit.aggregation.guard.judged import judged
from tests.unit.collector.intake.reports import NEWEST

if TYPE_CHECKING:
    from dropsonde.aggregation.plan import Plan
    from dropsonde.aggregation.release import Table
    from dropsonde.collector.row import Row

NOW = datetime(2026, 11, 20, 12, tzinfo=timezone.utc)
WEEK = week_of(NOW)
KEY = bytes(range(32))
SITES = 40


class Both(NamedTuple):
    """The same week without one site, and with it."""

    without: DuckDB
    planted: DuckDB


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    """The planted site has more of everything than any other, and a name of its own."""
    made = list(rows(NEWEST, random.Random(1), SITES, NOW))
    planted = next(rows(NEWEST, random.Random(2), 1, NOW))
    columns = dict(planted.columns)
    for column in TABLES:
        columns[column.name] = [
            {name: 9_000_000 if isinstance(value, int) else value for name, value in row.items()}
            for row in columns[column.name]
        ]
    columns["modules"] = [
        {"name": "only_here", "slug": "author-only_here", "version": "9.9.9"},
        *columns["modules"],
    ]
    columns["environment_count"] = 9_000_000
    with contextlib.ExitStack() as stack:
        yield Both(
            *(
                stack.enter_context(engine(stored(tmp_path_factory, each), NEWEST))
                for each in (made, [*made, replace(planted, columns=columns)])
            )
        )


def stored(factory: pytest.TempPathFactory, reports: Sequence[Row]) -> Path:
    path = factory.mktemp("week") / "data"
    with Store.open(path, NEWEST, lambda: NOW) as store:
        for report in reports:
            store.submit(report)
    return path


def totals(table: Table) -> dict[tuple[object, ...], list[int]]:
    """Each group's sites, and what all of them bring to each sum."""
    place = table.place(Role.SITES)
    found = {}
    for row in table.rows:
        brought = [row[place]]
        for field, value in zip(table.fields, row, strict=True):
            if field.role in {Role.SUM, Role.AVERAGE}:
                brought.append(round(value * (row[place] if field.role is Role.AVERAGE else 1)))
        found[row[: table.keys]] = brought
    return found


def reach(plan: Plan) -> list[int]:
    added = [each for each in plan.measures if each.value is not None]
    return [1, *(max(abs(each.low), abs(each.high)) + 1 for each in added)]  # 1: averages round


@pytest.mark.slow
@settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(sql=queries(), bound=st.integers(1, 8))
def test_one_site_moves_few_groups_and_each_by_little(both: Both, sql: str, bound: int) -> None:
    verdict = judged(sql, bound=bound)
    plan = verdict.plan
    assert plan is not None, verdict.reasons
    counted = [each.count(plan, WEEK, key=KEY, threshold=None) for each in both]
    without, planted = map(totals, counted)
    none = [0] * len(reach(plan))
    changed = 0
    for keys in without.keys() | planted.keys():
        moved = zip(without.get(keys, none), planted.get(keys, none), reach(plan), strict=True)
        differences = [(abs(after - before), most) for before, after, most in moved]
        changed += any(difference for difference, _ in differences)
        assert all(difference <= most for difference, most in differences)
    assert changed <= bound
    shown = both.planted.count(plan, WEEK, key=KEY, threshold=K)
    place = shown.place(Role.SITES)
    expected = [row for row in counted[1].rows if row[place] >= K]
    # The last digit of an average depends on the order in which threads add.
    assert list(shown.rows) == [pytest.approx(row) for row in expected]
    assert "only_here" not in str(shown.rows)


def test_sites_are_counted_in_their_week_alone(both: Both) -> None:
    assert (both.without.sites(WEEK), both.planted.sites(WEEK)) == (SITES, SITES + 1)
    assert both.planted.sites("2026-W46") == 0


def test_another_key_draws_another_lot(both: Both) -> None:
    plan = judged(
        "SELECT m.slug AS k, COUNT(DISTINCT site_id) AS sites "
        "FROM community_metrics, UNNEST(modules) AS m GROUP BY k",
        bound=1,
    ).plan
    assert plan is not None
    tables = [
        both.planted.count(plan, WEEK, key=bytes([number] * 32), threshold=None)
        for number in (1, 1, 2)
    ]
    assert tables[0] == tables[1]
    assert tables[0] != tables[2]
    assert all(sum(row[1] for row in table.rows) == SITES + 1 for table in tables)
