"""The SHA-256 digest of a finished week's file, next to it in the format of sha256sum.

A new file's digest is written, together with the old file's, before the new file replaces the old
one; afterwards it is written alone. So a kill between any two steps leaves a file with a digest,
and a concurrent reader finds the digest of the file that it has open.
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
    """The SHA-256 of a whole open file, independent of its position.

    Raises:
        OSError: it cannot be read.
    """
    digest, offset = hashlib.sha256(), 0
    while data := os.pread(handle, _AT_ONCE, offset):
        digest.update(data)
        offset += len(data)
    return digest.hexdigest()


def beside(path: Path) -> Path:
    """The path of a file's digest."""
    return path.with_name(path.name + SUFFIX)


def known(path: Path) -> tuple[str, ...]:
    """The digests that a file may have; empty if there are none, or they cannot be read."""
    lines = (read_bounded(beside(path)) or b"").decode("ascii", "replace").splitlines()
    return tuple(match[1] for match in map(_LINE.fullmatch, lines) if match)


def keep(path: Path, digests: Iterable[str]) -> None:
    """Write the digests that a file may have; they are on disk when this returns."""
    lines = (f"{digest}  {path.name}\n" for digest in dict.fromkeys(digests))
    write_atomically(beside(path), "".join(lines).encode())


def check(path: Path, handle: int, expected: tuple[str, ...]) -> str:
    """Check and return the digest of a week's open file.

    Raises:
        WeekDamagedError: it is not an expected digest, or the file cannot be read.
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
