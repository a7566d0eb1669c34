"""One site's presence hardly moves a week, whatever it reports."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from dropsonde.aggregation.engines.duckdb.engine import DuckDB, engine
from dropsonde.aggregation.plan import Shape
from dropsonde.aggregation.privacy.unit import MOST_PAIRED, Unit
from dropsonde.aggregation.privacy.weights import LATTICE
from dropsonde.collector.store import Store
from dropsonde.common.weeks import week_of
from dropsonde.demo.rows import rows
from tests.unit.aggregation.guard.judged import shipped
from tests.unit.collector.intake.reports import NEWEST

if TYPE_CHECKING:
    from dropsonde.aggregation.plan import Plan
    from dropsonde.collector.row import Row
    from tests.unit.aggregation.engines.model import Among

NOW = datetime(2026, 11, 20, 12, tzinfo=timezone.utc)
EARLIER = NOW - timedelta(weeks=1)
WEEK = week_of(NOW)
SITES = 40
MODULES = 1_000  # of the planted site
PLANS = shipped()


class Both(NamedTuple):
    """The same week without one site, and with it."""

    without: DuckDB
    planted: DuckDB


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    made = list(rows(NEWEST, random.Random(1), SITES, NOW))
    with contextlib.ExitStack() as stack:
        yield Both(
            *(
                stack.enter_context(engine(stored(tmp_path_factory, each), NEWEST))
                for each in (made, [*made, planted()])
            )
        )


def planted() -> Row:
    """A site that has more of everything than any other."""
    site = next(rows(NEWEST, random.Random(2), 1, NOW))
    names = [f"module{each}" for each in range(MODULES)]
    modules = [
        {"name": name, "slug": f"author{each % 90}-{name}", "version": f"{major}.0.0"}
        for each, name in enumerate(names)
        for major in range(1, 4)
    ]
    columns: dict[str, Any] = {
        "environment_count": 9_000_000,
        "modules": modules,
        "unused_modules": modules,
        "classes": [
            {"name": f"{name}::class{part}", "count": 1} for name in names for part in range(12)
        ],
        "class_platforms": [
            {"name": name, "platform": platform, "count": 1}
            for name in names
            for platform in ("Debian", "RedHat", "Suse", "windows")
        ],
        "dependencies": [
            {"name": row["slug"], "version_requirement": ">= 0.0.0"} for row in modules
        ],
        "operating_systems": [
            {"name": "Debian", "release": str(release), "count": 1} for release in range(1, 60)
        ],
    }
    return replace(site, columns={**site.columns, **columns})


def stored(factory: pytest.TempPathFactory, reports: Sequence[Row]) -> Path:
    """Sites in their second week, and one that is new."""
    path = factory.mktemp("week") / "data"
    new = next(rows(NEWEST, random.Random(3), 1, NOW))
    with Store.open(path, NEWEST, lambda: NOW) as store:
        for report in reports:
            store.submit(replace(report, timestamp=EARLIER))
            store.submit(report)
        store.put(new)
    return path


def among(plan: Plan) -> Among:
    """What limits pairs, and modules beside what a site says of itself."""
    if plan.shape not in {Shape.PAIR, Shape.BESIDE}:
        return {}
    slugs = [f"author{each % 90}-module{each}" for each in range(MOST_PAIRED)]
    return {key: slugs for key, table in plan.among.items() if table == "module_usage"}


@pytest.mark.parametrize("plan", PLANS, ids=lambda plan: plan.name)
def test_a_site_moves_a_table_by_its_bound_at_most(both: Both, plan: Plan) -> None:
    without, with_it = (each.count(plan, WEEK, Unit.SITE, among(plan)) for each in both)
    moves = [(with_it[keys][0] - without.get(keys, (0,))[0]) / LATTICE for keys in with_it]
    assert without.keys() <= with_it.keys()
    assert min(moves) >= 0
    norm = sum(move**2 for move in moves)
    assert 0 < norm <= plan.bounds.site
    # It has too much for each bound but those that it meets with little.
    assert norm > 0.9 * plan.bounds.site or len(moves) < plan.bounds.site or max(moves) == 1


def test_a_large_report_is_cut_to_the_words_before_it_is_paired(both: Both) -> None:
    (plan,) = (plan for plan in PLANS if plan.shape is Shape.PAIR)
    counts = both.planted.count(plan, WEEK, Unit.MODULE, among(plan))
    assert len(counts) == MOST_PAIRED * (MOST_PAIRED - 1) // 2
    ((rows_,),) = both.planted.view.connection.execute(
        "SELECT max(rows) FROM (SELECT count(*) AS rows FROM rows0 GROUP BY site)"
    ).fetchall()
    assert rows_ == MOST_PAIRED < MODULES


def test_sites_are_counted_in_their_week_alone_from_the_second_on(both: Both) -> None:
    assert (both.without.sites(WEEK), both.planted.sites(WEEK)) == (SITES, SITES + 1)
    assert both.planted.sites(week_of(EARLIER)) == 0
    assert both.planted.sites("2026-W40") == 0
