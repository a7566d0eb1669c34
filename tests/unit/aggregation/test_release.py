"""The contract: what is saved is what is read, and former versions' releases are told apart."""

from __future__ import annotations

import json
import stat
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

import pytest

from dropsonde.aggregation.former import former
from dropsonde.aggregation.release import (
    ALL,
    Field,
    Method,
    Release,
    Role,
    Table,
    history,
    load,
)
from dropsonde.schema.model import Type
from tests.unit.aggregation.made import WEEK, Made

MADE = datetime(2026, 11, 23, 4, 5, 6, 789, tzinfo=timezone.utc)
TABLE = Table(
    "modules",
    "Modules",
    "Made up.",
    (
        Field("module", Type.STRING, Role.KEY, "A module."),
        Field("version", Type.STRING, Role.KEY, "A version."),
        Field("sites", Type.INTEGER, Role.SITES, "Distinct sites."),
        Field("error", Type.FLOAT, Role.ERROR, "Its error."),
        Field("week_sites", Type.INTEGER, Role.WEEK, "Of the week."),
    ),
    (
        (None, "1.0.0", 20, 1.5, 19),
        ("a-\u00e4", None, 15, 1.5, 0),
        ("a-\u00e4", "2.0.0", 10, 1.5, 10),
    ),
)


@pytest.fixture
def made(tmp_path: Path) -> Release:
    """A release as the program makes it, with a table of which every kind of key is in."""
    (tmp_path / "made").mkdir()
    found = Made(tmp_path / "made").release()
    return replace(found, made=MADE, tables={**found.tables, "modules": TABLE})


def test_what_is_saved_is_what_is_read(made: Release, tmp_path: Path) -> None:
    for each in (
        made,
        replace(made, tables={}),
        replace(made, method=replace(made.method, without_noise=("2026-W01", "2026-W02"))),
    ):
        path = each.save(tmp_path / "releases")
        assert load(path) == each
        assert path.name == f"{WEEK}.json"
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert [found.name for found in path.parent.iterdir()] == [path.name]


def test_a_release_says_how_it_was_made(made: Release) -> None:
    method = made.method
    assert method.scales.keys() == {ALL, *made.tables} - {"modules"}
    assert method.contributions.keys() == {*made.tables} - {"modules"}
    assert 0 < method.year_epsilon <= method.epsilon
    assert (method.unit, method.weeks, method.k, method.without_noise) == ("module", 13, 10, ())


def test_the_history_is_in_the_order_of_the_weeks(made: Release, tmp_path: Path) -> None:
    for week in ("2026-W47", "2025-W52", "2026-W46"):
        replace(made, week=week).save(tmp_path / "out")
    assert [each.week for each in history(tmp_path / "out")] == ["2025-W52", "2026-W46", "2026-W47"]


def test_there_is_no_history_where_nothing_was_released(tmp_path: Path) -> None:
    for directory in (tmp_path, tmp_path / "nowhere"):
        assert history(directory) == ()
        assert former(directory) == ((), ())


def write_former(directory: Path, name: str, epsilon: float | None) -> None:
    """As a former version wrote it."""
    method = {
        "k": 10, "contributions": {"modules": 3}, "epsilon": epsilon,
        "delta": epsilon and 1e-7, "scales": {}, "thresholds": {}, "steps": {},
        "year_epsilon": None, "year_delta": None,
    }  # fmt: skip
    text = json.dumps({"week": name[:8], "method": method, "sites": 40, "tables": {}, "number": 1})
    (directory / f"{name}.json").write_text(text)


def test_former_releases_are_told_apart_by_their_noise(made: Release, tmp_path: Path) -> None:
    out = tmp_path / "out"
    made.save(out)
    for name, epsilon in [
        ("2026-W40.1", None), ("2026-W41.1", 1.0), ("2026-W42.1", None), ("2026-W42.2", 1.0),
        ("2026-W43.1", 1.0), ("2026-W43.2", 0.5),
    ]:  # fmt: skip
        write_former(out, name, epsilon)
    found = former(out)
    assert found.noisy == ("2026-W41", "2026-W43")
    assert found.plain == ("2026-W40", "2026-W42")
    assert found.weeks == {"2026-W40", "2026-W41", "2026-W42", "2026-W43"}
    assert history(out) == (made,)


DAMAGE = {"empty": b"", "cut": b'{"week"', "a list": b"[]", "a part": b"{}", "bytes": b"\xff\x00"}


@pytest.mark.parametrize("data", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_file_is_named(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / f"{WEEK}.json"
    path.write_bytes(data)
    with pytest.raises(ValueError, match=r"2026-W47\.json is no release"):
        load(path)
    with pytest.raises(ValueError, match="is no release"):
        history(tmp_path)
    path.rename(tmp_path / f"{WEEK}.1.json")
    with pytest.raises(ValueError, match=r"2026-W47\.1\.json is no release"):
        former(tmp_path)


@pytest.mark.parametrize("cut", range(0, 100, 7))
def test_half_a_file_is_none(cut: int, tmp_path: Path) -> None:
    method = Method(
        unit="module", epsilon=2.0, delta=1e-6, year_epsilon=0.1, site_rho=0.5, weeks=13
    )
    path = Release(WEEK, MADE, method, 40, 1.0, 41, {"modules": TABLE}).save(tmp_path)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * cut // 100])
    with pytest.raises(ValueError, match="is no release"):
        load(path)


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="cannot be read"):
        load(tmp_path / "none.json")


def test_a_table_knows_its_columns() -> None:
    assert TABLE.keys == 2
    assert [TABLE.place(role) for role in (Role.SITES, Role.ERROR, Role.WEEK)] == [2, 3, 4]
