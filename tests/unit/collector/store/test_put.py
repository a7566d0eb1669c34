"""One row a site a week; what is acknowledged is on disk; the row's own time decides its week."""

from __future__ import annotations

import contextlib
import threading
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dropsonde.collector.record import record_of
from dropsonde.collector.store.spool import database
from dropsonde.common.errors import DataDirectoryError, StoreUnavailableError
from dropsonde.common.weeks import week_of
from tests.unit.collector.store.making import HOUR, NOW, WEEK, contents, opened, row, site


def test_a_second_report_of_the_week_replaces_the_first(tmp_path: Path) -> None:
    with opened(tmp_path / "data") as store:
        assert store.put(row(1, value=1))
        assert not store.put(row(1, value=1))  # the same again
        assert not store.put(row(1, NOW - HOUR, value=2))  # an earlier time, but it came later
        assert store.put(row(1, NOW - WEEK, value=3))
        assert store.put(row(2, value=4))
        assert store.depth() == 3
        expected = {("2026-W48", 1): 2, ("2026-W47", 1): 3, ("2026-W48", 2): 4}
        assert contents(store) == {
            (week, site(number)): value for (week, number), value in expected.items()
        }


@pytest.mark.parametrize(
    ("moment", "week"),
    [
        (datetime(2026, 11, 22, 23, 59, 59, 999_999, tzinfo=timezone.utc), "2026-W47"),
        (datetime(2026, 11, 23, tzinfo=timezone.utc), "2026-W48"),
        (datetime(2026, 12, 31, 23, 59, 59, tzinfo=timezone.utc), "2026-W53"),
        (datetime(2027, 1, 1, tzinfo=timezone.utc), "2026-W53"),
        (datetime(2027, 1, 3, 23, 59, 59, 999_999, tzinfo=timezone.utc), "2026-W53"),
        (datetime(2027, 1, 4, tzinfo=timezone.utc), "2027-W01"),
        (datetime(2024, 12, 30, tzinfo=timezone.utc), "2025-W01"),
        (datetime(1999, 1, 1, tzinfo=timezone.utc), "1998-W53"),  # a clock that was never set
        (datetime(2099, 12, 31, tzinfo=timezone.utc), "2099-W53"),  # one that ran away
    ],
)
def test_the_rows_own_time_decides_its_week(tmp_path: Path, moment: datetime, week: str) -> None:
    with opened(tmp_path / "data") as store:
        store.put(row(1, moment))
        found = list(store.query("SELECT week, timestamp FROM community_metrics"))
        assert found == [(week, moment)]
        store.compact(moment + timedelta(days=8))
        assert store.depth() == 0
        assert found == list(store.query("SELECT week, timestamp FROM community_metrics"))


@given(
    moment=st.datetimes(
        datetime(1970, 1, 1),  # noqa: DTZ001 - the bounds are naive
        datetime(2200, 1, 1),  # noqa: DTZ001 - the same
        timezones=st.just(timezone.utc),
    )
)
def test_a_record_keeps_its_time_to_the_microsecond(moment: datetime) -> None:
    record = record_of(row(1, moment))
    epoch = datetime(1970, 1, 1, tzinfo=timezone.utc)
    assert epoch + timedelta(microseconds=record.received) == moment
    assert record.week == week_of(moment)
    assert record.whole
    changes = {"week": "2020-W01", "site_id": site(9), "message_id": "x", "received": 1}
    changes |= {"product": "p", "version": "2", "size": 1, "data": b"x", "checksum": 1}
    for name, value in changes.items():
        assert not record._replace(**{name: value}).whole  # type: ignore[arg-type]  # by name


def test_many_at_once(tmp_path: Path) -> None:
    """Each of 32 threads reports for its own sites and for one that all share."""
    new: list[bool] = []

    def report(number: int) -> None:
        for value in range(20):
            assert store.put(row(number, NOW - (value % 2) * WEEK, value)) == (value < 2)
            new.append(store.put(row(1000, value=number)))

    with opened(tmp_path / "data") as store:
        threads = [threading.Thread(target=report, args=(number,)) for number in range(32)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        found = contents(store)
    assert sum(new) == 1
    assert len(new) == 32 * 20
    assert found.pop(("2026-W48", site(1000))) in range(32)
    assert found == {
        (week, site(number)): value
        for number in range(32)
        for week, value in (("2026-W48", 18), ("2026-W47", 19))
    }


def test_what_is_cancelled_may_be_left_out_and_harms_nobody(tmp_path: Path) -> None:
    with opened(tmp_path / "data") as store:
        futures = [store.submit(row(number)) for number in range(200)]
        cancelled = {number for number in range(200) if futures[number].cancel()}
        kept = {number for number in range(200) if number not in cancelled}
        assert all(futures[number].result() for number in kept)
        assert contents(store).keys() == {("2026-W48", site(number)) for number in kept}


def test_the_spool_waits_for_the_disk_and_overwrites(tmp_path: Path) -> None:
    with contextlib.closing(database.connect(tmp_path / "spool.sqlite")) as connection:
        settings = [
            connection.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("journal_mode", "synchronous", "secure_delete", "page_size")
        ]
    assert settings == ["wal", 2, 1, database.PAGE]


def test_nothing_is_taken_after_the_end(tmp_path: Path) -> None:
    store = opened(tmp_path / "data")
    waiting = [store.submit(row(number)) for number in range(50)]
    store.close()
    assert all(future.result() for future in waiting)
    with pytest.raises(StoreUnavailableError, match="the store is closed"):
        store.put(row(99))
    store.close()
    with opened(tmp_path / "data") as again:
        assert again.depth() == 50


def test_columns_that_the_schema_has_not(tmp_path: Path) -> None:
    with opened(tmp_path / "data") as store:
        with pytest.raises(ValueError, match="columns that the schema has not"):
            store.put(row(1, secret=1))
        with pytest.raises(ValueError, match="columns that the schema has not"):
            store.put(row(1, ip="192.0.2.1"))
        assert store.depth() == 0


def test_a_fault_of_one_work_does_not_end_the_thread(tmp_path: Path) -> None:
    with opened(tmp_path / "data") as store:
        with pytest.raises(ZeroDivisionError):
            store._writer.submit(lambda _: 1 // 0).result()
        with pytest.raises(StoreUnavailableError, match="no such table"):
            store._writer.submit(lambda connection: connection.execute("DELETE FROM no")).result()
        assert store.put(row(1))


def test_a_spool_of_another_version(tmp_path: Path) -> None:
    with opened(tmp_path / "data") as store:
        store._writer.submit(lambda each: each.execute("PRAGMA user_version = 9")).result()
    with pytest.raises(DataDirectoryError, match="format 9, and this version knows 1"):
        opened(tmp_path / "data")
