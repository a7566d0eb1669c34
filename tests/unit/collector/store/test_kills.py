"""Killed at any call, and killed under load: what was acknowledged is there, once and whole."""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest

from dropsonde.collector.store import Reader
from dropsonde.schema.columns import integer
from tests.unit.collector.store.killing import Killing
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

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NEWER = (*COLUMNS, integer("fresh", "Fresh."))
LAST = NOW - WEEK
NOT_READ = {"the first row", "set aside", "set aside while a site is deleted"}


@pytest.fixture(scope="module")
def killing() -> Iterator[Killing]:
    with contextlib.closing(Killing()) as made:
        yield made


@dataclass(frozen=True)
class Step:
    """A method, on a directory that has work for it."""

    method: str
    arguments: tuple[Any, ...] = ()
    columns: tuple[Any, ...] = COLUMNS


STEPS = {
    "the first row": Step("put", (row(1, LAST, 9),)),
    "a new row": Step("put", (row(4, LAST, 9),)),
    "a row replaced": Step("put", (row(3, LAST, 9),)),
    "compacted": Step("compact", (NOW,)),
    "compacted again": Step("compact", (NOW,)),
    "forgotten": Step("delete", (site(1),)),
    "erased at the start": Step("depth"),
    "dropped": Step("retain", (6, NOW + 2 * WEEK)),  # days before the end of the newest week
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
    arguments = (tmp_path / "copy",) if step.method == "backup" else step.arguments
    root, allowed = tmp_path / "root", BEFORE.get(name, EVERYTHING)

    def take(kill_at: int | None) -> tuple[bool, dict[tuple[str, bytes], int]]:
        if name != "the first row":
            shutil.copytree(tmp_path / "before", root)
        outcome = killing.run(root, step.columns, step.method, *arguments, kill_at=kill_at)
        assert "Error" not in str(outcome.result)
        if name not in NOT_READ:  # there may be nothing to be read yet
            assert contents(Reader(root, step.columns)) is not None
        with opened(root, step.columns) as store:  # recovers
            found = contents(store)
            store.compact(NOW)
            assert contents(store) == found
            assert store.depth() == sum(week == "2026-W48" for week, _ in found)
        if site(1) not in {site_id for _, site_id in found}:
            assert files_with(root, site(1)) == []
        left = {path.name for path in root.rglob("*") if path.is_file()}
        assert left <= FILES
        assert len(list(root.glob("damaged/*/spool.sqlite"))) == (name == "set aside")
        shutil.rmtree(root)
        return outcome.done, found

    done, after = take(None)
    assert done
    for kill_at in itertools.count():
        if (tmp_path / "copy").exists():
            assert contents(Reader(tmp_path / "copy", COLUMNS)) == allowed
            shutil.rmtree(tmp_path / "copy")
        done, found = take(kill_at)
        if name == "dropped":  # a week after another, and a part of the spool after another
            assert after.items() <= found.items() <= allowed.items()
        else:
            assert found in (allowed, after)
        if done:
            assert found == after
            break
    assert kill_at > 20


LOAD = """
import os, sys, threading
from pathlib import Path
from tests.unit.collector.store.making import LOADED, NOW, WEEK, opened, row
root, first = Path(sys.argv[1]), int(sys.argv[2])
store = opened(root)

def report(thread):
    for value in range(first, 10**9):
        for number in range(thread, 40, 8):
            store.put(row(number, NOW - (value % 2) * WEEK, value, modules=LOADED))
            os.write(1, b"%d %d\\n" % (number, value))

def work():
    while True:
        store.compact(NOW)

threads = [threading.Thread(target=report, args=(thread,)) for thread in range(8)]
threads.append(threading.Thread(target=work))
for thread in threads:
    thread.start()
"""


@pytest.mark.slow
def test_twenty_kills_under_load(tmp_path: Path) -> None:
    """Eight threads report and one compacts, all the time; the lines are acknowledgements."""
    root, first = tmp_path / "data", 0
    newest: dict[tuple[str, bytes], int] = {}
    for turn in range(20):
        process = subprocess.Popen(
            [sys.executable, "-c", LOAD, root, str(first)], stdout=subprocess.PIPE
        )
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(40 + turn * 17)]
        os.kill(process.pid, signal.SIGKILL)
        lines += process.stdout.read().splitlines(keepends=True)
        assert process.wait() == -signal.SIGKILL
        process.stdout.close()
        for line in lines:
            number, value = map(int, line.split())
            week = "2026-W47" if value % 2 else "2026-W48"
            newest[week, site(number)] = value
            first = max(first, value + 2)
        with opened(root) as store:
            assert not (root / "damaged").exists()
            found = contents(store)
            assert newest.keys() <= found.keys()
            assert all(found[key] >= value for key, value in newest.items())
            whole = "SELECT count(*) FROM community_metrics WHERE len(modules) = 100"
            assert list(store.query(whole)) == [(len(found),)]
            newest = found
