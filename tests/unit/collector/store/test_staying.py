"""A collector that stays leaves to other processes what takes DuckDB; all is as without them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dropsonde.collector.store import Store, files_apart
from dropsonde.common.errors import SchemaError, StoreUnavailableError, WeekDamagedError
from dropsonde.schema.model import ENVELOPE, Column, Type, integer
from tests.unit.collector.store.making import (
    FILE,
    NOW,
    WEEK,
    contents,
    files_with,
    fill,
    flip,
    opened,
    row,
    site,
)

if TYPE_CHECKING:
    from dropsonde.collector.store.archive import Files

EXPECTED = {("2026-W47", site(number)): 0 for number in range(9)}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """One with a week to compact."""
    with opened(tmp_path / "data", stays=True) as found:
        fill(found, range(9))
        yield found


def test_a_week_is_moved_merged_and_erased(store: Store, tmp_path: Path) -> None:
    assert store.compact(NOW) == ("2026-W47",)
    assert (contents(store), store.depth()) == (EXPECTED, 0)
    store.put(row(5, NOW - WEEK, 50))
    assert store.compact(NOW) == ("2026-W47",)
    store.delete(site(3))
    assert files_with(tmp_path / "data", site(3)) == []
    found = {key: value for key, value in EXPECTED.items() if key[1] != site(3)}
    assert contents(store) == {**found, ("2026-W47", site(5)): 50}


def test_the_sites_of_files_and_of_the_spool_are_known(store: Store) -> None:
    store.compact(NOW)
    store.put(row(10))
    store.forget(site(3))
    store.known.watch()
    store.known.look()
    known = [number for number in range(12) if site(number) in store.known]
    assert known == [0, 1, 2, 4, 5, 6, 7, 8, 10]


def test_a_damaged_week_is_noted_until_it_is_restored(store: Store, tmp_path: Path) -> None:
    store.compact(NOW)
    store.put(row(5, NOW - WEEK, 50))
    whole = (tmp_path / "data" / FILE).read_bytes()
    flip(tmp_path / "data" / FILE, 1000)
    with pytest.raises(WeekDamagedError, match=r"is not what was written, .*: restore it"):
        store.compact(NOW)
    assert store._files.damaged.keys() == {"2026-W47"}
    assert store.depth() == 1
    (tmp_path / "data" / FILE).write_bytes(whole)
    assert store.compact(NOW) == ("2026-W47",)
    assert not store._files.damaged
    assert contents(store) == {**EXPECTED, ("2026-W47", site(5)): 50}


def test_a_damaged_week_is_noted_at_the_start(store: Store, tmp_path: Path) -> None:
    store.compact(NOW)
    store.close()
    flip(tmp_path / "data" / FILE, 1000)
    with opened(tmp_path / "data", stays=True) as again:
        assert again._files.damaged.keys() == {"2026-W47"}


def test_the_columns_of_a_file_are_the_tables(store: Store, tmp_path: Path) -> None:
    store.compact(NOW)
    store.close()
    newer = (*ENVELOPE, integer("fresh", "Fresh."))
    with opened(tmp_path / "data", newer, stays=True) as again:
        assert {"number", "fresh"} <= {column.name for column in again._files.table.columns}
        assert contents(again) == EXPECTED
    retyped = (*ENVELOPE, Column("number", Type.STRING, "A number."))
    with pytest.raises(SchemaError, match="number: the dataset holds INTEGER"):
        opened(tmp_path / "data", retyped, stays=True)


def killed(files: Files, _method: str, _arguments: object) -> None:
    with files.directory.scratch():
        os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.parametrize(
    "work",
    [
        lambda store: store.compact(NOW),
        lambda store: store.erase(),
        lambda store: store.known.look(),
    ],
    ids=["compact", "erase", "look"],
)
def test_work_whose_process_is_killed_is_done_again(
    store: Store,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    work: Callable[[Store], object],
) -> None:
    store.put(row(1, NOW - 2 * WEEK, 1))
    store.compact(NOW - WEEK)
    store.forget(site(1))
    store.known.watch()
    with monkeypatch.context() as patch:
        patch.setattr(files_apart, "_done", killed)
        with pytest.raises(StoreUnavailableError, match=r"ended early \(SIGKILL\): it is tried"):
            work(store)
        assert not list((tmp_path / "data" / "scratch").glob("*/*"))
    work(store)
    store.compact(NOW)
    found = {key: value for key, value in EXPECTED.items() if key[1] != site(1)}
    assert (contents(store), store.depth()) == (found, 0)


def test_reading_the_sites_ends_with_the_store(store: Store) -> None:
    store.known.watch()
    store.interrupt()
    with pytest.raises(StoreUnavailableError):
        store.known.look()


LIFE = """
import sys
from pathlib import Path
from tests.unit.collector.store.making import NOW, WEEK, fill, opened, row, site

for turn in range(2):
    with opened(Path(sys.argv[1]), stays=True) as store:
        fill(store, range(9))
        store.known.watch()
        store.known.look()
        store.compact(NOW)
        store.delete(site(turn))
        store.retain(60, NOW)
assert "duckdb" not in sys.modules
"""


def test_duckdb_is_not_imported(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", LIFE, tmp_path / "data"], check=True)
