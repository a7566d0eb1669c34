"""A finished week whose bytes are not what was written is noticed by whoever reads it."""

from __future__ import annotations

import contextlib
import hashlib
import random
import subprocess
import threading
from pathlib import Path

import pytest

from dropsonde.collector.store import Format, Reader, Store
from dropsonde.collector.store.parquet import digests
from dropsonde.collector.store.parquet.dataset import Dataset
from dropsonde.common.errors import WeekDamagedError
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
    site,
)

FLIPS = 400


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Two finished weeks, and the present one."""
    path = tmp_path / "data"
    with opened(path) as store:
        for number in range(30):
            store.put(row(number, NOW - WEEK, number))
            store.put(row(number, NOW - 2 * WEEK, number))
        store.put(row(1, NOW, 1))
        store.compact(NOW)
    return path


def test_each_flipped_bit_is_noticed(root: Path) -> None:
    path, rng = root / FILE, random.Random(11)
    bits = rng.sample(range(path.stat().st_size * 8), FLIPS)
    dataset = Dataset(root / "dataset")
    for bit in bits:
        flip(path, bit)
        with pytest.raises(WeekDamagedError), contextlib.ExitStack() as stack:
            dataset.opened("2026-W47", stack)
        flip(path, bit)
    assert len(contents(Reader(root, COLUMNS))) == 61


def test_every_reader_refuses_it_in_one_line(root: Path, tmp_path: Path) -> None:
    flip(root / FILE, 4000)
    reader = Reader(root, COLUMNS)
    said = (
        f"{root / FILE} is not what was written, so it is neither read nor changed: "
        "restore it and its digest from a backup, or move both out of the data directory"
    )
    for read in (
        lambda: contents(reader),
        lambda: reader.export(tmp_path / "rows.parquet", Format.PARQUET),
        lambda: reader.export(tmp_path / "rows.jsonl", Format.JSON_LINES),
        lambda: reader.backup(tmp_path / "copy"),
    ):
        with pytest.raises(WeekDamagedError) as caught:
            read()
        assert str(caught.value) == said
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_a_collector_leaves_it_and_goes_on_with_all_else(root: Path) -> None:
    flip(root / FILE, 4000)
    before = (root / FILE).read_bytes()
    with opened(root) as store:
        assert list(store.condition.damaged_weeks) == ["2026-W47"]
        assert store.condition.state() == "degraded"
        store.put(row(2, NOW - WEEK, 200))
        store.put(row(2, NOW - 2 * WEEK, 300))
        store.put(row(2, NOW - 3 * WEEK, 400))
        for _ in range(2):
            with pytest.raises(WeekDamagedError):
                store.compact(NOW)
        assert store.depth() == 2  # of the damaged week, and of the present
        with pytest.raises(WeekDamagedError):
            store.delete(site(3))
        assert files_with(root / "dataset", site(3)) == ["week=2026-W47/part-0.parquet"]
        assert (root / FILE).read_bytes() == before
        flip(root / FILE, 4000)  # restored
        found = contents(store)
        assert all(site_id != site(3) for _, site_id in found)
        assert store.compact(NOW) == ("2026-W47",)
        assert store.condition.state() == "ok"
        assert files_with(root / "dataset", site(3)) == []
        assert contents(store) == found
        assert found["2026-W47", site(2)] == 200
        assert found["2026-W46", site(2)] == 300
    with opened(root) as store:
        assert contents(store) == found


def test_a_damaged_week_is_dropped_in_time_like_any_other(root: Path) -> None:
    flip(root / FILE, 4000)
    with opened(root) as store:
        assert store.retain(1, NOW + WEEK) == ("2026-W46", "2026-W47")
        assert store.condition.state() == "ok"
        assert list(contents(store)) == [("2026-W48", site(1))]


@pytest.mark.parametrize("content", [b"", b"PAR1", b"nothing", b"PAR1" + bytes(99) + b"PAR1"])
def test_another_file_in_its_place(root: Path, content: bytes) -> None:
    (root / FILE).write_bytes(content)
    with pytest.raises(WeekDamagedError):
        contents(Reader(root, COLUMNS))
    with opened(root) as store:
        assert store.put(row(9, NOW, 9))


def test_a_file_that_cannot_be_read(root: Path) -> None:
    (root / FILE).unlink()
    (root / FILE).mkdir()
    with pytest.raises(WeekDamagedError, match=r"cannot be read \(Is a directory\)"):
        contents(Reader(root, COLUMNS))


@pytest.mark.parametrize("content", [None, b"", b"\xff\xfe", b"0" * 64, b"0" * 64 + b"  x\n"])
def test_a_digest_that_is_lost_is_no_digest(root: Path, content: bytes | None) -> None:
    path = digests.beside(root / FILE)
    if content is None:
        path.unlink()
    else:
        path.write_bytes(content)
    with pytest.raises(
        WeekDamagedError, match=r"(has no digest in part-0|is not what was written)"
    ):
        contents(Reader(root, COLUMNS))
    with opened(root) as store:
        assert store.taken_in == ()
        assert store.condition.state() == "degraded"


def test_files_of_an_older_version_are_taken_in_once(root: Path, tmp_path: Path) -> None:
    (root / "dataset/.digested").unlink()
    for path in root.rglob("*.sha256"):
        path.unlink()
    found = contents(Reader(root, COLUMNS))
    Reader(root, COLUMNS).backup(tmp_path / "copy")
    with opened(root) as store:
        assert store.taken_in == ("2026-W46", "2026-W47")
        assert contents(store) == found
    with opened(root) as store:
        assert store.taken_in == ()
    for place in (root, tmp_path / "copy"):
        assert len(list(place.rglob("*.sha256"))) == 2
        flip(place / FILE, 4000)
        with pytest.raises(WeekDamagedError):
            contents(Reader(place, COLUMNS))
        flip(place / FILE, 4000)


def test_a_backup_brings_its_digests(root: Path, tmp_path: Path) -> None:
    Reader(root, COLUMNS).backup(tmp_path / "copy")
    with opened(tmp_path / "copy") as store:
        assert store.taken_in == ()
        assert contents(store) == contents(Reader(root, COLUMNS))
    checked = ["sha256sum", "--check", "--strict", "part-0.parquet.sha256"]
    subprocess.run(checked, check=True, capture_output=True, cwd=(tmp_path / "copy" / FILE).parent)


@pytest.mark.slow
def test_whoever_reads_while_it_is_written_is_not_alarmed(root: Path, tmp_path: Path) -> None:
    """Some weeks are written anew many times, while others read and back up."""
    end = threading.Event()
    faults: list[BaseException] = []

    def read(number: int) -> None:
        turn = 0
        while not end.is_set():
            try:
                with contextlib.ExitStack() as stack:
                    assert len(list(Dataset(root / "dataset").parts(stack))) == 2
                Reader(root, COLUMNS).backup(tmp_path / f"copy{number}.{turn}")
            except BaseException as error:  # noqa: BLE001 - told below
                faults.append(error)
                return
            turn += 1

    readers = [threading.Thread(target=read, args=(number,)) for number in range(3)]
    with opened(root) as store:
        for reader in readers:
            reader.start()
        for turn in range(12):
            store.put(row(turn % 30, NOW - WEEK, turn))
            store.compact(NOW)
        end.set()
        for reader in readers:
            reader.join()
    assert faults == []
    copies = list(tmp_path.glob("copy*"))
    assert len(copies) > 3
    for copy in copies:
        assert len(contents(Reader(copy, COLUMNS))) == 61


def test_a_write_that_fails_leaves_the_old_file_and_its_digest(root: Path) -> None:
    before = (root / FILE).read_bytes()
    with contextlib.ExitStack() as stack:
        stack.enter_context(pytest.raises(KeyboardInterrupt))
        stack.enter_context(Dataset(root / "dataset").writing("2026-W47")).write(b"half")
        raise KeyboardInterrupt
    assert (root / FILE).read_bytes() == before
    assert digests.known(root / FILE) == (hashlib.sha256(before).hexdigest(),)


def test_it_is_known_while_a_new_file_takes_its_place(root: Path) -> None:
    """What a kill may leave: the digests of the old and of the new one, and either file."""
    path = root / FILE
    old = hashlib.sha256(path.read_bytes()).hexdigest()
    digests.keep(path, [old, "0" * 64])
    assert len(contents(Reader(root, COLUMNS))) == 61
    with opened(root) as store:
        store.put(row(1, NOW - WEEK, 99))
        store.compact(NOW)
    assert digests.known(path) == (hashlib.sha256(path.read_bytes()).hexdigest(),)


def damaged(store: Store) -> list[str]:
    return list(store.condition.damaged_weeks)


def test_a_week_that_rots_while_it_runs_is_noticed_when_it_is_written(root: Path) -> None:
    with opened(root) as store:
        assert damaged(store) == []
        flip(root / FILE, 4000)
        store.put(row(1, NOW - WEEK, 99))
        with pytest.raises(WeekDamagedError):
            store.compact(NOW)
        assert damaged(store) == ["2026-W47"]
