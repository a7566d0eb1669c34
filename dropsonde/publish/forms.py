"""The forms of a table's files, as DuckDB writes and reads them."""

from __future__ import annotations

import glob
from pathlib import Path
from typing import TYPE_CHECKING

from dropsonde.aggregation.cells import PACKED
from dropsonde.collector.store.parquet.schema import literal
from dropsonde.schema.model import Type

if TYPE_CHECKING:
    import duckdb

SQL = {Type.STRING: "VARCHAR", Type.INTEGER: "BIGINT", Type.FLOAT: "DOUBLE"}
_OPTIONS = {
    "csv": "FORMAT csv, HEADER, COMPRESSION gzip",  # whose head has no time
    "parquet": PACKED,
}


def copy(connection: duckdb.DuckDBPyConnection, query: str, form: str, path: Path) -> None:
    """Write a query's rows, in their order, in one of the site map's forms."""
    connection.execute(f"COPY ({query}) TO {literal(str(path))} ({_OPTIONS[form]})")


def parquet(path: Path) -> str:
    """A file as a table; a star or a bracket in its path is not a pattern."""
    return f"read_parquet({exact(path)})"


def exact(path: Path) -> str:
    """The literal of a path that DuckDB does not take for a pattern."""
    return literal(glob.escape(str(path)))
