"""Is a finished week's file what was written? Its SHA-256 stands beside it, as sha256sum writes it.

A new file's digest is on disk before the file takes the old one's place, together with the old
one's; afterwards it stands there alone. So a kill between any two steps leaves a file whose digest
is there, and whoever reads meanwhile finds the digest of what it has open.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable
from pathlib import Path

from dropsonde.common.errors import WeekDamagedError
from dropsonde.common.files import read_bounded, write_atomically

SUFFIX = ".sha256"
_LINE = re.compile(r"([0-9a-f]{64})  .+", re.ASCII)
_AT_ONCE = 1 << 20


def digest_of(handle: int) -> str:
    """The SHA-256 of an open file, whatever its position is.

    Raises:
        OSError: it cannot be read.
    """
    found, place = hashlib.sha256(), 0
    while data := os.pread(handle, _AT_ONCE, place):
        found.update(data)
        place += len(data)
    return found.hexdigest()


def beside(path: Path) -> Path:
    """Where the digest of a file stands."""
    return path.with_name(path.name + SUFFIX)


def known(path: Path) -> tuple[str, ...]:
    """The digests that a file may have; none where none was written, or they cannot be read."""
    lines = (read_bounded(beside(path)) or b"").decode("ascii", "replace").splitlines()
    return tuple(match[1] for match in map(_LINE.fullmatch, lines) if match)


def keep(path: Path, digests: Iterable[str]) -> None:
    """Write down the digests that a file may have; they are on disk when this returns."""
    lines = (f"{digest}  {path.name}\n" for digest in dict.fromkeys(digests))
    write_atomically(beside(path), "".join(lines).encode())


def check(path: Path, handle: int, expected: tuple[str, ...]) -> str:
    """The digest of a week's open file.

    Raises:
        WeekDamagedError: it is none of those expected, or the file cannot be read.
    """
    try:
        digest = digest_of(handle)
    except OSError as error:
        raise _damaged(path, f"cannot be read ({error.strerror})") from error
    if digest not in expected:
        lacks = f"has no digest in {beside(path).name}"
        raise _damaged(path, "is not what was written" if expected else lacks)
    return digest


def _damaged(path: Path, reason: str) -> WeekDamagedError:
    return WeekDamagedError(
        f"{path} {reason}, so it is neither read nor changed",
        "restore it and its digest from a backup, or move both out of the data directory",
    )
