"""DuckDB: its configuration, its errors, and the metadata of the dataset's files.

It loads no extension and uses no network.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from dropsonde.collector.store.parquet.schema import Table, literal, load, table_of
from dropsonde.common.errors import StoreFullError, StoreUnavailableError

if TYPE_CHECKING:
    from dropsonde.collector.store.parquet.dataset import Part

_GROUP_BYTES = 8_000_000  # of JSON in a row group
_GROUPS = (128, 65_536)  # rows in a row group: at least, at most
# A row group's dictionary holds names. DuckDB's own limit, a hundredth of the group's rows, would
# exclude most of them. Each possible value takes some 50 bytes of memory, used or not. A dictionary
# also enables a Bloom filter, in which DuckDB 1.5 does not find a site's id.
_DICTIONARY = 16_384  # values
_SETTINGS: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
    "allow_persistent_secrets": "false",
    # Otherwise a table's name may refer to a Python variable of this program.
    "python_enable_replacements": "false",
}


@contextlib.contextmanager
def engine(scratch: Path, **settings: str) -> Iterator[duckdb.DuckDBPyConnection]:
    """An empty database in memory, which spills to ``scratch``."""
    config = {**_SETTINGS, "temp_directory": str(scratch), **settings}
    with contextlib.closing(duckdb.connect(":memory:", config=config)) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        yield connection


@contextlib.contextmanager
def translating(what: str) -> Iterator[None]:
    """Translate DuckDB's errors about this program's statements; their text may hold values."""
    try:
        yield
    except duckdb.Error as error:
        if "No space left" in str(error):
            advice = "free some space; nothing acknowledged is lost"
            raise StoreFullError(f"{what}: the disk is full", advice) from error
        if isinstance(error, duckdb.OutOfMemoryException):
            advice = "let it run where more memory is free"
            raise StoreUnavailableError(f"{what}: not enough memory", advice) from error
        advice = "check the disk and the files below the data directory"
        raise StoreUnavailableError(f"{what}: {type(error).__name__}", advice) from error


@dataclass(frozen=True)
class About:
    """The metadata of a file of the dataset.

    Args:
        table: its columns.
        row_bytes: the average length of a row's JSON.
    """

    table: Table
    row_bytes: int

    @property
    def options(self) -> str:
        """DuckDB's COPY options for such a file."""
        group = min(max(_GROUP_BYTES // max(self.row_bytes, 1), _GROUPS[0]), _GROUPS[1])
        return (
            f"(FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false, ROW_GROUP_SIZE {group}, "
            f"DICTIONARY_SIZE_LIMIT {_DICTIONARY}, WRITE_BLOOM_FILTER false, "
            f"KV_METADATA {{schema: {literal(self.table.dump())}, row_bytes: '{self.row_bytes}'}})"
        )


def about(connection: duckdb.DuckDBPyConnection, part: Part) -> About:
    """Read a file's metadata."""
    found = connection.execute(
        f"SELECT decode(key), decode(value) FROM parquet_kv_metadata('{part.name}')"  # noqa: S608 - ours
    ).fetchall()
    said = dict(found)
    if not {"schema", "row_bytes"} <= said.keys():
        raise StoreUnavailableError(
            f"the dataset of {part.week} is not a file of this program",
            "move it out of the data directory",
        )
    return About(table_of(load(said["schema"])), int(said["row_bytes"]))
