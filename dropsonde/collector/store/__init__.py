"""The private dataset: a spool in SQLite, finished weeks in Parquet, read as one by DuckDB."""

from __future__ import annotations

from dropsonde.collector.store.reader import Format, Reader, Result
from dropsonde.collector.store.store import Store

__all__ = ["Format", "Reader", "Result", "Store"]
