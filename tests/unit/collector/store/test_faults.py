"""A full disk, a limit on files, damaged pages, a damaged log: said, and the rest is kept."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from dropsonde.collector.store.spool import database, recovery_wal
from dropsonde.collector.store.spool.record import Record
from dropsonde.collector.store.spool.recovery import is_sound
from dropsonde.collector.store.spool.recovery_pages import Pages
from tests.unit.collector.store.making import NOW, WEEK, contents, opened, row, site

ROWS = 60
HERE = "tests.unit.collector.store"


def test_a_full_disk(tmp_path: Path) -> None:
    alone = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--map-root-user", "-m"]
    done = subprocess.run(
        [*alone, sys.executable, "-m", f"{HERE}.full_disk", tmp_path],
        check=True,
        capture_output=True,
        text=True,
    )
    found = json.loads(done.stdout)
    full = "the spool cannot be read or written: database or disk is full: free some space"
    for turn in range(3):
        said = found.pop(f"said {turn}")
        assert said == [f"{full}; nothing acknowledged is lost"]
        assert found.pop(f"depth {turn}") is True
        assert found.pop(f"put {turn}") < 6000
    assert "space" in found.pop("compacted")
    assert found == {
        "salvage": "None",
        "all there": True,
        "compacted later": ["2026-W47"],
        "all there later": True,
    }


LIMITED = """
import resource, sys
from pathlib import Path
from dropsonde.common.errors import StoreUnavailableError
from tests.unit.collector.store.making import LOADED, opened, row
store = opened(Path(sys.argv[1]))
resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, resource.RLIM_INFINITY))
futures = [store.submit(row(number, value=number, modules=LOADED)) for number in range(3000)]
kept = 0
for future in futures:
    try:
        future.result()
        kept += 1
    except StoreUnavailableError:
        pass
depth = store.depth()
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
again = store.put(row(9999, value=9999))
store.close()
print(kept, depth, again)
"""


def test_a_limit_on_the_size_of_files(tmp_path: Path) -> None:
    root = tmp_path / "data"
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, root], check=True, capture_output=True, text=True
    )
    kept, depth, again = done.stdout.split()
    assert kept == depth
    assert 0 < int(kept) < 3000
    assert again == "True"
    with opened(root) as store:
        assert store.salvage is None
        assert len(contents(store)) == int(kept) + 1


# Damage


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A closed store with rows in both places; those in the spool are of many sizes."""
    root = tmp_path_factory.mktemp("sound") / "data"
    rng = random.Random(7)
    with opened(root) as store:
        store.put(row(1000, NOW - WEEK, 1000))
        store.compact(NOW)
        for number in range(ROWS):
            size = (0, 300, 9_000, 30_000)[number % 4]
            note = "".join(rng.choices("abcdefghijklmnop", k=size))  # zlib cannot make it small
            store.put(row(number, NOW, number, note=note))
        store.put(row(3, NOW - WEEK, 3))
    return root


EXPECTED = {
    **{("2026-W48", site(number)): number for number in range(ROWS)},
    ("2026-W47", site(1000)): 1000,
    ("2026-W47", site(3)): 3,
}


def damages(page: bytes) -> list[bytes]:
    """A page of noise, of zeros, and one with a few bytes changed."""
    rng = random.Random(page)
    flipped = bytearray(page)
    for place in (3, 700, len(page) // 2, len(page) - 9):
        flipped[place] ^= 0x41
    return [rng.randbytes(len(page)), bytes(len(page)), bytes(flipped)]


@pytest.mark.slow
@pytest.mark.parametrize("kind", range(3))
def test_any_damaged_page(tmp_path: Path, sound: Path, kind: int) -> None:
    """Whichever it is, what stands elsewhere is salvaged, and each lost row is counted."""
    data = (sound / "spool.sqlite").read_bytes()
    lost = []
    for start in range(0, len(data), database.PAGE):
        root = tmp_path / str(start)
        shutil.copytree(sound, root)
        page = damages(data[start : start + database.PAGE])[kind]
        damaged = data[:start] + page + data[start + database.PAGE :]
        (root / "spool.sqlite").write_bytes(damaged)
        with opened(root) as store:
            found = contents(store)
            assert found.items() <= EXPECTED.items()
            missing = len(EXPECTED) - len(found)
            if damaged == data or store.salvage is None:
                assert missing == 0  # what was damaged is not in use
                continue
            lost.append(missing)
            assert store.salvage.kept == len(found) - 1
            assert store.salvage.lost == missing
            assert ("2026-W48" in store.salvage.weeks) == (missing > 0)
            aside = list((root / "damaged").iterdir())
            assert aside == [store.salvage.aside]
            assert (aside[0] / "spool.sqlite").read_bytes() == damaged
            assert store.put(row(5000))
        with opened(root) as store:
            assert store.salvage is None
            assert len(contents(store)) == len(found) + 1
        shutil.rmtree(root)
    assert len(lost) > len(data) // database.PAGE * 0.8
    assert 0 < max(lost) < ROWS // 4


def test_a_damaged_page_is_said_in_a_line(tmp_path: Path, sound: Path) -> None:
    shutil.copytree(sound, tmp_path / "data")
    with (tmp_path / "data" / "spool.sqlite").open("r+b") as file:
        file.write(b"\0" * 100)
    with opened(tmp_path / "data") as store:
        aside = tmp_path / "data" / "damaged" / "20261124T120000.000000Z"
        assert str(store.salvage) == (
            "the spool was damaged: 61 rows were salvaged and no row that it knew lost; "
            f"the damaged file is kept in {aside}"
        )
        assert contents(store) == EXPECTED


class Followed(Pages):
    """Notes which pages a cell is made of."""

    def page(self, number: int) -> bytes:
        self.seen.add(number)
        return super().page(number)

    def rows_without(self, damaged: set[int]) -> int:
        """How many rows have no part in these pages."""
        found = 0
        for number in range(1, self.count + 1):
            self.seen = {number}
            for cell in self.cells(number):  # one by one, so that each has its own pages
                found += len(cell.values) == len(Record._fields) + 1 and not self.seen & damaged
                self.seen = {number}
        return found


@pytest.mark.parametrize("step", [2, 3, 5, 17])
def test_much_damage(tmp_path: Path, sound: Path, step: int) -> None:
    """Of the rows, those are left that have no part in a damaged page, as they were."""
    shutil.copytree(sound, tmp_path / "data")
    rng = random.Random(11)
    with (tmp_path / "data" / "spool.sqlite").open("r+b") as file:
        pages = Followed(file, {}, None)
        damaged = set(range(1, pages.count + 1, step))
        left = pages.rows_without(damaged)
        for number in damaged:
            file.seek((number - 1) * database.PAGE)
            file.write(rng.randbytes(database.PAGE))
    with opened(tmp_path / "data") as store:
        assert store.salvage is not None
        assert store.salvage.kept == left
        assert contents(store).items() < EXPECTED.items()
        assert len(contents(store)) == left + 1  # and the row in the file


def test_a_spool_cut_short(tmp_path: Path, sound: Path) -> None:
    size = (sound / "spool.sqlite").stat().st_size
    for length in (1, 99, database.PAGE, size // 2, size - 1):
        root = tmp_path / str(length)
        shutil.copytree(sound, root)
        os.truncate(root / "spool.sqlite", length)
        with opened(root) as store:
            assert store.salvage is not None
            assert contents(store).items() < EXPECTED.items()
            assert store.put(row(5000))


def test_deletions_that_are_not_finished_survive_damage(tmp_path: Path, sound: Path) -> None:
    shutil.copytree(sound, tmp_path / "data")
    with opened(tmp_path / "data") as store:
        store.forget(site(1000))
        store._upkeep.writer.submit(database.truncate, alone=True).result()
    with (tmp_path / "data" / "spool.sqlite").open("r+b") as file:
        file.write(b"\0" * 100)
    with opened(tmp_path / "data") as store:
        assert store.salvage is not None
        assert ("2026-W47", site(1000)) not in contents(store)


KILLED = """
import os, sys
from pathlib import Path
from tests.unit.collector.store.making import LOADED, opened, row
store = opened(Path(sys.argv[1]))
for number in range(40):
    store.put(row(number, value=number, modules=LOADED))
os.kill(os.getpid(), 9)
"""


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a killed collector left: all rows are in the log."""
    root = tmp_path_factory.mktemp("killed") / "data"
    done = subprocess.run([sys.executable, "-c", KILLED, root], check=False)
    assert done.returncode == -signal.SIGKILL
    assert (root / "spool.sqlite-wal").stat().st_size > 40 * database.PAGE
    return root


def test_a_log_is_sound_as_a_kill_leaves_it(tmp_path: Path, killed: Path) -> None:
    """Also when its last frames were not written whole."""
    data = (killed / "spool.sqlite-wal").read_bytes()
    for cut in (0, 1, 5000, database.PAGE + 24):
        root = tmp_path / str(cut)
        shutil.copytree(killed, root)
        (root / "spool.sqlite-wal").write_bytes(data[: len(data) - cut])
        with opened(root) as store:
            assert store.salvage is None
            assert len(contents(store)) == (39 if cut else 40)


@pytest.mark.parametrize(
    "place", [0, 20, 32, 40, 60, 32 + 5 * (database.PAGE + 24) + 4000, 100_000]
)
def test_a_log_damaged_in_the_middle(tmp_path: Path, killed: Path, place: int) -> None:
    """SQLite by itself would take the damage for its end, and say nothing of the rest."""
    shutil.copytree(killed, tmp_path / "data")
    with (tmp_path / "data" / "spool.sqlite-wal").open("r+b") as file:
        file.seek(place)
        file.write(b"\x99" * 8)
        assert recovery_wal.is_damaged(file)
    with opened(tmp_path / "data") as store:
        assert store.salvage is not None
        found = contents(store)
        assert len(found) >= 38
        assert found.items() <= {("2026-W48", site(each)): each for each in range(40)}.items()


def test_every_row_can_be_read_without_sqlite(sound: Path) -> None:
    with (sound / "spool.sqlite").open("rb") as file:
        pages = Pages(file, {}, None)
        cells = [cell for number in range(1, pages.count + 1) for cell in pages.cells(number)]
    rows = {cell.rowid for cell in cells if cell.rowid is not None and len(cell.values) == 10}
    assert len(rows) == ROWS + 1
    assert is_sound(sound / "spool.sqlite")


def test_full_while_salvaging_changes_nothing(tmp_path: Path, sound: Path) -> None:
    shutil.copytree(sound, tmp_path / "data")
    with (tmp_path / "data" / "spool.sqlite").open("r+b") as file:
        file.write(b"\0" * 100)
    before = (tmp_path / "data" / "spool.sqlite").read_bytes()
    code = (
        "import resource, sys; from pathlib import Path\n"
        f"from {HERE}.making import opened\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, resource.RLIM_INFINITY))\n"
        "try:\n opened(Path(sys.argv[1]))\nexcept Exception as error:\n print(repr(error))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path / "data"], check=True, capture_output=True, text=True
    )
    assert done.stdout.startswith("StoreUnavailableError('the spool cannot be read or written: ")
    assert (tmp_path / "data" / "spool.sqlite").read_bytes() == before
    with opened(tmp_path / "data") as store:
        assert store.salvage is not None
        assert contents(store) == EXPECTED
