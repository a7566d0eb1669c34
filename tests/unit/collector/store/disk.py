"""What lies on a disk after a kill: disks of one picture are the same to whoever starts next."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

# How Python ends the names of temporary files and directories.
_RANDOM = re.compile(r"(^|/)(tmp|\.[\w.-]+\.)[a-z0-9_]{8}(?=/|$)")
_HEADER, _FRAME = 32, 24  # bytes, by https://www.sqlite.org/fileformat2.html#the_write_ahead_log


def picture(*roots: Path) -> tuple[tuple[str, object], ...]:
    """All files and directories below some roots: their names, and the bytes that count.

    What is drawn at random each time is left out: ends of temporary names, and the salts and
    checksums of SQLite's log. So is SQLite's shared memory, which the first to open a database that
    nobody has open makes anew.
    """
    return tuple(sorted(_entries(roots), key=repr))


def _entries(roots: tuple[Path, ...]) -> Iterator[tuple[str, object]]:
    for root in roots:
        for path in root.rglob("*"):
            name = _RANDOM.sub(r"\1\2*", str(path.relative_to(root.parent)))
            if path.is_dir() or path.is_fifo():  # nothing is left in a pipe of a killed process
                yield name, None
            elif name.endswith("-wal"):
                yield name, tuple(_frames(path.read_bytes()))
            elif not name.endswith("-shm"):
                yield name, path.read_bytes()


def _frames(log: bytes) -> Iterator[tuple[bytes, bool, bytes]]:
    """Of each frame: its page and place, whether it is of the log's present round, its bytes."""
    size = _FRAME + int.from_bytes(log[8:12], "big")
    for at in range(_HEADER, len(log), size):
        frame = log[at : at + size]
        yield frame[:8], frame[8:16] == log[16:24], frame[_FRAME:]
