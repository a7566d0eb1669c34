"""The spool: acknowledged rows of unfinished weeks, in one SQLite file.

Deleted content is overwritten (``secure_delete``), so free pages hold none of it.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from dropsonde.collector.store.spool.sqlite_errors import SET_ASIDE, translated
from dropsonde.common.errors import DataDirectoryError, SpoolDamagedError
from dropsonde.common.files import PRIVATE_FILE, sync_directory

if TYPE_CHECKING:
    from dropsonde.collector.record import Record

PAGE = 8192
LOG, INDEX = "-wal", "-shm"  # SQLite's suffixes
FORMAT = 1
_BUSY = 1.0  # seconds that another process's read may delay a truncation
_TABLES = """
CREATE TABLE IF NOT EXISTS rows (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,  -- of this version of the row: never used twice
    week TEXT NOT NULL, site_id BLOB NOT NULL, message_id TEXT NOT NULL, received INTEGER NOT NULL,
    product TEXT NOT NULL, version TEXT NOT NULL, size INTEGER NOT NULL,
    data BLOB NOT NULL, checksum INTEGER NOT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS one_row_a_site_and_week ON rows (week, site_id);
CREATE TABLE IF NOT EXISTS forgotten (  -- sites whose rows must still leave the dataset
    id INTEGER PRIMARY KEY AUTOINCREMENT, site_id BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS schema (columns TEXT NOT NULL);
"""
_INSERT = "INSERT INTO rows VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"


class Kept(NamedTuple):
    """A record and its version."""

    seq: int
    record: Record


def beside(path: Path, suffix: str) -> Path:
    """The path of a spool's additional file."""
    return path.with_name(path.name + suffix)


def is_lost(path: Path) -> bool:
    """Whether only the log is there, without the file: SQLite would remove it with its rows."""
    log = beside(path, LOG)
    return not path.exists() and log.exists() and log.stat().st_size > 0


def connect(path: Path) -> sqlite3.Connection:
    """Open the spool for writing, and create the missing file and tables.

    Raises:
        StoreUnavailableError: SQLite refuses.
        SpoolDamagedError: the file is missing, and its log is there.
        DataDirectoryError: another version of this program wrote it.
    """
    if is_lost(path):
        raise SpoolDamagedError(f"{path} is missing, and its log is there", SET_ASIDE)
    try:
        if not path.exists():
            os.close(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, PRIVATE_FILE))
            sync_directory(path.parent)
        connection = sqlite3.connect(
            path, timeout=_BUSY, isolation_level=None, check_same_thread=False
        )
        with _closed_on_error(connection):
            connection.execute(f"PRAGMA page_size = {PAGE}")
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA secure_delete = ON")
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            if version not in {0, FORMAT}:
                raise DataDirectoryError(
                    f"{path} has format {version}, and this version knows {FORMAT}",
                    "run the version of the collector that wrote it",
                )
            if version != FORMAT:
                connection.executescript(f"BEGIN; {_TABLES} PRAGMA user_version = {FORMAT}; COMMIT")
    except sqlite3.Error as error:
        raise translated(error) from error
    return connection


@contextlib.contextmanager
def _closed_on_error(connection: sqlite3.Connection) -> Iterator[None]:
    try:
        yield
    except BaseException:
        connection.close()
        raise


def weeks(connection: sqlite3.Connection) -> tuple[str, ...]:
    """The weeks of the rows, in order; each takes one look-up in the index."""
    names: list[str] = []
    while True:
        (week,) = connection.execute(
            "SELECT min(week) FROM rows WHERE week > ?", (names[-1] if names else "",)
        ).fetchone()
        if week is None:
            return tuple(names)
        names.append(week)


def last_seq(connection: sqlite3.Connection) -> int:
    """The highest version that a row ever had; 0 if there was none."""
    found = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'rows'").fetchone()
    return int(found[0]) if found else 0


def put(connection: sqlite3.Connection, record: Record) -> bool:
    """Insert a row, replacing this site's row of that week; True if there was none."""
    added = connection.execute(f"{_INSERT} ON CONFLICT (week, site_id) DO NOTHING", (None, *record))
    if added.rowcount:  # nearly always
        return True
    connection.execute(
        "DELETE FROM rows WHERE week = ? AND site_id = ?", (record.week, record.site_id)
    )
    insert(connection, record)
    return False


def probe(connection: sqlite3.Connection, record: Record) -> None:
    """Test whether rows can be written: insert a row and remove it in the same transaction."""
    insert(connection, record)
    remove(connection, connection.execute("SELECT last_insert_rowid()").fetchone())


def insert(connection: sqlite3.Connection, record: Record, seq: int | None = None) -> None:
    """Insert a row."""
    connection.execute(_INSERT, (seq, *record))


def remove(connection: sqlite3.Connection, seqs: Collection[int]) -> None:
    """Remove these versions of rows; a row that was replaced meanwhile stays."""
    connection.executemany("DELETE FROM rows WHERE seq = ?", ((seq,) for seq in seqs))


def remove_week(connection: sqlite3.Connection, week: str, most: int) -> int:
    """Remove up to ``most`` rows of a week; return their number."""
    return connection.execute(
        "DELETE FROM rows WHERE seq IN (SELECT seq FROM rows WHERE week = ? LIMIT ?)", (week, most)
    ).rowcount


def forget(connection: sqlite3.Connection, site_id: bytes) -> None:
    """Remove a site's rows, and note that the dataset may still hold some."""
    connection.execute("INSERT INTO forgotten (site_id) VALUES (?)", (site_id,))
    connection.executemany(
        "DELETE FROM rows WHERE week = ? AND site_id = ?",
        ((week, site_id) for week in weeks(connection)),
    )


def forgotten(connection: sqlite3.Connection) -> dict[int, bytes]:
    """The notes of sites that the dataset may still hold."""
    return dict(connection.execute("SELECT id, site_id FROM forgotten ORDER BY id"))


def forgot(connection: sqlite3.Connection, ids: Collection[int]) -> None:
    """Remove notes of sites, once the dataset holds none of their rows."""
    connection.executemany("DELETE FROM forgotten WHERE id = ?", ((each,) for each in ids))


def truncate(connection: sqlite3.Connection) -> bool:
    """Empty the write-ahead log; False if a reader in another process prevents it."""
    (busy, _, _) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    return bool(busy == 0)


def set_schema(connection: sqlite3.Connection, columns: str) -> None:
    """Store the columns that rows may have, as the text of a BigQuery schema file."""
    if connection.execute("SELECT columns FROM schema").fetchall() != [(columns,)]:
        connection.execute("DELETE FROM schema")
        connection.execute("INSERT INTO schema VALUES (?)", (columns,))
