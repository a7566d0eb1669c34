"""The number of the newest acknowledged row, noted in a file next to the spool.

SQLite takes the first frame of its log with a wrong checksum for the log's end. That is right after
a power loss, but wrong if a commit was damaged: it and all later ones would be lost silently. The
note shows that they existed.

It is written after each commit and before its rows are acknowledged, but not synced to disk: after
a power loss it may be behind the spool, and is never ahead of it.
"""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from dropsonde.collector.store.spool import database
from dropsonde.common.files import PRIVATE_FILE, read_bounded

SUFFIX = "-seq"


def write(path: Path, connection: sqlite3.Connection) -> None:
    """Note the newest row.

    Args:
        path: the spool.
        connection: to it, outside of a transaction.

    Raises:
        OSError: the file cannot be written.
    """
    seq = database.last_seq(connection)
    flags = os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC
    handle = os.open(database.beside(path, SUFFIX), flags, PRIVATE_FILE)
    try:
        # Twice and of fixed length, to detect damage.
        os.pwrite(handle, f"{seq:020} {seq:020}\n".encode(), 0)
    finally:
        os.close(handle)


def read(path: Path) -> int:
    """The noted number of the newest row; 0 without a note, or if it is damaged.

    Args:
        path: the spool.
    """
    data = read_bounded(database.beside(path, SUFFIX), 100) or b""
    first, _, second = data.decode(errors="replace").strip().partition(" ")
    return int(first) if first == second and first.isascii() and first.isdigit() else 0
