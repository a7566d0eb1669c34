"""Finished weeks become files: sorted, one row a site, nothing lost, nothing doubled."""

from __future__ import annotations

import hashlib
import random
import shutil
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import duckdb
import pytest

from dropsonde.collector.store.parquet.dataset import Dataset, handle_name
from dropsonde.common.errors import SpoolDamagedError, StoreUnavailableError
from tests.unit.collector.store.making import (
    COLUMNS,
    FILE,
    FILES,
    HOUR,
    NOW,
    SECOND,
    WEEK,
    contents,
    files_with,
    fill,
    opened,
    row,
    site,
)

MONDAY = datetime(2026, 11, 23, tzinfo=timezone.utc)


def asked(path: Path, sql: str) -> list[tuple[object, ...]]:
    """What a file holds, as any program sees it."""
    with duckdb.connect() as connection:
        return connection.execute(sql, [str(path)]).fetchall()


def test_only_finished_weeks_move(tmp_path: Path) -> None:
    with opened(tmp_path / "data") as store:
        for number, when in enumerate((MONDAY - WEEK, MONDAY - SECOND, MONDAY, MONDAY + 9 * WEEK)):
            store.put(row(number, when))
        before = contents(store)
        assert store.compact(MONDAY - SECOND) == ()
        assert store.compact(MONDAY + HOUR - SECOND) == ()  # a request may be on its way
        assert store.compact(MONDAY + HOUR) == ("2026-W47",)
        assert store.depth() == 2
        assert store.compact(MONDAY + HOUR) == ()
        assert contents(store) == before


def test_the_file_is_sorted_compressed_and_private(tmp_path: Path) -> None:
    with opened(tmp_path / "data") as store:
        fill(store, range(200))
        assert store.compact(NOW) == ("2026-W47",)
    path = tmp_path / "data" / FILE
    sites = [found for (found,) in asked(path, "SELECT site_id FROM read_parquet(?)")]
    assert sites == sorted(map(site, range(200)))
    codecs = asked(path, "SELECT DISTINCT compression FROM parquet_metadata(?)")
    assert codecs == [("ZSTD",)]
    kinds = asked(path, "SELECT typeof(timestamp), typeof(ip) FROM read_parquet(?) LIMIT 1")
    assert kinds == [("TIMESTAMP WITH TIME ZONE", "VARCHAR")]
    assert asked(path, "SELECT DISTINCT week, ip FROM read_parquet(?)") == [("2026-W47", None)]
    assert path.stat().st_mode & 0o777 == 0o600
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    beside = path.with_name("part-0.parquet.sha256")
    assert beside.read_text() == f"{digest}  part-0.parquet\n"  # as sha256sum writes and reads it
    assert {each.name for each in path.parent.iterdir()} == {path.name, beside.name}


def test_late_rows_are_merged_into_their_week(tmp_path: Path) -> None:
    with opened(tmp_path / "data") as store:
        fill(store, range(0, 100, 2), value=1)
        store.compact(NOW)
        fill(store, range(0, 100, 3), value=2)
        expected = {
            ("2026-W47", site(number)): 1 if number % 3 else 2
            for number in range(100)
            if not number % 2 or not number % 3
        }
        assert contents(store) == expected
        assert store.compact(NOW) == ("2026-W47",)
        assert contents(store) == expected
        assert store.depth() == 0
    path = tmp_path / "data" / FILE
    sites = [found for (found,) in asked(path, "SELECT site_id FROM read_parquet(?)")]
    assert sites == sorted(found for _, found in expected)


def test_what_was_moved_leaves_no_trace_in_the_spool(tmp_path: Path) -> None:
    with opened(tmp_path / "data") as store:
        fill(store, range(100))
        store.put(row(1, value=7))
        assert "spool.sqlite-wal" in files_with(tmp_path / "data", site(50))
        store.compact(NOW)
        assert files_with(tmp_path / "data", site(50)) == [FILE]
        assert store.depth() == 1


def test_weeks_larger_than_a_piece(tmp_path: Path) -> None:
    """Rows of a megabyte, of which sixteen are a piece; merged with small ones, again and again."""
    rng = random.Random(3)
    expected = {}
    with opened(tmp_path / "data") as store:
        for turn in range(3):
            numbers = rng.sample(range(60), 25)
            for number in numbers:
                large = [{"name": "m" * 1000, "count": place} for place in range(900)]
                modules = large if number % 2 else []
                store.put(row(number, NOW - WEEK, turn, modules=modules))
                expected["2026-W47", site(number)] = turn
            assert store.compact(NOW) == ("2026-W47",)
            assert contents(store) == expected
        sql = "SELECT site_id, len(modules), modules[900].count FROM community_metrics"
        found = {site_id: sizes for site_id, *sizes in store.query(sql)}
        for number in range(60):
            if site(number) in found:
                assert found[site(number)] == ([900, 899] if number % 2 else [0, None])
    path = tmp_path / "data" / FILE
    sites = [site_id for (site_id,) in asked(path, "SELECT site_id FROM read_parquet(?)")]
    assert sites == sorted(found)
    assert not list((tmp_path / "data" / "scratch").glob("*/*"))


def test_more_small_rows_than_a_piece_has(tmp_path: Path) -> None:
    numbers = random.Random(4).sample(range(100_000), 5000)
    ids = {number.to_bytes(4, "big") * 16: number for number in numbers}
    with opened(tmp_path / "data") as store:
        reports = (
            replace(row(number, NOW - WEEK, number), site_id=site_id)
            for site_id, number in ids.items()
        )
        for future in [store.submit(report) for report in reports]:
            future.result()
        store.compact(NOW)
        assert contents(store) == {("2026-W47", each): number for each, number in ids.items()}
        last = max(ids)
        store.delete(last)
        assert contents(store).keys() == {("2026-W47", each) for each in ids} - {("2026-W47", last)}


def test_a_clock_that_jumps_ahead_and_back(tmp_path: Path) -> None:
    with opened(tmp_path / "data") as store:
        store.put(row(1, value=1))
        assert store.compact(NOW + 2 * WEEK) == ("2026-W48",)  # too early, as shows later
        store.put(row(2, NOW + 2 * WEEK, 2))
        store.put(row(1, value=3))
        store.put(row(3, value=4))
        expected = {
            ("2026-W48", site(1)): 3,
            ("2026-W48", site(3)): 4,
            ("2026-W50", site(2)): 2,
        }
        assert store.compact(NOW) == ()
        assert contents(store) == expected
        assert store.compact(NOW + WEEK) == ("2026-W48",)
        assert contents(store) == expected
        assert store.compact(NOW + 3 * WEEK) == ("2026-W50",)
        assert contents(store) == expected


def test_years_end(tmp_path: Path) -> None:
    eve = datetime(2026, 12, 31, 23, 59, 59, tzinfo=timezone.utc)
    with opened(tmp_path / "data") as store:
        for value, when in enumerate((eve, eve + SECOND, eve + 4 * 24 * HOUR)):
            store.put(row(1, when, value))
        assert contents(store) == {("2026-W53", site(1)): 1, ("2027-W01", site(1)): 2}
        assert store.compact(eve + timedelta(days=4)) == ("2026-W53",)
        assert contents(store) == {("2026-W53", site(1)): 1, ("2027-W01", site(1)): 2}


def test_raw_weeks_are_dropped_in_time(tmp_path: Path) -> None:
    ended = MONDAY - timedelta(microseconds=1)
    with opened(tmp_path / "data") as store:
        for weeks in range(4):
            store.put(row(1, MONDAY - SECOND - weeks * WEEK, weeks))
        store.compact(MONDAY + HOUR)
        store.put(row(2, MONDAY - SECOND - 3 * WEEK))  # a late one, still in the spool
        store.put(row(3, MONDAY + HOUR))  # days are counted back from the newest week at the latest
        assert store.retain(60, MONDAY + HOUR) == ()
        assert store.retain(14, ended) == ("2026-W44",)
        assert store.retain(14, ended + SECOND) == ("2026-W45",)
        left = {("2026-W48", site(3)): 0, ("2026-W47", site(1)): 0, ("2026-W46", site(1)): 1}
        assert contents(store) == left
        assert store.depth() == 1
        assert sorted(path.name for path in (tmp_path / "data" / "dataset").glob("week=*")) == [
            "week=2026-W46",
            "week=2026-W47",
        ]
        assert files_with(tmp_path / "data", site(2)) == []


def test_a_directory_that_names_no_week_is_none(tmp_path: Path) -> None:
    path = tmp_path / "data" / FILE
    with opened(tmp_path / "data") as store:
        fill(store, range(3))
        store.compact(NOW)
        expected = contents(store)
        shutil.copytree(path.parent, path.parent.with_name("week=2026-W54"))
        assert contents(store) == expected
        assert store.retain(1, NOW + 9 * WEEK) == ()  # the newest week stays


def test_what_a_kill_left_is_tidied(tmp_path: Path) -> None:
    with opened(tmp_path / "data") as store:
        fill(store, range(3))
        store.compact(NOW)
        expected = contents(store)
    path = tmp_path / "data" / FILE
    (path.parent / ".part-0.parquet.abcdefgh").write_bytes(b"half")
    (path.parent.parent / "week=2026-W45").mkdir()
    (path.parent.parent / "week=2026-W45" / "part-0.parquet.sha256").write_bytes(b"without a file")
    (path.parent.parent / "week=2026-W46").mkdir()
    (path.parent.parent / "week=2026-W46" / ".part-0.parquet.abcdefgh").write_bytes(b"half")
    (tmp_path / "data" / "scratch" / "tmpabc").mkdir()
    (tmp_path / "data" / "scratch" / "tmpabc" / "0.parquet").write_bytes(b"half")
    with opened(tmp_path / "data") as store:
        assert contents(store) == expected
    left = [each for each in (tmp_path / "data").rglob("*") if each.is_file()]
    assert {each.name for each in left} == FILES


def test_a_row_that_changed_in_the_spool_is_not_taken_over(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with opened(tmp_path / "data") as store:
        fill(store, range(3))
        store._writer.submit(
            lambda connection: connection.execute("UPDATE rows SET data = x'00' WHERE seq = 2")
        ).result()
        with pytest.raises(SpoolDamagedError, match="a row of 2026-W47 in the spool is damaged"):
            store.compact(NOW)
        with pytest.raises(SpoolDamagedError):
            contents(store)
        assert store.put(row(9))
        assert store.depth() == 4
    with opened(tmp_path / "data") as store:
        assert len(list((tmp_path / "data/damaged").glob("*/spool.sqlite"))) == 1
        assert "the spool was damaged" in caplog.text
        assert store.depth() == 0


def test_a_file_that_is_not_ours(tmp_path: Path) -> None:
    """Although its digest fits: somebody put both there."""
    with opened(tmp_path / "data") as store:
        fill(store, range(3))
        store.compact(NOW)
        dataset = Dataset(tmp_path / "data" / "dataset")
        with dataset.writing("2026-W47") as file, duckdb.connect() as connection:
            name = handle_name(file.fileno())
            options = "(FORMAT parquet, USE_TMP_FILE false)"
            connection.execute(f"COPY (SELECT 1 AS x) TO '{name}' {options}")
        with pytest.raises(StoreUnavailableError, match="2026-W47 is not a file of this program"):
            contents(store)
    with pytest.raises(StoreUnavailableError, match="move it out of the data directory"):
        opened(tmp_path / "data", COLUMNS)
