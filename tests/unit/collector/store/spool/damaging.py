"""Spools that are damaged, in many ways, and what must have become of them."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from dropsonde.collector.store.spool import database
from tests.unit.collector.store.making import set_aside_in, site, stored

if TYPE_CHECKING:
    Damage = Callable[[random.Random, bytes], bytes]

ROWS = 40
IN_FILES = {("2026-W47", site(1000)): 1000}
EVERYTHING = {
    **IN_FILES,
    **{("2026-W48", site(number)): number for number in range(ROWS)},
}
FILLED_AND_KILLED = """
import os, random, sys
from pathlib import Path
from tests.unit.collector.store.making import NOW, WEEK, opened, row
store = opened(Path(sys.argv[1]))
store.put(row(1000, NOW - WEEK, 1000))
store.compact(NOW)
rng = random.Random(7)
for number in range(int(sys.argv[2])):
    size = (0, 300, 9_000, 30_000)[number % 4]
    note = "".join(rng.choices("abcdefghijklmnop", k=size))  # zlib cannot make it small
    store.put(row(number, NOW, number, note=note))
os.kill(os.getpid(), 9)
"""
FORMAT = range(60, 64)  # where the number of the format is: of another format is no damage


def flipped(rng: random.Random, data: bytes) -> bytes:
    """One bit, anywhere."""
    at = rng.choice([at for at in rng.choices(range(len(data)), k=9) if at not in FORMAT])
    return data[:at] + bytes([data[at] ^ 1 << rng.randrange(8)]) + data[at + 1 :]


def flipped_at_the_start(rng: random.Random, data: bytes) -> bytes:
    """One bit of the header."""
    return flipped(rng, data[:100]) + data[100:]


def cut(rng: random.Random, data: bytes) -> bytes:
    return data[: rng.choice([0, 1, database.PAGE, len(data) - 1, rng.randrange(len(data))])]


def zeroed(rng: random.Random, data: bytes) -> bytes:
    return _with_page(rng, data, bytes(database.PAGE))


def noise(rng: random.Random, data: bytes) -> bytes:
    return _with_page(rng, data, rng.randbytes(database.PAGE))


def _with_page(rng: random.Random, data: bytes, page: bytes) -> bytes:
    at = rng.randrange(len(data) // database.PAGE) * database.PAGE
    return data[:at] + page + data[at + database.PAGE :]


DAMAGES: tuple[Damage, ...] = (flipped, flipped_at_the_start, cut, zeroed, noise)


def spoil(root: Path) -> None:
    """Damage a spool where nothing of it can be read."""
    with (root / "spool.sqlite").open("r+b") as file:
        file.write(bytes(100))


def spool_of(root: Path) -> dict[str, bytes]:
    """The spool's files but the index of its log, which SQLite makes anew."""
    return {path.name: path.read_bytes() for path in root.glob("spool*") if "-shm" not in path.name}


def others(root: Path) -> dict[Path, bytes]:
    """All other files but the mark of the time."""
    found = stored(root).items()
    return {path: data for path, data in found if path.name.startswith(("part-", "lock", "."))}


def check_aside(root: Path, before: Mapping[str, bytes], said: Sequence[str]) -> None:
    """One spool lies aside as it was, for its owner alone, and one line says so."""
    (aside,) = set_aside_in(root)
    assert spool_of(aside).items() >= before.items()
    assert {aside.stat().st_mode & 0o777, aside.parent.stat().st_mode & 0o777} == {0o700}
    assert {path.stat().st_mode & 0o777 for path in aside.iterdir()} == {0o600}
    command = f"sqlite3 {aside}/spool.sqlite .recover | sqlite3 NEW"
    (line,) = said
    assert line == (
        "the spool was damaged and is set aside, and a new one begins without its reports: "
        f"`{command}` reads what can be read of them"
    )
