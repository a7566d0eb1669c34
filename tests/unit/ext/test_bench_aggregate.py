"""The benchmark of the week's queries runs, with numbers that say nothing."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from dropsonde.aggregation.engines.duckdb.engine import engine
from dropsonde.collector.store.directory import checked
from dropsonde.collector.store.parquet.view import viewing
from ext.benchmark.aggregate.made import COLUMNS, WEEK, make

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[3]


def test_its_sites_are_many_and_differ(tmp_path: Path) -> None:
    make(tmp_path / "data", 200)
    with engine(tmp_path / "data", COLUMNS) as running:
        assert running.sites(WEEK) == 200
    with viewing(checked(tmp_path / "data"), COLUMNS) as view:
        found = view.connection.execute(
            "SELECT count(DISTINCT (modules, operating_systems)), avg(len(modules)), "
            "avg(len(classes)), min(octet_length(site_id)), "
            "list(site_id) = list_sort(list(site_id)) FROM community_metrics WHERE week = $1",
            [WEEK],
        ).fetchone()
    assert found is not None
    different, modules, classes, length, ordered = found
    assert different > 100
    assert 30 < modules < 60
    assert 60 < classes < 120
    assert (length, ordered) == (64, True)


def test_the_table(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    options = ("--table=all", "--sites=20,40", "--hostile=3", "--keep", kept)
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
        _, table, sizes, growth, hostile = output.split("\n\n")
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
        assert hostile.startswith("3 reports of 6,000 modules each: ")
    assert counted[0] == counted[1]
    assert sorted(path.name for path in kept.iterdir()) == ["20", "40", "hostile-3"]
    assert list(tmp_path.iterdir()) == [kept]
