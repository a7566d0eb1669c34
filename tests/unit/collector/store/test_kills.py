"""Killed at any call, and killed under load: what was acknowledged is there, once and whole.

There is one kill for each picture of the disk: what a start finds follows from that alone.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from dropsonde.collector.store import Reader, Store
from dropsonde.common.errors import CollectorBusyError
from dropsonde.schema.model import integer
from tests.support.waiting import wait_for
from tests.unit.collector.store.disk import picture
from tests.unit.collector.store.killing import Killing, Outcome
from tests.unit.collector.store.making import (
    COLUMNS,
    FILES,
    NOW,
    WEEK,
    contents,
    files_with,
    opened,
    row,
    site,
)

NEWER = (*COLUMNS, integer("fresh", "Fresh."))
LAST = NOW - WEEK
NOT_READ = {"the first row", "set aside", "set aside while a site is deleted"}


@pytest.fixture(scope="module")
def killing() -> Iterator[Killing]:
    with contextlib.closing(Killing()) as made:
        yield made


@dataclass(frozen=True)
class Step:
    """A method, on a directory that has work for it.

    Attributes:
        method: of the store.
        arguments: the method's.
        columns: that the store is opened with.
    """

    method: str
    arguments: tuple[Any, ...] = ()
    columns: tuple[Any, ...] = COLUMNS


STEPS = {
    "opened": Step("depth"),
    "the first row": Step("put", (row(1, LAST, 9),)),
    "a new row": Step("put", (row(4, LAST, 9),)),
    "a row replaced": Step("put", (row(3, LAST, 9),)),
    "compacted": Step("compact", (NOW,)),
    "compacted again": Step("compact", (NOW,)),
    "forgotten": Step("delete", (site(1),)),
    "erased at the start": Step("depth"),
    "dropped": Step("retain", (6, NOW + 2 * WEEK)),  # days before the newest week's end
    "a column more": Step("put", (replace(row(4, LAST, 9), columns={"fresh": 9}),), NEWER),
    "backed up": Step("backup"),
    "set aside": Step("depth"),
    "set aside while a site is deleted": Step("depth"),
    "taken in from an older version": Step("depth"),
}


EVERYTHING = {
    ("2026-W47", site(1)): 1,
    ("2026-W47", site(2)): 20,
    ("2026-W47", site(3)): 30,
    ("2026-W47", site(5)): 50,
    ("2026-W48", site(1)): 10,
}
IN_FILES = {("2026-W47", site(number)): number for number in range(1, 4)}
BEFORE = {
    "the first row": {},
    "compacted": {**IN_FILES, ("2026-W48", site(1)): 10},
    "erased at the start": {key: value for key, value in EVERYTHING.items() if key[1] != site(1)},
    "set aside": IN_FILES,
    "set aside while a site is deleted": {
        key: value for key, value in IN_FILES.items() if key[1] != site(1)
    },
}


def prepare(root: Path, name: str) -> None:
    """The disk before a step."""
    if name == "the first row":
        return
    with opened(root) as store:
        for number in range(1, 4):
            store.put(row(number, LAST, number))
        store.put(row(1, NOW, 10))
        if name != "compacted":
            store.compact(NOW)
            store.put(row(2, LAST, 20))
            store.put(row(3, LAST, 30))
            store.put(row(5, LAST, 50))
        if name in {"erased at the start", "set aside while a site is deleted"}:
            store.forget(site(1))
    if name == "taken in from an older version":
        (root / "dataset/.digested").unlink()
        (root / "dataset/week=2026-W47/part-0.parquet.sha256").unlink()
    if name.startswith("set aside"):
        with (root / "spool.sqlite").open("r+b") as file:
            file.seek(0)
            file.write(b"\xff" * 4096)


@pytest.mark.slow
@pytest.mark.parametrize("name", STEPS)
def test_a_kill_at_any_call(tmp_path: Path, killing: Killing, name: str) -> None:
    """What is seen afterwards is the state before the step or after it, and never a mixture."""
    step = STEPS[name]
    prepare(tmp_path / "before", name)
    root, copy = tmp_path / "root", tmp_path / "copy"
    arguments = (copy,) if step.method == "backup" else step.arguments
    allowed, seen = BEFORE.get(name, EVERYTHING), set()

    def take(kill_at: int | None) -> tuple[Outcome, dict[tuple[str, bytes], int] | None]:
        """How it ended, and what is there then; None for a disk that was seen."""
        for directory in (root, copy):
            shutil.rmtree(directory, ignore_errors=True)
        if name != "the first row":
            shutil.copytree(tmp_path / "before", root)
        looks = (root, copy) if kill_at is None else ()
        outcome = killing.run(
            root, step.columns, step.method, *arguments, kill_at=kill_at, look_at=looks
        )
        assert "Error" not in str(outcome.result)
        disk = picture(root, copy)
        if disk in seen and not outcome.done:
            return outcome, None
        seen.add(disk)
        if copy.exists():
            assert contents(Reader(copy, COLUMNS)) == allowed
        return outcome, recovered(root, name)

    whole, after = take(None)
    assert whole.done
    assert after is not None
    assert len(whole.calls) > 20
    for kill_at in whole.states:
        outcome, found = take(kill_at)
        if outcome.done:  # another order of its threads' calls
            assert found == after
        elif name == "dropped" and found:  # a week after another, and a part of the spool after it
            assert after.items() <= found.items() <= allowed.items()
        else:
            assert found in (None, allowed, after)
    assert len(seen) > len(whole.states) / 2 > 2


def recovered(root: Path, name: str) -> dict[tuple[str, bytes], int]:
    """Start on what is left, which leaves nothing that does not belong there."""
    columns = STEPS[name].columns
    if name not in NOT_READ:  # there may be nothing to be read yet
        assert contents(Reader(root, columns)) is not None
    with opened(root, columns) as store:
        found = contents(store)
        store.compact(NOW)
        assert contents(store) == found
        assert store.depth() == sum(week == "2026-W48" for week, _ in found)
    if site(1) not in {site_id for _, site_id in found}:
        assert files_with(root, site(1)) == []
    left = {path.name for path in root.rglob("*") if path.is_file()}
    assert left <= FILES
    assert len(list(root.glob("damaged/*/spool.sqlite"))) == (name == "set aside")
    return found


# Eight threads report and one compacts, all the time, in a child of a process that stays: what it
# has imported, it need not import twenty times.
LOAD = """
import os, sys, threading
from pathlib import Path
from tests.unit.collector.store.making import LOADED, NOW, WEEK, opened, row

def work(root, first):
    store = opened(root, stays=sys.argv[2] == "apart")

    def report(thread):
        for value in range(first, 10**9):
            for number in range(thread, 40, 8):
                store.put(row(number, NOW - (value % 2) * WEEK, value, modules=LOADED))
                os.write(1, b"%d %d\\n" % (number, value))

    for thread in range(8):
        threading.Thread(target=report, args=(thread,)).start()
    while True:
        store.compact(NOW)

for line in sys.stdin:
    child = os.fork()
    if child == 0:
        os.write(1, b"%d\\n" % os.getpid())
        work(Path(sys.argv[1]), int(line))
    os.write(1, b"ended %d\\n" % os.waitpid(child, 0)[1])
"""


class Load:
    """Processes that report, one after the other, until each is killed."""

    def __init__(self, root: Path, where: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", LOAD, root, where], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._stdin, self._stdout = self._process.stdin, self._process.stdout

    def close(self) -> None:
        self._process.communicate()

    def acknowledged(self, first: int, count: int) -> list[tuple[int, int]]:
        """Numbers and values of one process, which reports the latter from ``first`` on.

        It is killed after so many, and acknowledges a few more while that happens.
        """
        self._stdin.write(b"%d\n" % first)
        self._stdin.flush()
        process = int(self._stdout.readline())
        lines = [self._stdout.readline() for _ in range(count)]
        os.kill(process, signal.SIGKILL)
        lines += iter(self._stdout.readline, b"ended %d\n" % signal.SIGKILL)
        pairs = (line.split() for line in lines)
        return [(int(number), int(value)) for number, value in pairs]


def opened_soon(root: Path) -> Store:
    """Open a store when the work of the killed collector's has ended, too."""
    found: list[Store] = []

    def happened() -> bool:
        with contextlib.suppress(CollectorBusyError):
            found.append(opened(root))
        return bool(found)

    wait_for(happened)
    return found[0]


@pytest.mark.slow
@pytest.mark.parametrize("where", ["here", "apart"])
def test_twenty_kills_under_load(tmp_path: Path, where: str) -> None:
    """The lines are acknowledgements."""
    root, first = tmp_path / "data", 0
    newest: dict[tuple[str, bytes], int] = {}
    with contextlib.closing(Load(root, where)) as load:
        for turn in range(20):
            for number, value in load.acknowledged(first, 40 + turn * 17):
                week = "2026-W47" if value % 2 else "2026-W48"
                newest[week, site(number)] = value
                first = max(first, value + 2)
            with opened_soon(root) as store:
                assert not (root / "damaged").exists()
                found = contents(store)
                assert newest.keys() <= found.keys()
                assert all(found[key] >= value for key, value in newest.items())
                whole = "SELECT count(*) FROM community_metrics WHERE len(modules) = 100"
                assert list(store.query(whole)) == [(len(found),)]
                newest = found
