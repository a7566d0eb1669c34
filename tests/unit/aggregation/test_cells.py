"""Cells: what is written is read, and what is shown stands out of its noise."""

from __future__ import annotations

import math
import random
from pathlib import Path

import pytest

from dropsonde.aggregation.cells import DEVIATIONS, Table, shown, write
from dropsonde.aggregation.privacy.drawing import Cell, draw
from dropsonde.aggregation.privacy.weights import LATTICE
from dropsonde.aggregation.release import ALL, K

KEYS = [("a", None), ("a", "1.0.0"), ("\u00e4 \"'", "2"), (None, None)]


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    (tmp_path / "scratch").mkdir()
    return tmp_path / "scratch"


def test_what_is_written_is_read(tmp_path: Path, scratch: Path) -> None:
    cells = [Cell(keys, (at + 20) * LATTICE) for at, keys in enumerate(KEYS)]
    write(tmp_path / "one", [Table("t", 1.0, cells)], scratch)
    found = {measured.keys: measured for _, measured in shown([tmp_path / "one"], scratch)}
    assert {keys: each.mean for keys, each in found.items()} == {
        keys: at + 20.0 for at, keys in enumerate(KEYS)
    }
    assert {(each.week, each.error) for each in found.values()} == {
        (at + 20.0, 1.0) for at in range(len(KEYS))
    }


def test_the_mean_has_less_noise_and_is_of_the_weeks_that_counted_the_group(
    tmp_path: Path, scratch: Path
) -> None:
    for week, (number, scale) in enumerate([(100, 9.0), (130, 9.0), (100, 12.0)]):
        cells = [Cell(("old",), number * LATTICE)]
        cells += [Cell(("new",), 200 * LATTICE)] if week == 2 else [Cell(("gone",), 99 * LATTICE)]
        write(tmp_path / str(week), [Table("t", scale, cells)], scratch)
    found = {
        measured.keys: measured
        for _, measured in shown([tmp_path / str(week) for week in range(3)], scratch)
    }
    assert found.keys() == {("old",), ("new",)}
    error = pytest.approx(math.sqrt(9**2 + 9**2 + 12**2) / 3)
    assert tuple(found["old",]) == (("old",), 110.0, error, 100)
    assert found["new",] == (("new",), 200.0, 12.0, 200.0)


@pytest.mark.parametrize(
    ("number", "scale", "seen"),
    [(K, 1.0, True), (K - 1, 1.0, False), (49, 10.0, True), (39, 10.0, False)],
)
def test_what_is_shown(
    number: int, scale: float, seen: bool, tmp_path: Path, scratch: Path
) -> None:
    assert (number >= max(K, DEVIATIONS * scale)) == seen
    write(tmp_path / "one", [Table("t", scale, [Cell((1,), number * LATTICE)])], scratch)
    assert bool(list(shown([tmp_path / "one"], scratch))) == seen


def test_sums_and_all_sites_are_shown_with_the_groups(tmp_path: Path, scratch: Path) -> None:
    tables = [
        Table(ALL, 99.0, [Cell((), 5)]),
        Table("t", 99.0, [Cell(("a",), 5)]),
        Table("t.nodes", 99.0, [Cell(("a",), -5)]),
    ]
    write(tmp_path / "one", tables, scratch)
    assert [name for name, _ in shown([tmp_path / "one"], scratch)] == [ALL, "t.nodes"]


def test_hardly_an_empty_group_is_shown_and_a_large_one_is(tmp_path: Path, scratch: Path) -> None:
    groups = [(f"g{at}",) for at in range(20_000)]
    large = dict.fromkeys(random.Random(1).sample(groups, 50), 300 * LATTICE)
    paths = []
    for week in range(3):
        paths.append(tmp_path / str(week))
        write(paths[-1], [Table("t", 30.0, draw(groups, large, 30.0))], scratch)
    found = {measured.keys: measured.mean for _, measured in shown(paths, scratch)}
    # One in 30,000 of the empty ones is, so eight or more in one of a million runs.
    assert large.keys() <= found.keys()
    assert len(found) - len(large) < 8
    off = [found[keys] - 300 for keys in large]
    assert abs(sum(off) / len(off)) < 5 * 30 / math.sqrt(3 * 50)
