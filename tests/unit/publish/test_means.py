"""What pages say of all means: how far they are from the weighed numbers, shown or not."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import pytest

from dropsonde.aggregation import cells
from dropsonde.aggregation.privacy.drawing import draw
from dropsonde.aggregation.privacy.weights import LATTICE

DATASET = (Path(__file__).resolve().parents[3] / "docs/dataset.md").read_text(encoding="utf-8")
GROUPS, WEEKS, SCALE = 4000, 3, 20.0
# Many small ones, as everywhere; in parts of a site, some weighed.
TRUTH = {(f"a-m{place}",): int(LATTICE * 60_000 / (place + 100)) for place in range(GROUPS)}


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    directory = tmp_path_factory.mktemp("weeks")
    (directory / "scratch").mkdir()
    found = [directory / f"2026-W4{week}.cells.parquet" for week in range(WEEKS)]
    for path in found:
        drawn = list(draw(list(TRUTH), TRUTH, SCALE))
        cells.write(path, [cells.Table("module_usage", SCALE, drawn)], directory / "scratch")
    return found


def documented(paths: list[Path]) -> list[tuple[str, float, float]]:
    """The means of all groups, by the statement that readers are given."""
    (statement,) = re.findall(r'means = duckdb.sql\(f"""(.*?)LIMIT', DATASET, re.DOTALL)
    with duckdb.connect() as connection:
        return connection.sql(statement.replace("{cells}", str([str(p) for p in paths]))).fetchall()


def test_95_percent_of_all_means_are_within_their_error(paths: list[Path]) -> None:
    found = documented(paths)
    assert len(found) == GROUPS
    sites = {f'["{keys[0]}"]': parts / LATTICE for keys, parts in TRUTH.items()}
    within = sum(abs(mean - sites[keys]) <= error for keys, mean, error in found)
    assert 0.93 < within / GROUPS < 0.97  # nearly six standard deviations of it
    assert {round(error, 6) for _, _, error in found} == {round(1.96 * SCALE / 3**0.5, 6)}


def test_of_the_small_ones_those_are_shown_that_noise_lifted(paths: list[Path]) -> None:
    """So they are on average too high, as pages say, and large ones are not."""
    shown = [each for _, each in cells.shown(paths, paths[0].parent / "scratch")]
    off = {each.keys: each.mean - TRUTH[each.keys] / LATTICE for each in shown}
    least = cells.DEVIATIONS * SCALE / WEEKS**0.5
    small = [off[each.keys] for each in shown if each.mean < 1.2 * least]
    large = [off[each.keys] for each in shown if each.mean > 3 * least]
    assert min(len(small), len(large)) > 50
    assert sum(small) > 0
    assert abs(sum(large) / len(large)) < SCALE / WEEKS**0.5 / 2
    hidden = len(TRUTH) - len(shown)
    assert hidden > 1000


def test_documents_and_cells_give_the_same_means(paths: list[Path]) -> None:
    every = {keys: (mean, error) for keys, mean, error in documented(paths)}
    for _, each in cells.shown(paths, paths[0].parent / "scratch"):
        assert every[f'["{each.keys[0]}"]'] == pytest.approx((each.mean, 1.96 * each.error))
