"""The private dataset: a spool in SQLite and finished weeks in Parquet; DuckDB reads both."""

from __future__ import annotations

from dropsonde.collector.store.reader import Format, Reader
from dropsonde.collector.store.store import Store

__all__ = ["Format", "Reader", "Store"]
