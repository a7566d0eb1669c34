"""A row in the spool: with a checksum, its columns as compressed JSON.

zlib's fastest level makes reports, and so the spool and its log, five times smaller; it does not
change the rate at which rows are written.
"""

from __future__ import annotations

import zlib
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from dropsonde.common.weeks import week_of

if TYPE_CHECKING:
    from dropsonde.collector.row import Row

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
MICROSECOND = timedelta(microseconds=1)
_LEVEL = 1


class Record(NamedTuple):
    """One row of the spool.

    Attributes:
        week: the ISO week of ``received``.
        site_id: 64 bytes.
        message_id: a UUID.
        received: the row's time in microseconds since 1970, UTC.
        product: the program that reported.
        version: of the report's format.
        size: of the JSON text, in bytes.
        data: the columns as compressed JSON.
        checksum: CRC-32 of all other fields.
    """

    week: str
    site_id: bytes
    message_id: str
    received: int
    product: str
    version: str
    size: int
    data: bytes
    checksum: int

    @property
    def whole(self) -> bool:
        """Whether the checksum matches."""
        try:
            return self.checksum == _checksum(self)
        except TypeError:  # the data is not bytes any more
            return False

    @property
    def json(self) -> bytes:
        """The columns as JSON text."""
        return zlib.decompress(self.data, bufsize=self.size)

    @property
    def line(self) -> bytes:
        """All columns and the week as a line of JSON, as an export has it."""
        envelope = {
            "week": self.week,
            "message_id": self.message_id,
            "site_id": self.site_id.hex(),
            "product": self.product,
            "version": self.version,
            "timestamp": (EPOCH + self.received * MICROSECOND).isoformat(),
        }
        head, columns = msgspec.json.encode(envelope), self.json
        return head + b"\n" if columns == b"{}" else b"%b,%b\n" % (head[:-1], columns[1:])


def record_of(row: Row) -> Record:
    """Make a row's record, with msgspec's encoder: json takes ten times as long."""
    text = msgspec.json.encode(row.columns)
    record = Record(
        week_of(row.timestamp),
        row.site_id,
        row.message_id,
        (row.timestamp - EPOCH) // MICROSECOND,
        row.product,
        row.version,
        len(text),
        zlib.compress(text, _LEVEL),
        0,
    )
    return record._replace(checksum=_checksum(record))


def _checksum(record: Record) -> int:
    return zlib.crc32(record.data, zlib.crc32(repr(record[:-2]).encode()))
