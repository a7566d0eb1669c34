"""Is a spool what was written?"""

from __future__ import annotations

from pathlib import Path

from dropsonde.collector.store.parquet.schema import load
from dropsonde.collector.store.spool import acknowledged
from dropsonde.collector.store.spool.database import PAGE, beside, is_lost
from dropsonde.collector.store.spool.reader import reading
from dropsonde.common.errors import SpoolDamagedError

_WAL_FORMAT = b"\x02\x02"  # for writers and for readers
_FORMAT_AT = 18  # in SQLite's header
_JOURNAL = "-journal"  # of the time before there is a log


def is_sound(path: Path) -> bool:
    """Whether all of a spool can be read, is what was written, and lacks no acknowledged row.

    SQLite changes nothing of the files meanwhile. Whoever writes the spool has it closed.

    Raises:
        StoreUnavailableError: nobody can tell now.
    """
    known = acknowledged.read(path)
    if not path.exists() or path.stat().st_size == 0:  # which SQLite takes for an empty database
        return known == 0 and not is_lost(path)
    if known == 0 and beside(path, _JOURNAL).exists():
        return True  # SQLite was killed while it made the file, and undoes that when it writes
    with path.open("rb") as file:
        header = file.read(PAGE)
    if len(header) < PAGE or not header.startswith(_WAL_FORMAT, _FORMAT_AT):
        return False
    try:
        with reading(path) as found:
            if found.is_new():
                return known == 0
            load(found.schema())
            found.forgotten()
            return found.is_intact() and found.last_seq() >= known and not any(found.rows(""))
    except (SpoolDamagedError, ValueError, TypeError, LookupError, AttributeError):
        return False  # the others: a table has other columns, or the schema's text is none
