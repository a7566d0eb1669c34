"""A spool that was set aside: once, also after a kill; it undoes no deletion, and goes in time."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest

from dropsonde.collector.store import Reader
from dropsonde.collector.store.spool import database
from dropsonde.common.errors import (
    DataDirectoryError,
    FileError,
    SpoolDamagedError,
    WeekDamagedError,
)
from tests.unit.collector.store.making import (
    COLUMNS,
    FILE,
    NOW,
    WEEK,
    contents,
    files_with,
    flip,
    opened,
    row,
    set_aside_in,
    site,
)
from tests.unit.collector.store.spool.damaging import (
    EVERYTHING,
    FORMAT,
    IN_FILES,
    ROWS,
    check_aside,
    spoil,
    spool_of,
)


def test_once_is_enough(root: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The next damage makes another, whatever the clock says."""
    for turn in range(1, 4):
        spoil(root)
        before = spool_of(root)
        with opened(root) as store:
            assert len(caplog.messages) == turn
            store.put(row(turn, value=turn))
        with opened(root) as store:
            assert contents(store) == {**IN_FILES, ("2026-W48", site(turn)): turn}
        assert len(caplog.messages) == turn
        assert len(set_aside_in(root)) == turn
        assert spool_of(set_aside_in(root)[-1]) == before


def test_whoever_reads_it_meanwhile_is_told(root: Path) -> None:
    with opened(root) as store:
        spoil(root)
        with pytest.raises(
            SpoolDamagedError,
            match="a running collector sets it aside and begins a new one: let it, or start one",
        ):
            contents(Reader(root, COLUMNS))
        assert store.condition.state() == "damaged"
        assert store.condition.is_damaged
        assert store.condition.renew() is not None
        assert contents(Reader(root, COLUMNS)) == IN_FILES
        assert store.condition.spools_aside == 1
        assert store.condition.renew() is None


def test_a_spool_of_another_format_is_not_damaged(root: Path) -> None:
    flip(root / "spool.sqlite", FORMAT[-1] * 8 + 4)
    before = spool_of(root)
    with pytest.raises(DataDirectoryError, match="has format 17, and this version knows 1"):
        opened(root)
    assert spool_of(root) == before
    assert set_aside_in(root) == []


@pytest.mark.parametrize("cut_off", [1, 5000, database.PAGE + 24])
def test_a_log_is_sound_as_a_kill_leaves_it(
    killed_root: Path, cut_off: int, caplog: pytest.LogCaptureFixture
) -> None:
    """Its last commit was not written whole, and nobody was told that it was."""
    data = (killed_root / "spool.sqlite-wal").read_bytes()
    (killed_root / "spool.sqlite-wal").write_bytes(data[:-cut_off])
    (killed_root / "spool.sqlite-seq").write_text(f"{ROWS:020} {ROWS:020}\n")  # all but the last
    with opened(killed_root) as store:
        assert len(contents(store)) == len(EVERYTHING) - 1
    assert caplog.messages == []


def test_a_note_of_the_last_row_that_is_damaged_is_none(root: Path) -> None:
    path = root / "spool.sqlite-seq"
    whole = path.read_bytes()
    assert whole == b"%020d %020d\n" % (ROWS + 1, ROWS + 1)
    more = whole.replace(b"0", b"9", 1)
    for data in (b"", b"\0" * 42, b"x", whole[:30], more, whole[:-1] + b"1"):
        path.write_bytes(data)
        with opened(root) as store:
            assert store.depth() == ROWS
    assert set_aside_in(root) == []


def test_a_log_without_its_spool(killed_root: Path, caplog: pytest.LogCaptureFixture) -> None:
    """SQLite would remove it, with the rows in it."""
    (killed_root / "spool.sqlite").unlink()
    before = spool_of(killed_root)
    with pytest.raises(SpoolDamagedError, match="is missing, and its log is there"):
        database.connect(killed_root / "spool.sqlite")
    with opened(killed_root):
        check_aside(killed_root, before, caplog.messages)


def test_a_kill_in_the_middle_of_it(killed_root: Path, caplog: pytest.LogCaptureFixture) -> None:
    before = spool_of(killed_root)
    unfinished = killed_root / "damaged/20261124T120000.000000Z.unfinished"
    unfinished.mkdir(parents=True, mode=0o700)
    unfinished.parent.chmod(0o700)
    (killed_root / "spool.sqlite").rename(unfinished / "spool.sqlite")
    with opened(killed_root) as store:
        check_aside(killed_root, before, caplog.messages)
        assert contents(store) == IN_FILES


def test_a_kill_before_it_began(killed_root: Path, caplog: pytest.LogCaptureFixture) -> None:
    (killed_root / "damaged/20261124T120000.000000Z.unfinished").mkdir(parents=True)
    with opened(killed_root) as store:
        assert contents(store) == EVERYTHING
    assert (set_aside_in(killed_root), caplog.messages) == ([], [])


def test_where_it_cannot_be_set_aside_it_stays(root: Path) -> None:
    (root / "damaged").touch()
    spoil(root)
    before = spool_of(root)
    with pytest.raises(FileError, match="File exists"):
        opened(root)
    assert spool_of(root) == before


def test_a_spool_that_sqlite_was_making_is_made_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Killed in its first transaction, which it keeps in a journal: the log comes after."""
    (tmp_path / "data").mkdir(mode=0o700)
    making = tmp_path / "making"
    with contextlib.closing(sqlite3.connect(making, isolation_level=None)) as connection:
        connection.execute("PRAGMA cache_size = 1")
        connection.execute("BEGIN")
        connection.execute("CREATE TABLE some AS SELECT randomblob(1000000)")
        for name in ("", "-journal"):
            path = database.beside(making, name)
            assert path.stat().st_size > 0
            shutil.copyfile(path, database.beside(tmp_path / "data/spool.sqlite", name))
    with opened(tmp_path / "data") as store:
        assert store.put(row(1))
    assert caplog.messages == []


# Deletion and retention


@pytest.mark.parametrize("running", [False, True])
def test_damage_undoes_no_deletion(root: Path, running: bool) -> None:
    """Also one that has to wait, as for a week that is damaged itself."""
    flip(root / FILE, 4000)
    with opened(root) as store:
        with pytest.raises(WeekDamagedError):
            store.delete(site(1000))
        store._upkeep.writer.submit(database.truncate, alone=True).result()
        if running:
            spoil(root)
            assert store.condition.renew() is not None
    if not running:
        spoil(root)
    flip(root / FILE, 4000)
    with opened(root) as store:
        assert contents(store) == {}
    assert files_with(root, site(1000)) == []  # nor does it lie aside
    assert set_aside_in(root) == []


def test_a_deletion_that_the_spool_lost_is_done_anew(killed_root: Path) -> None:
    (killed_root / "deletions").write_bytes(site(1000) + site(7) + b"half of another")
    with opened(killed_root) as store:
        gone = {("2026-W47", site(1000)), ("2026-W48", site(7))}
        assert contents(store).keys() == EVERYTHING.keys() - gone
    assert not (killed_root / "deletions").exists()


def test_a_damaged_spool_goes_with_a_site_that_it_holds(
    root: Path, caplog: pytest.LogCaptureFixture
) -> None:
    spoil(root)
    with opened(root) as store:
        (aside,) = set_aside_in(root)
        store.delete(site(999))
        assert set_aside_in(root) == [aside]
        (aside / "read").mkdir()
        (aside / "read/recovered").write_bytes(bytes((1 << 20) - 30) + site(998))  # across a piece
        store.delete(site(998))
        assert set_aside_in(root) == []
        assert caplog.messages[1:] == [
            f"{aside} is removed: it held a site that asked for its deletion"
        ]


def test_damaged_spools_go_in_time(tmp_path: Path) -> None:
    """By the time in their names, also where nothing newer is stored than a week of long ago."""
    root = tmp_path / "data"
    with opened(root) as store:
        store.put(row(1, NOW - 20 * WEEK))
        for days in (10, 61, 59):
            name = f"{NOW - timedelta(days=days):%Y%m%dT%H%M%S.%fZ}"
            (root / "damaged" / name).mkdir(parents=True)
        (root / "damaged/kept").mkdir()  # somebody gave it another name
        os.utime(root / "damaged/kept", (NOW.timestamp(), NOW.timestamp()))
        store.retain(60, NOW)
        assert [path.name for path in set_aside_in(root)] == [
            "20260926T120000.000000Z",
            "20261114T120000.000000Z",
            "kept",
        ]
        store.retain(1, NOW.replace(year=2200))
        assert set_aside_in(root) == []
