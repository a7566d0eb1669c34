"""The benchmark of the week's queries runs, with numbers that say nothing."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from dropsonde.aggregation.engines.duckdb.dictionary import named
from dropsonde.aggregation.engines.duckdb.engine import engine
from dropsonde.aggregation.guard import judge
from dropsonde.aggregation.query import load
from dropsonde.collector.store.directory import checked
from dropsonde.collector.store.parquet.view import viewing
from ext.benchmark.aggregate.made import COLUMNS, WEEK, make

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[3]


def test_its_sites_are_many_and_differ(tmp_path: Path) -> None:
    make(tmp_path / "data", 60)
    with engine(tmp_path / "data", COLUMNS) as running:
        assert running.sites(WEEK) == 60
    with viewing(checked(tmp_path / "data"), COLUMNS) as view:
        found = view.connection.execute(
            "SELECT count(DISTINCT (modules, classes)), avg(len(modules)), avg(len(classes)), "
            "min(octet_length(site_id)) FROM community_metrics"
        ).fetchone()
    assert found is not None
    different, modules, classes, length = found
    assert (different > 50, 30 < modules < 50, 70 < classes < 110, length) == (True, True, True, 64)


def test_a_bare_scan_reads_what_the_query_names() -> None:
    plans = [judge(query, COLUMNS).plan for query in load()]
    read = {plan.name: {column for column, _ in named(plan)} for plan in plans if plan}
    assert read["module_pairs"] == read["modules_per_site"] == {"modules"}
    assert read["environments_per_site"] == {"environment_count"}
    assert all(read.values())


def test_the_table(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    options = ("--table=all", "--sites=20,40", "--keep", kept)
    outputs = [
        subprocess.run(
            [sys.executable, ROOT / "ext/bench", "aggregate", *options, "--scratch", tmp_path],
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for _ in range(2)  # the second with the sites that the first made
    ]
    counted = []
    for output in outputs:
        _, table, sizes, growth = output.split("\n\n")
        rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in table.splitlines()]
        assert {len(row) for row in rows} == {10}
        assert [row[:2] for row in rows[2:]] == [["20", "all"], ["40", "all"]]
        for row in rows[2:]:
            assert [
                each for each in row[3:7] if not re.fullmatch(r"[0-9,]+(\.[0-9]+)?", each)
            ] == []
        counted.append([row[2] for row in rows[2:]])
        assert sizes.startswith("20 sites are 0.")
        assert len(growth.splitlines()) == 3
    assert counted[0] == counted[1]
    assert sorted(path.name for path in kept.iterdir()) == ["20", "40"]
    assert list(tmp_path.iterdir()) == [kept]
