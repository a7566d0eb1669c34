"""Rows as compressed lines of JSON for a load job.

They are built in memory, so that rows can leave a full disk. BigQuery expects bytes in base64, not
in hexadecimal as in reports, and timestamps as in reports.
"""

from __future__ import annotations

import base64
import gzip
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from dropsonde.collector.store.bigquery.fields import MONDAY
from dropsonde.collector.store.parquet.schema import WEEK
from dropsonde.common.weeks import first_moment
from dropsonde.schema.model import Column, Mode, Type

if TYPE_CHECKING:
    from dropsonde.collector.record import Record

MOST_BYTES = 64_000_000  # of JSON in one load: some ten megabytes compressed, in memory
_LEVEL = 1
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


class Lines:
    """Lines for one load job.

    Attributes:
        size: of the rows' JSON so far, in bytes.
        file: the compressed lines, once closed.
    """

    def __init__(self) -> None:
        self.size = 0
        self.file = io.BytesIO()
        self._packed = gzip.GzipFile(fileobj=self.file, mode="wb", compresslevel=_LEVEL, mtime=0)

    def add(self, row: Mapping[str, Any]) -> None:
        """Add a line."""
        line = json.dumps(row, separators=(",", ":"), allow_nan=False).encode()
        self._packed.write(line + b"\n")
        self.size += len(line)

    def close(self) -> None:
        """Complete the compressed lines."""
        self._packed.close()


def row_of(record: Record, reported: Iterable[Column]) -> dict[str, Any]:
    """A row of the table.

    Args:
        record: of the spool.
        reported: the metrics' columns; those with bytes are reencoded.
    """
    columns = json.loads(record.json)
    for column in reported:
        if _has_bytes(column) and column.name in columns:
            columns[column.name] = _encoded(columns[column.name], column)
    return {
        "message_id": record.message_id,
        "site_id": to_base64(record.site_id),
        "product": record.product,
        "version": record.version,
        "timestamp": (_EPOCH + timedelta(microseconds=record.received)).isoformat(),
        WEEK: record.week,
        MONDAY: first_moment(record.week).date().isoformat(),
        # BigQuery's repeated fields cannot be null; an absent one is empty.
        **{name: value for name, value in columns.items() if value is not None},
    }


def sites_of(sites: Sequence[bytes]) -> Lines:
    """Lines that hold only site ids."""
    lines = Lines()
    for site in sites:
        lines.add({"site_id": to_base64(site)})
    lines.close()
    return lines


def to_base64(data: bytes) -> str:
    """Encode bytes for BigQuery."""
    return base64.b64encode(data).decode()


def _has_bytes(column: Column) -> bool:
    return column.type is Type.BYTES or any(map(_has_bytes, column.fields))


def _encoded(value: Any, column: Column) -> Any:
    if value is None:
        return None
    if column.mode is Mode.REPEATED:
        single = Column(column.name, column.type, column.description, fields=column.fields)
        return [_encoded(item, single) for item in value]
    if column.type is Type.BYTES:
        return to_base64(bytes.fromhex(value))
    nested = {field.name: field for field in column.fields if _has_bytes(field)}
    return {
        name: _encoded(each, nested[name]) if name in nested else each
        for name, each in value.items()
    }
