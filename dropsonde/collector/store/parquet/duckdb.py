"""DuckDB: how it is set up, and how rows of the spool and of files get into it.

It loads no extension and asks no network. Rows go in as lists of values, not through files.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from dropsonde.collector.store.parquet.schema import WEEK, Table, literal, load, table_of
from dropsonde.common.errors import StoreFullError, StoreUnavailableError

if TYPE_CHECKING:
    from dropsonde.collector.store.parquet.files import Part
    from dropsonde.collector.store.spool.record import Record

_GROUP_BYTES = 8_000_000  # of JSON in a row group
_GROUPS = (128, 65_536)  # rows in a row group: at least, at most
# Names stand in a row group's dictionary. DuckDB's own limit, a hundredth of the group's rows,
# would leave most out of it. Each value takes some 50 bytes of memory, whether it is used or not.
# A Bloom filter would come with it, in which DuckDB 1.5 does not find a site's id again.
_DICTIONARY = 16_384  # values
_SETTINGS: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
    "allow_persistent_secrets": "false",
    # Otherwise a table's name may be that of a variable of ours.
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
    """Turn DuckDB's errors about our own statements into ours; its text may hold values."""
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


def insert(
    connection: duckdb.DuckDBPyConnection, name: str, table: Table, records: Collection[Record]
) -> None:
    """Add records to a table made by ``table.ddl(name)``."""
    fields = ("week", "site_id", "message_id", "received", "product", "version", "json")
    values = [[getattr(record, field) for record in records] for field in fields]
    unnested = ", ".join(f"unnest(${place}) AS {field}" for place, field in enumerate(fields, 1))
    # The address stays null: a record has none.
    connection.execute(
        f"INSERT INTO {name} SELECT message_id, site_id, product, version, "  # noqa: S608 - ours
        f"make_timestamptz(received), NULL{table.from_json('found')}, {WEEK} "
        f"FROM (SELECT *, {table.transform('json')} AS found FROM (SELECT {unnested}))",
        values,
    )


@dataclass(frozen=True)
class About:
    """What a file of the dataset says of itself.

    Args:
        table: its columns.
        row_bytes: how long a row's JSON is, on average.
    """

    table: Table
    row_bytes: int

    @property
    def options(self) -> str:
        """How such a file is written."""
        group = min(max(_GROUP_BYTES // max(self.row_bytes, 1), _GROUPS[0]), _GROUPS[1])
        return (
            f"(FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false, ROW_GROUP_SIZE {group}, "
            f"DICTIONARY_SIZE_LIMIT {_DICTIONARY}, WRITE_BLOOM_FILTER false, "
            f"KV_METADATA {{schema: {literal(self.table.dump())}, row_bytes: '{self.row_bytes}'}})"
        )


def about(connection: duckdb.DuckDBPyConnection, part: Part) -> About:
    """Ask a file."""
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
