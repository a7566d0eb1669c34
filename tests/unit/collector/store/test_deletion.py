"""A site that asks for deletion is gone: from answers at once, from the disk as soon as may be."""

from __future__ import annotations

import contextlib
from pathlib import Path

import duckdb

from dropsonde.collector.store import Reader
from dropsonde.collector.store.spool.reader import reading
from tests.unit.collector.store.making import (
    COLUMNS,
    NOW,
    WEEK,
    contents,
    files_with,
    opened,
    row,
    site,
)


def test_nothing_of_it_is_left_in_any_file(tmp_path: Path) -> None:
    root = tmp_path / "data"
    with opened(root) as store:
        for weeks in range(4):
            for number in range(5):
                store.put(row(number, NOW - weeks * WEEK, weeks, note=f"site{number}note"))
            if weeks == 2:
                store.compact(NOW - WEEK)
        before = contents(store)
        assert len(files_with(root, site(3))) > 1
        store.delete(site(3))
        assert contents(store) == {key: before[key] for key in before if key[1] != site(3)}
        assert len(contents(store)) == 4 * 4
        assert files_with(root, site(3)) == []
        assert files_with(root, b"site3note") == []
        assert len(files_with(root, site(2))) > 1
        store.delete(site(3))
        store.delete(site(99))
        assert len(contents(store)) == 4 * 4


def test_a_week_of_that_site_alone_goes(tmp_path: Path) -> None:
    with opened(tmp_path / "data") as store:
        store.put(row(1, NOW - WEEK))
        store.compact(NOW)
        store.delete(site(1))
        assert list((tmp_path / "data" / "dataset").glob("week=*")) == []
        store.put(row(1, NOW - WEEK, 5))
        store.compact(NOW)
        assert contents(store) == {("2026-W47", site(1)): 5}


def test_what_holds_nothing_of_it_is_not_written_anew(tmp_path: Path) -> None:
    with opened(tmp_path / "data") as store:
        for weeks in (1, 2):
            store.put(row(weeks, NOW - weeks * WEEK))
            store.put(row(9, NOW - weeks * WEEK))
        store.compact(NOW)
        files = sorted((tmp_path / "data" / "dataset").rglob("*.parquet"))
        before = [path.stat().st_ino for path in files]
        store.delete(site(1))
        after = [path.stat().st_ino for path in files]
        assert (before[0] == after[0], before[1] == after[1]) == (True, False)


def test_it_may_report_again(tmp_path: Path) -> None:
    """Also before the files were written anew: the note hides older rows alone."""
    with opened(tmp_path / "data") as store:
        store.put(row(1, NOW - WEEK, 1))
        store.compact(NOW)
        store.forget(site(1))
        assert contents(store) == {}
        store.put(row(1, NOW - WEEK, 2))
        assert contents(store) == {("2026-W47", site(1)): 2}
        assert store.compact(NOW) == ("2026-W47",)
        assert contents(store) == {("2026-W47", site(1)): 2}
        with reading(tmp_path / "data" / "spool.sqlite") as found:
            assert found.forgotten() == {}


def test_the_next_start_finishes_it(tmp_path: Path) -> None:
    root = tmp_path / "data"
    with opened(root) as store:
        store.put(row(1, NOW - WEEK))
        store.put(row(2, NOW - WEEK))
        store.compact(NOW)
        store.forget(site(1))
        assert contents(Reader(root, COLUMNS)) == {("2026-W47", site(2)): 0}
    assert len(files_with(root, site(1))) == 3  # the week's, the spool, and the list of deletions
    with opened(root):
        assert files_with(root, site(1)) == []


def test_a_reader_elsewhere_delays_it_but_does_not_stop_it(tmp_path: Path) -> None:
    root = tmp_path / "data"
    with opened(root) as store:
        store.put(row(1, NOW - WEEK, 1))
        store.compact(NOW)
        store.put(row(1, NOW, 2))
        with reading(root / "spool.sqlite") as found:
            assert found.depth() == 1
            store.delete(site(1))
            assert contents(store) == {}
            store.put(row(1, NOW - WEEK, 3))
            assert store.compact(NOW) == ()  # while the note is there, new rows stay in the spool
            assert contents(store) == {("2026-W47", site(1)): 3}
        assert store.compact(NOW) == ("2026-W47",)
        assert contents(store) == {("2026-W47", site(1)): 3}
        store.delete(site(1))
        assert files_with(root, site(1)) == []


def test_what_is_written_anew_stays_sorted(tmp_path: Path) -> None:
    with opened(tmp_path / "data") as store:
        for number in range(50):
            store.put(row(number, NOW - WEEK, number))
        store.compact(NOW)
        store.delete(site(7))
    path = tmp_path / "data" / "dataset" / "week=2026-W47" / "part-0.parquet"
    with contextlib.closing(duckdb.connect()) as connection:
        found = connection.execute("SELECT site_id, number FROM read_parquet(?)", [str(path)])
        rows = found.fetchall()
    assert rows == sorted((site(number), number) for number in range(50) if number != 7)
