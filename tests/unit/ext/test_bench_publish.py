"""The benchmark of publishing runs, with numbers that say nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from dropsonde.aggregation.public import cells_of
from dropsonde.aggregation.release import history
from ext.benchmark.publish.made import make

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[3]


def test_its_releases_are_whole_and_differ(tmp_path: Path) -> None:
    make(tmp_path / "made", 20, 3)
    found = history(tmp_path / "made")
    assert len(found) == 3
    for release in found:
        assert cells_of(release, tmp_path / "made").is_file()
        assert {name for name, table in release.tables.items() if not table.rows} == set()
        assert len(release.tables["module_usage"].rows) == 20
    assert len({release.tables["module_pairs"].rows for release in found}) == 3


def test_the_table(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    options = ("--modules=20", "--weeks=3", "--keep", kept, "--scratch", tmp_path)
    for _ in range(2):  # the second with the releases that the first made
        done = subprocess.run(
            [sys.executable, ROOT / "ext/bench", "publish", *options],
            check=True,
            capture_output=True,
            text=True,
        )
        head, about, table, size = done.stdout.split("\n\n")
        assert " processors " in head
        assert about == "20 modules, 3 weeks"
        rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in table.splitlines()]
        assert {len(row) for row in rows} == {10}
        assert [row[0] for row in rows[2:]] == ["first time", "one more week", "nothing new"]
        first, more, nothing = (
            [float(cell.replace(",", "")) for cell in row[1:8]] for row in rows[2:]
        )
        assert first[1] == first[2]
        assert more[0] == nothing[0] > first[0]
        assert more[2] < first[2]
        assert nothing[2] == 0
        assert size.startswith("The releases and their cells are ")
    assert [path.name for path in kept.iterdir()] == ["20x4"]
    assert list(tmp_path.iterdir()) == [kept]
