"""At start: is the spool sound? If not, what can be read of it becomes a new one.

Every row carries a checksum, so whatever is found whole anywhere in the file is a row that was
acknowledged, or one that was about to be. The index tells which rows were there besides.

A kill at any moment leaves the damaged spool or the whole new one: ``spool.salvaged`` is complete
as soon as it has that name, and from then on the old one only has to go.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from dropsonde.collector.store.spool import database, recovery_wal
from dropsonde.collector.store.spool.database import PAGE
from dropsonde.collector.store.spool.record import Record
from dropsonde.collector.store.spool.recovery_pages import Cell, Pages
from dropsonde.collector.store.spool.writer import translated
from dropsonde.common.errors import FileError
from dropsonde.common.files import private_directory, sync_directory

if TYPE_CHECKING:
    from dropsonde.collector.store.directory import Directory

_WEEK = re.compile(r"\d{4}-W\d{2}", re.ASCII)
_SITE = 64  # bytes
_BATCH = 256
_TYPES = (str, bytes, str, int, str, str, int, bytes, int)


@dataclass(frozen=True)
class Salvage:
    """What became of a damaged spool.

    Args:
        kept: rows in the new spool.
        lost: rows that the index knew, and that could not be read.
        weeks: of the rows lost.
        aside: where the damaged file is.
    """

    kept: int
    lost: int
    weeks: tuple[str, ...]
    aside: Path

    def __str__(self) -> str:
        """One line for the administrator."""
        lost = (
            f"{self.lost} rows of {', '.join(self.weeks)}" if self.lost else "no row that it knew"
        )
        return (
            f"the spool was damaged: {self.kept} rows were salvaged and {lost} lost; "
            f"the damaged file is kept in {self.aside}"
        )


def salvaged(directory: Directory, clock: Callable[[], datetime]) -> Salvage | None:
    """Make the spool sound; None when it is.

    Raises:
        StoreUnavailableError: the disk fails, or is full; nothing was changed.
    """
    _finish(directory)
    if not directory.spool.exists() or is_sound(directory.spool):
        return None
    aside = directory.damaged / clock().strftime("%Y%m%dT%H%M%S.%fZ")
    try:
        found = _carve(directory.spool, _new(directory))
        _keep(directory, aside)
        _sync(_new(directory))
        _new(directory).replace(_done(directory))
        sync_directory(directory.root)
        _finish(directory)
    except sqlite3.Error as error:
        raise translated(error) from error
    except OSError as error:
        advice = "check the disk and the free space, then start again"
        raise FileError(f"{directory.spool}: {error.strerror}", advice) from error
    return Salvage(*found, aside)


def is_sound(path: Path) -> bool:
    """Whether all of a spool can be read, and is what was written."""
    if 0 < path.stat().st_size < PAGE:  # SQLite takes a few bytes for an empty database
        return False
    with _log_of(path) as file:
        if file is not None and recovery_wal.is_damaged(file):
            return False
    try:
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
            checked = connection.execute("PRAGMA integrity_check(1)").fetchone() == ("ok",)
            named = connection.execute("SELECT count(*) FROM sqlite_master WHERE name = 'rows'")
            if not checked or named.fetchone() == (0,):
                return bool(checked)
            rows = connection.execute("SELECT * FROM rows")
            return all(Record(*fields).whole for _, *fields in rows)
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError):
            raise translated(error) from error
        return False


def _carve(path: Path, new: Path) -> tuple[int, int, tuple[str, ...]]:
    """Fill a new spool with what is whole in a damaged one; rows kept, rows lost, their weeks."""
    known: dict[int, str] = {}
    _without(new)
    connection = database.connect(new)
    with contextlib.closing(connection), path.open("rb") as file, _log_of(path) as log_file:
        pages = Pages(file, recovery_wal.latest(log_file) if log_file else {}, log_file)
        numbers = (*range(1, pages.count + 1), *pages.astray)
        for first in range(0, len(numbers), _BATCH):
            connection.execute("BEGIN")
            for number in numbers[first : first + _BATCH]:
                for cell in pages.cells(number):
                    _take(connection, cell, known)
            connection.execute("COMMIT")
        kept = {seq for (seq,) in connection.execute("SELECT seq FROM rows")}
        lost = known.keys() - kept
        database.truncate(connection)
    return len(kept), len(lost), tuple(sorted({known[seq] for seq in lost}))


def _take(connection: sqlite3.Connection, cell: Cell, known: dict[int, str]) -> None:
    """Take over a row, a deletion that is to be finished, or what the index knows."""
    rowid, values = cell
    if rowid is None:
        if _is(values, (str, bytes, int)) and _WEEK.fullmatch(values[0]):
            known[values[2]] = values[0]
    elif _is(values[1:], (bytes,)) and len(values[1]) == _SITE:
        connection.execute("INSERT OR IGNORE INTO forgotten VALUES (?, ?)", (rowid, values[1]))
    elif _is(values[1:], _TYPES) and (record := Record(*values[1:])).whole:
        known[rowid] = record.week
        key = (record.week, record.site_id)
        (other,) = connection.execute(
            "SELECT max(seq) FROM rows WHERE week = ? AND site_id = ?", key
        ).fetchone()
        if other is None or other < rowid:
            database.remove(connection, [] if other is None else [other])
            database.insert(connection, record, rowid)


def _is(values: tuple[object, ...], types: tuple[type, ...]) -> bool:
    return len(values) == len(types) and all(map(isinstance, values, types))


def _keep(directory: Directory, aside: Path) -> None:
    """Give the damaged files names that stay, in place of those by which a kill left them."""
    private_directory(directory.damaged)
    for left in directory.damaged.iterdir():
        kept = left / directory.spool.name
        if not kept.exists() or kept.samefile(directory.spool):
            shutil.rmtree(left)
    private_directory(aside)
    for path in (directory.spool, _beside(directory.spool, "-wal")):
        if path.exists():
            os.link(path, aside / path.name)
    sync_directory(aside)
    sync_directory(directory.damaged)


def _finish(directory: Directory) -> None:
    """Let a complete new spool take the old one's place: first its log goes, which is not ours."""
    _without(_new(directory))
    if _done(directory).exists():
        for suffix in ("-wal", "-shm"):
            _beside(directory.spool, suffix).unlink(missing_ok=True)
        sync_directory(directory.root)
        _done(directory).replace(directory.spool)
        sync_directory(directory.root)


@contextlib.contextmanager
def _log_of(path: Path) -> Iterator[BinaryIO | None]:
    try:
        file = _beside(path, "-wal").open("rb")
    except FileNotFoundError:
        yield None
    else:
        with file:
            yield file


def _new(directory: Directory) -> Path:
    return directory.root / "spool.salvaging"


def _done(directory: Directory) -> Path:
    return directory.root / "spool.salvaged"


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


def _without(path: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        _beside(path, suffix).unlink(missing_ok=True)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
