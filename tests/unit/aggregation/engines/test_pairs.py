"""A list that is joined with itself makes few rows, whatever a site reports."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pytest

from dropsonde.aggregation.engines.sql import Counting, translated
from dropsonde.aggregation.plan import USAGE, Shape
from dropsonde.aggregation.privacy.unit import MOST_PAIRED, Unit
from dropsonde.collector.store.parquet.schema import table_of
from tests.unit.aggregation.engines.sites import COLUMNS, PLANS
from tests.unit.aggregation.engines.stored import WEEK

HUGE = [
    {"name": f"m{number}", "slug": f"a-m{number}", "version": version}
    for number in range(2_000)
    for version in ("1.0.0", "2.0.0")
]


@pytest.mark.parametrize("unit", Unit)
def test_a_site_of_all_modules_makes_no_more_pairs_than_those_that_are_counted(
    unit: Unit, tmp_path: Path
) -> None:
    (plan,) = (plan for plan in PLANS if plan.shape is Shape.PAIR)
    assert set(plan.among.values()) == {USAGE}  # the guard accepts no other
    shown = [f"a-m{number}" for number in range(MOST_PAIRED)]
    table = table_of(COLUMNS)
    line = tmp_path / "line.json"
    line.write_text(json.dumps({"site_id": f"{1:0128x}", "modules": HUGE}))
    with duckdb.connect() as connection:
        connection.execute(table.ddl())
        connection.execute(f"INSERT INTO community_metrics {table.from_json([str(line)])}")
        weighed = Counting(plan, unit, "TRUE", dict.fromkeys(plan.among, shown)).weighed()
        sql = f"SELECT COUNT(*) AS made FROM ({weighed})"  # noqa: S608 - ours
        found = connection.execute(translated(sql, "duckdb", (*COLUMNS, WEEK))).fetchone()
    assert found == (MOST_PAIRED * (MOST_PAIRED - 1) // 2,)
