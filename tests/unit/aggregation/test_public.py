"""What is public: which weeks are shown together, and files that are missing or damaged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from dropsonde.aggregation import cells
from dropsonde.aggregation.public import Public, cells_of
from dropsonde.aggregation.release import load
from dropsonde.common import weeks
from dropsonde.common.errors import FileError
from tests.unit.aggregation.made import WEEK, Made
from tests.unit.aggregation.test_release import write_former


@pytest.fixture
def made(tmp_path: Path) -> Made:
    return Made(tmp_path, queries=("environments_per_site",))


def before(week: str, by: int) -> str:
    return weeks.week_of(weeks.first_moment(week) - timedelta(weeks=by))


def test_what_is_public_is_paid_and_never_released_again(made: Made) -> None:
    made.release()
    write_former(made.out, "2026-W30.1", None)
    write_former(made.out, "2026-W31.1", 1.0)
    public = Public.of(made.out)
    assert public.weeks == {"2026-W30", "2026-W31", WEEK}
    assert sorted(public.paid) == ["2026-W31", WEEK]


def test_a_mean_is_of_13_weeks_of_the_calendar(made: Made) -> None:
    """Over a new year, and with weeks that are not released; none that is later."""
    made.now = datetime(2027, 3, 1, tzinfo=timezone.utc)
    week = "2027-W05"
    released = (20, 13, 12, 11, 5, 1, -1)
    for by in released:
        made.release(before(week, by))
    shown = [path.name for path in Public.of(made.out).cells_before(week)]
    assert shown == [f"{before(week, by)}{cells.SUFFIX}" for by in (12, 11, 5, 1)]


def test_rows_are_those_of_the_week_before_alone(made: Made) -> None:
    for week in (before(WEEK, 2), before(WEEK, 1), WEEK):
        made.release(week)
    public = Public.of(made.out)
    tables = [table for each in public.releases for table in each.tables.values()]
    assert [table.rows for table in tables] == [()] * 3
    found = public.before(WEEK)
    assert found == load(made.out / f"{before(WEEK, 1)}.json")
    assert found.tables["environments_per_site"].rows
    assert public.before(before(WEEK, 2)) is None


DAMAGE: dict[str, Callable[[Path], object]] = {
    "missing": Path.unlink,
    "cut": lambda path: path.write_bytes(path.read_bytes()[:-1]),
    "another byte": lambda path: path.write_bytes(bytes([*path.read_bytes()[:-1], 0])),
    "empty": lambda path: path.write_bytes(b""),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_lost_cells_are_named_and_nothing_is_paid(
    made: Made, damage: Callable[[Path], object]
) -> None:
    made.release("2026-W45")
    made.release("2026-W46")
    path = made.out / f"2026-W45{cells.SUFFIX}"
    damage(path)
    paid = (made.data / "ledger.json").read_bytes()
    with pytest.raises(FileError) as caught:
        made.release(WEEK)
    assert str(caught.value) == (
        f"{path} is missing or damaged: restore it from a backup; "
        "without one, move 2026-W45.json away, too"
    )
    assert caught.value.exit_code == 8
    assert (made.data / "ledger.json").read_bytes() == paid
    (made.out / "2026-W45.json").unlink()
    made.release(WEEK)  # as the advice says


def test_the_cells_of_another_week_are_not_taken(made: Made) -> None:
    one, other = made.release("2026-W45"), made.release("2026-W46")
    assert cells_of(one, made.out).name == f"2026-W45{cells.SUFFIX}"
    with pytest.raises(FileError, match=r"2026-W45\.cells\.parquet is missing or damaged"):
        cells_of(replace(one, cells=other.cells), made.out)


def test_a_damaged_release_is_named(made: Made) -> None:
    made.release()
    (made.out / f"{WEEK}.json").write_bytes(b"{")
    with pytest.raises(FileError, match=r"2026-W47\.json is no release: restore it"):
        Public.of(made.out)
