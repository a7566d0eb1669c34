"""Check that a spool is undamaged and complete."""

from __future__ import annotations

from pathlib import Path

from dropsonde.collector.store.parquet.schema import load
from dropsonde.collector.store.spool import acknowledged
from dropsonde.collector.store.spool.database import PAGE, beside, is_lost
from dropsonde.collector.store.spool.reader import reading
from dropsonde.common.errors import SpoolDamagedError

_WAL_FORMAT = b"\x02\x02"  # for writers and for readers
_FORMAT_AT = 18  # in SQLite's header
_JOURNAL = "-journal"  # the rollback journal, before the write-ahead log exists


def is_sound(path: Path) -> bool:
    """Whether a spool can be read, is what was written, and lacks no acknowledged row.

    The writer must have closed the spool. SQLite does not change the files during the check.

    Raises:
        StoreUnavailableError: the spool cannot be checked now.
    """
    known = acknowledged.read(path)
    if not path.exists() or path.stat().st_size == 0:  # SQLite reads it as an empty database
        return known == 0 and not is_lost(path)
    if known == 0 and beside(path, _JOURNAL).exists():
        return True  # SQLite was killed while it created the file; its next write rolls that back
    with path.open("rb") as file:
        header = file.read(PAGE)
    if len(header) < PAGE or not header.startswith(_WAL_FORMAT, _FORMAT_AT):
        return False
    try:
        with reading(path) as spool:
            if spool.is_new():
                return known == 0
            load(spool.schema())
            spool.forgotten()
            return spool.is_intact() and spool.last_seq() >= known and not any(spool.rows(""))
    except (SpoolDamagedError, ValueError, TypeError, LookupError, AttributeError):
        return False  # the other errors: a table has other columns, or the schema is malformed
