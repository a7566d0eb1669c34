"""A clock that is wrong erases nothing: a start refuses it, and a running store notices."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from dropsonde.collector.store import Store
from dropsonde.collector.store.clock_watch import NAME, Watch, read, since_boot
from dropsonde.collector.store.directory import Directory
from dropsonde.collector.store.spool.database import PAGE
from dropsonde.common.errors import ClockError
from tests.unit.collector.store.making import (
    COLUMNS,
    HOUR,
    NOW,
    SECOND,
    WEEK,
    contents,
    opened,
    row,
    site,
    stored,
)

DAY = timedelta(days=1)
AWAY = 100 * DAY


def opened_at(root: Path, when: datetime, *, accept: bool = False) -> Store:
    return Store.open(root, COLUMNS, lambda: when, accept_clock=accept)


def filled(root: Path) -> dict[tuple[str, bytes], int]:
    """Eight finished weeks and the present one."""
    with opened(root) as store:
        for week in range(9):
            store.put(row(1, NOW - week * WEEK, week))
        store.compact(NOW)
        return contents(store)


@pytest.mark.parametrize("jump", [AWAY, -AWAY, DAY + HOUR, -DAY - HOUR])
def test_a_start_by_another_clock_is_refused_and_changes_nothing(
    tmp_path: Path, jump: timedelta
) -> None:
    root = tmp_path / "data"
    before = filled(root)
    files = stored(root)
    with pytest.raises(ClockError) as caught:
        opened_at(root, NOW + jump)
    said = str(caught.value)
    assert f"the clock says {NOW + jump:%Y-%m-%d %H:%M} UTC, and {root} was last used at " in said
    assert "give --accept-clock once" in said
    assert stored(root) == files
    with opened(root) as store:  # and nothing of it stays
        assert contents(store) == before


@pytest.mark.parametrize("jump", [AWAY, -AWAY])
def test_a_person_accepts_it_once_and_retention_leaves_what_is_newest(
    tmp_path: Path, jump: timedelta
) -> None:
    root = tmp_path / "data"
    before = filled(root)
    with opened_at(root, NOW + jump, accept=True) as store:
        store.retain(60, NOW + jump)
        store.compact(NOW + jump)
        assert contents(store) == before  # all within 60 days before the newest
        store.retain(7, NOW + jump)
        left = {week for week, _ in contents(store)}
        assert "2026-W48" in left
        assert left == ({"2026-W47", "2026-W48"} if jump > DAY else {week for week, _ in before})
    with opened_at(root, NOW + jump + HOUR):
        pass


@pytest.mark.parametrize("step", [DAY, -DAY])
def test_a_day_is_nobodys_business(tmp_path: Path, step: timedelta) -> None:
    filled(tmp_path / "data")
    with opened_at(tmp_path / "data", NOW + step):
        pass


def test_without_a_mark_the_rows_tell(tmp_path: Path) -> None:
    """As in a directory of an older version: by the row that came last, or the newest week."""
    root = tmp_path / "data"
    filled(root)
    (root / NAME).unlink()
    for wrong in (NOW + AWAY, NOW - AWAY):
        with pytest.raises(ClockError):
            opened_at(root, wrong)
        assert not (root / NAME).exists()
    with opened_at(root, NOW) as store:
        store.put(row(2, NOW - WEEK))
        store.put(row(1, NOW))
        store.compact(NOW + WEEK)  # early: nothing is left in the spool
    (root / NAME).unlink()
    for wrong in (NOW + AWAY, NOW - AWAY):
        with pytest.raises(ClockError):
            opened_at(root, wrong)
    with opened_at(root, NOW):
        pass


def test_rows_that_came_after_the_mark_tell_more(tmp_path: Path) -> None:
    """Of a collector that was killed."""
    root = tmp_path / "data"
    with opened(root) as store:
        mark = (root / NAME).read_bytes()
        store.put(row(1, NOW + 3 * DAY))
    (root / NAME).write_bytes(mark)
    with pytest.raises(ClockError, match="was last used at 2026-11-27 12:00 UTC"):
        opened_at(root, NOW)
    with opened_at(root, NOW, accept=True):
        pass  # that row is of a wrong clock, as a person says
    with opened_at(root, NOW):
        pass
    with opened_at(root, NOW + HOUR):
        assert read(root) is not None


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b'{"seen": 1, "seq": 1}', b"\xff",
                                     b'{"seen": "2026-11-24T12:00:00", "seq": 1}'])  # fmt: skip
def test_a_mark_that_cannot_be_read_is_refused(tmp_path: Path, content: bytes) -> None:
    root = tmp_path / "data"
    filled(root)
    (root / NAME).write_bytes(content)
    with pytest.raises(ClockError, match="does not say when"):
        opened(root)
    with opened_at(root, NOW, accept=True):
        pass
    with opened(root):
        pass


def test_a_damaged_spool_does_not_hide_the_time(tmp_path: Path) -> None:
    root = tmp_path / "data"
    filled(root)
    with (root / "spool.sqlite").open("r+b") as file:
        file.write(b"\xff" * PAGE)
    with pytest.raises(ClockError):
        opened_at(root, NOW + AWAY)
    with opened_at(root, NOW):
        assert list((root / "damaged").glob("*/spool.sqlite")) != []


# While it runs


class Clocks:
    """A wall clock that can be set, and a count of seconds that cannot."""

    def __init__(self) -> None:
        self.wall, self.seconds = NOW, 1000.0

    def pass_(self, time: timedelta) -> None:
        """As it does, also while the machine sleeps."""
        self.wall += time
        self.seconds += time / SECOND

    def watch(self, root: Path) -> Watch:
        return Watch(Directory(root), lambda: self.wall, lambda: self.seconds)


def test_time_that_passes_is_no_jump(tmp_path: Path) -> None:
    clocks = Clocks()
    watch = clocks.watch(tmp_path)
    for _ in range(1000):
        clocks.pass_(3 * DAY)  # a sleep, or many quiet days
        assert watch.check() == clocks.wall
    clocks.wall += 20 * HOUR  # set within a day
    assert watch.check() == clocks.wall


@pytest.mark.parametrize(("jump", "way"), [(8 * DAY, "forward"), (-8 * DAY, "back")])
def test_a_jump_is_noticed_until_it_is_undone(tmp_path: Path, jump: timedelta, way: str) -> None:
    clocks = Clocks()
    watch = clocks.watch(tmp_path)
    for part in range(8):  # also bit by bit
        clocks.wall += jump / 8
        if part > 1:
            with pytest.raises(ClockError, match=f"jumped {way} by more than a day"):
                watch.check()
    clocks.pass_(40 * DAY)
    with pytest.raises(ClockError, match="--accept-clock"):
        watch.check()
    with pytest.raises(ClockError):
        watch.remember()
    assert read(tmp_path) is None
    clocks.wall -= jump
    assert watch.check() == clocks.wall


def test_the_kernel_counts() -> None:
    first = since_boot()
    assert 0 < first <= since_boot()


@pytest.mark.parametrize("jump", [AWAY, -AWAY])
def test_nothing_is_taken_moved_or_dropped_meanwhile(tmp_path: Path, jump: timedelta) -> None:
    times = [NOW]
    root = tmp_path / "data"
    before = filled(root)
    with Store.open(root, COLUMNS, lambda: times[-1]) as store:
        store.put(row(2, NOW - WEEK, 2))
        times.append(NOW + jump)
        assert store.condition.state() == "clock"
        for refused in (
            lambda: store.put(row(3)),
            lambda: store.compact(times[-1]),
            lambda: store.retain(1, times[-1]),
        ):
            with pytest.raises(ClockError):
                refused()
        store.delete(site(99))  # whoever wants to be forgotten need not wait
        times.append(NOW + HOUR)
        assert store.condition.state() == "ok"
        assert contents(store) == {**before, ("2026-W47", site(2)): 2}
        assert store.put(row(3))
        times.append(NOW + jump)
    with opened(root) as store:  # the end does not remember the wrong time
        assert len(contents(store)) == len(before) + 2
