"""The contract: what is saved is what is read, and the newest release of a week counts."""

from __future__ import annotations

import json
import stat
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dropsonde.aggregation.release import ALL, Method, Release, Role, history, load
from tests.unit.aggregation.made import MEAN, NODES, WEEK, table

MADE = datetime(2026, 11, 23, 4, 5, 6, 789, tzinfo=timezone.utc)
EMPTY = table("modules", ["module", "version"], NODES, MEAN)
ROWS = ((None, "1.0.0", 20, 100, 5.0), ("a-ä", None, 15, None, None), ("a-ä", "2.0.0", 10, 7, 0.7))
RELEASE = Release(
    WEEK, MADE, Method(contributions={"modules": 3}, steps={ALL: 5}), 40,
    {"modules": EMPTY.with_rows(ROWS).with_suppressed(5)},
)  # fmt: skip
NOISY = replace(
    RELEASE,
    method=Method(epsilon=1, delta=1e-7, scales={"modules": 2.5}, thresholds={"modules": 17},
                  year_epsilon=3.25, year_delta=1e-6),
)  # fmt: skip


@pytest.mark.parametrize("release", [RELEASE, NOISY, replace(RELEASE, tables={}, number=3)])
def test_what_is_saved_is_what_is_read(release: Release, tmp_path: Path) -> None:
    path = release.save(tmp_path / "releases")
    assert load(path) == release
    assert path.name == f"{WEEK}.{release.number}.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_the_newest_release_of_each_week_counts(tmp_path: Path) -> None:
    for week, number in [("2026-W47", 2), ("2026-W47", 1), ("2025-W52", 1), ("2026-W46", 1)]:
        replace(RELEASE, week=week, number=number).save(tmp_path)
    replace(RELEASE, week="2026-W46", number=10).save(tmp_path)
    found = [(each.week, each.number) for each in history(tmp_path)]
    assert found == [("2025-W52", 1), ("2026-W46", 10), ("2026-W47", 2)]


def test_there_is_no_history_where_nothing_was_released(tmp_path: Path) -> None:
    assert history(tmp_path) == ()
    assert history(tmp_path / "nowhere") == ()


def damaged() -> dict[str, bytes]:
    whole = json.dumps({"week": WEEK}).encode()
    return {"empty": b"", "cut": whole[:-3], "a list": b"[]", "a part": whole, "bytes": b"\xff\x00"}


@pytest.mark.parametrize("data", damaged().values(), ids=damaged())
def test_a_damaged_file_is_named(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / f"{WEEK}.1.json"
    path.write_bytes(data)
    with pytest.raises(ValueError, match=r"2026-W47\.1\.json is no release"):
        load(path)
    with pytest.raises(ValueError, match="is no release"):
        history(tmp_path)


@pytest.mark.parametrize("cut", range(0, 100, 7))
def test_half_a_file_is_none(cut: int, tmp_path: Path) -> None:
    path = RELEASE.save(tmp_path)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * cut // 100])
    with pytest.raises(ValueError, match="is no release"):
        load(path)


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="cannot be read"):
        load(tmp_path / "none.json")


KEYS = st.tuples(*[st.none() | st.text(max_size=3)] * 2)


@given(st.dictionaries(KEYS, st.integers(0, 99), max_size=8), st.randoms())
def test_rows_have_one_order(groups: dict[tuple[Any, ...], int], chance: Any) -> None:
    rows = [(*keys, sites, None, None) for keys, sites in groups.items()]
    chance.shuffle(rows)
    found = EMPTY.with_rows(tuple(rows))
    assert found == EMPTY.with_rows(found.rows[::-1])
    assert sorted(found.rows, key=repr) == sorted(rows, key=repr)
    nulls = [row[0] is None for row in found.rows]
    assert nulls == sorted(nulls, reverse=True)


def test_a_table_knows_its_columns() -> None:
    assert EMPTY.keys == 2
    assert [EMPTY.place(role) for role in (Role.SITES, Role.SUM, Role.AVERAGE)] == [2, 3, 4]
    with pytest.raises(ValueError, match="unpack"):
        EMPTY.place(Role.KEY)
