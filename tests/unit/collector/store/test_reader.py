"""Queries that may only read, exports that are whole and private, backups as of one moment."""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from dropsonde.collector.store import Format, Reader, Store
from dropsonde.collector.store.directory import checked
from dropsonde.collector.store.parquet.view import viewing
from dropsonde.common.errors import BackupError, FileError, QueryError
from tests.unit.collector.store.making import (
    COLUMNS,
    NOW,
    WEEK,
    contents,
    opened,
    row,
    site,
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A store with a row in a file and one in the spool."""
    with opened(tmp_path / "data") as made:
        made.put(row(1, NOW - WEEK, 1))
        made.compact(NOW)
        made.put(row(2, NOW, 2))
        yield made


def test_rows_and_columns(store: Store) -> None:
    sql = "SELECT site_id, timestamp, modules, ip, timestamp FROM community_metrics ORDER BY number"
    with store.query(sql) as found:
        assert found.columns == ("site_id", "timestamp", "modules", "ip", "timestamp")
        assert list(found) == [
            (site(1), NOW - WEEK, [{"name": "ntp", "count": 1}], None, NOW - WEEK),
            (site(2), NOW, [{"name": "ntp", "count": 2}], None, NOW),
        ]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT sum(number) FROM community_metrics;",
        "WITH x AS (FROM community_metrics) SELECT sum(number) FROM x -- all of them",
        "SELECT sum(number) FROM community_metrics /* ; */ ; ",
        "SELECT 3 FROM (SELECT now())",
    ],
)
def test_ways_to_write_one_select(store: Store, sql: str) -> None:
    assert list(store.query(sql)) == [(3,)]


@pytest.mark.parametrize("how", ["written anew", "dropped"])
def test_a_file_that_is_replaced_meanwhile_is_read_to_its_end(tmp_path: Path, how: str) -> None:
    """The collector rewrites weeks each hour, also while somebody asks or a week is released."""
    with opened(tmp_path / "it's data") as store:
        for number in range(2):
            store.put(row(number, NOW - WEEK, number))
        store.compact(NOW)
        with viewing(checked(tmp_path / "it's data"), COLUMNS) as view:
            view.lock()
            for number in range(1 if how == "written anew" else 2):
                store.delete(site(number))
            asked = "SELECT number FROM community_metrics ORDER BY number"
            assert view.connection.execute(asked).fetchall() == [(0,), (1,)]
        rest = [(1,)] if how == "written anew" else []
        assert list(store.query(asked)) == rest


def test_order_is_kept(store: Store) -> None:
    sql = "SELECT to_timestamp(range) AS t, range FROM range(5000) ORDER BY range DESC -- down"
    assert [number for _, number in store.query(sql)] == list(range(4999, -1, -1))
    many = "SELECT number FROM community_metrics, range(1000) ORDER BY number"
    assert [number for (number,) in store.query(many)] == [1] * 1000 + [2] * 1000


@pytest.mark.parametrize(
    "sql",
    [
        "",
        "-- nothing",
        "SELECT 1; SELECT 2",
        "DELETE FROM spool",
        "INSERT INTO spool SELECT * FROM spool",
        "DROP VIEW community_metrics",
        "CREATE TABLE x AS SELECT 1",
        "COPY community_metrics TO '{path}'",
        "EXPLAIN ANALYZE COPY community_metrics TO '{path}'",
        "EXPORT DATABASE '{path}'",
        "ATTACH '{path}'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET enable_external_access = true",
        "RESET enable_external_access",
        "PRAGMA threads = 1",
        "CALL enable_logging()",
        "FROM enable_logging('QueryLog', storage = 'file', storage_path = '{path}')",
        "FROM read_text('/etc/passwd')",
        "FROM read_csv('/etc/passwd')",
        "FROM '/etc/passwd'",
        "FROM glob('/etc/*')",
        "FROM read_blob('/proc/self/fd/0')",
        "FROM read_parquet('/proc/self/fd/*')",
        "FROM read_json('https://localhost/')",
        "FROM sniff_csv('/etc/passwd')",
        "FROM read_duckdb('{path}')",
        "SELECT getenv('HOME')",
        "FROM query('COPY community_metrics TO ''{path}''')",
        "FROM sql",  # a variable of the library's
        "FROM self",
    ],
)
def test_a_query_only_reads_the_dataset(store: Store, tmp_path: Path, sql: str) -> None:
    before = contents(store)
    with pytest.raises(QueryError) as caught:
        list(store.query(sql.format(path=tmp_path / "out")))
    assert "\n" not in str(caught.value)
    assert str(tmp_path / "data") not in str(caught.value)
    assert contents(store) == before
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_what_is_wrong_with_a_query(store: Store) -> None:
    with pytest.raises(QueryError, match=r'^Parser Error: syntax error at or near "SELEC": query'):
        store.query("SELEC 1")
    with pytest.raises(QueryError, match=r'^Binder Error: Referenced column "nmber" not found'):
        store.query("SELECT nmber FROM community_metrics")


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT CAST(modules[1].name AS INTEGER) FROM community_metrics",
        "SELECT CAST(hex(site_id) AS INTEGER) FROM community_metrics",
        "SELECT error(modules[1].name || hex(site_id)) FROM community_metrics",
        "SELECT (SELECT site_id FROM community_metrics)",
    ],
)
def test_an_error_shows_no_value(store: Store, sql: str) -> None:
    with pytest.raises(QueryError) as caught:
        list(store.query(sql))
    assert "ntp" not in str(caught.value)
    assert site(1).hex()[:8] not in str(caught.value).lower()


def test_a_query_holds_up_nobody_and_sees_its_moment(store: Store, tmp_path: Path) -> None:
    """While its result is open, weeks are compacted, deleted and dropped."""
    for future in [store.submit(row(number, NOW - WEEK, number)) for number in range(10, 600)]:
        future.result()
    store.compact(NOW)
    with Reader(tmp_path / "data", COLUMNS).query("SELECT number FROM community_metrics") as found:
        rows = iter(found)
        first = next(rows)
        store.put(row(3, value=3))
        store.delete(site(1))
        store.compact(NOW + WEEK)
        store.retain(0, NOW + 9 * WEEK)
        assert {week for week, _ in contents(store)} == {"2026-W48"}
        assert sorted([first, *rows]) == [(1,), (2,), *((number,) for number in range(10, 600))]


def open_files() -> list[str]:
    return sorted(os.listdir("/proc/self/fd"))  # noqa: PTH208 - names alone


def test_a_result_that_is_not_read_lets_go(store: Store, tmp_path: Path) -> None:
    before = open_files()
    with store.query("SELECT * FROM community_metrics"):
        assert len(open_files()) > len(before)
    with pytest.raises(QueryError):
        store.query("SELECT no")
    assert open_files() == before
    assert [path.name for path in (tmp_path / "data" / "scratch").iterdir()] == ["lock"]


def test_export_parquet(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "it's [all]"
    path.write_text("an older export")
    path.chmod(0o644)
    store.export(path, Format.PARQUET)
    assert path.stat().st_mode & 0o777 == 0o600
    with duckdb.connect() as connection:
        found = connection.read_parquet(path.as_posix().replace("[", "[[]"))
        assert found.columns == [*(column.name for column in COLUMNS), "week"]
        assert found.project("number, week").fetchall() == [(1, "2026-W47"), (2, "2026-W48")]


def test_export_goes_wrong(store: Store, tmp_path: Path) -> None:
    with pytest.raises(FileError, match="No such file or directory"):
        store.export(tmp_path / "no" / "where", Format.JSON_LINES)
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_a_backup_is_a_data_directory(store: Store, tmp_path: Path) -> None:
    expected = contents(store)
    store.backup(tmp_path / "copy")
    store.delete(site(1))
    store.put(row(3))
    assert (tmp_path / "copy").stat().st_mode & 0o777 == 0o700
    assert contents(Reader(tmp_path / "copy", COLUMNS)) == expected
    with opened(tmp_path / "copy") as copy:
        assert contents(copy) == expected
        assert copy.put(row(4, NOW - WEEK, 4))
        copy.delete(site(2))
        copy.compact(NOW)
        assert contents(copy) == {("2026-W47", site(1)): 1, ("2026-W47", site(4)): 4}
    assert contents(store).keys() == {("2026-W48", site(2)), ("2026-W48", site(3))}


def test_a_backup_replaces_nothing_and_leaves_nothing(store: Store, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    with pytest.raises(BackupError, match="exists: name a directory that does not"):
        store.backup(tmp_path / "there")
    with pytest.raises(BackupError, match="No such file or directory"):
        store.backup(tmp_path / "no" / "where")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "there"]


def test_a_backup_to_another_file_system(store: Store, tmp_path: Path) -> None:
    """Where nothing can be linked."""
    part = tmp_path / "data" / "dataset" / "week=2026-W47" / "part-0.parquet"
    with tempfile.TemporaryDirectory(dir="/dev/shm") as directory:
        elsewhere = Path(directory)
        store.backup(elsewhere / "copy")
        copied = elsewhere / "copy" / part.relative_to(tmp_path / "data")
        assert copied.stat().st_dev != part.stat().st_dev
        assert copied.read_bytes() == part.read_bytes()
        assert copied.stat().st_mode & 0o777 == 0o600
        assert contents(Reader(elsewhere / "copy", COLUMNS)) == contents(store)


@pytest.mark.slow
def test_backups_while_rows_come_and_weeks_go(tmp_path: Path) -> None:
    """Each backup has all that was acknowledged before it, and each site once."""
    acknowledged: list[int] = []
    done = threading.Event()

    def report(store: Store) -> None:
        number = 0
        while not done.is_set():
            store.put(row(number % 200, NOW - (number % 2) * WEEK, number))
            acknowledged.append(number)
            number += 1

    def compact(store: Store) -> None:
        while not done.wait(0.01):  # else a loaded machine does little but compact
            store.compact(NOW)

    with opened(tmp_path / "data") as store:
        threads = [threading.Thread(target=work, args=(store,)) for work in (report, compact)]
        for thread in threads:
            thread.start()
        try:
            for turn in range(4):
                before = len(acknowledged)
                store.backup(tmp_path / str(turn))
                found = contents(Reader(tmp_path / str(turn), COLUMNS))
                newest: dict[bytes, int] = {}
                newest.update((site(number % 200), number) for number in range(before))
                assert {site_id for _, site_id in found} >= newest.keys()
                assert all(found[week, each] >= newest.get(each, 0) for week, each in found)
        finally:
            done.set()
            for thread in threads:
                thread.join()
