"""A SQLite file as its pages, without SQLite: which refuses a file whose first page is damaged.

Written from https://www.sqlite.org/fileformat2.html. Only what the spool has is understood: leaves
of tables and of indexes, overflow chains, and the write-ahead log.
"""

from __future__ import annotations

import contextlib
import struct
from collections.abc import Iterator
from typing import Any, BinaryIO, NamedTuple

from dropsonde.collector.store.spool.database import PAGE

TABLE_LEAF, INDEX_LEAF = 0x0D, 0x0A
_FIRST_PAGES_HEADER = 100
_LEAF_HEADER = 8
_LINK = 4  # bytes: the number of the next overflow page
_INTEGERS = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}  # serial type: bytes
_LONGEST_VARINT = 9


class Cell(NamedTuple):
    """An entry of a leaf.

    Attributes:
        rowid: None in an index.
        values: the columns.
    """

    rowid: int | None
    values: tuple[Any, ...]


class Pages:
    """The pages of a database.

    Args:
        file: the database.
        log: the newer versions of pages: where in ``log_file`` each begins.
        log_file: the write-ahead log.

    Attributes:
        count: how many there are.
        astray: the numbers of others, which are damaged.
    """

    def __init__(self, file: BinaryIO, log: dict[int, int], log_file: BinaryIO | None) -> None:
        self._file, self._log, self._log_file = file, log, log_file
        pages = -(-file.seek(0, 2) // PAGE)
        # Each page beyond the file's end was written to the log: a higher number is damaged. It
        # would have billions of pages looked for, so its page is read by that number alone.
        most = pages + len(log)
        self.count = max(pages, *(number for number in log if number <= most), 0)
        self.astray = sorted(number for number in log if number > most)

    def page(self, number: int) -> bytes:
        """A page, numbered from 1; zeros where there is nothing."""
        file, place = self._file, (number - 1) * PAGE
        if self._log_file is not None and number in self._log:
            file, place = self._log_file, self._log[number]
        file.seek(place)
        return file.read(PAGE).ljust(PAGE, b"\0")

    def cells(self, number: int) -> Iterator[Cell]:
        """What can be read of a leaf's cells; nothing of other pages."""
        page = self.page(number)
        start = _FIRST_PAGES_HEADER if number == 1 else 0
        kind = page[start]
        if kind in {TABLE_LEAF, INDEX_LEAF}:
            (count,) = struct.unpack_from(">H", page, start + 3)
            for index in range(min(count, PAGE // 4)):
                pointer = start + _LEAF_HEADER + 2 * index
                # What is damaged is passed over.
                with contextlib.suppress(ValueError, struct.error):
                    yield self._cell(page, pointer, table=kind == TABLE_LEAF)

    def _cell(self, page: bytes, pointer: int, *, table: bool) -> Cell:
        (place,) = struct.unpack_from(">H", page, pointer)
        size, place = _varint(page, place)
        rowid = None
        if table:
            rowid, place = _varint(page, place)
        most = PAGE - 35 if table else (PAGE - 12) * 64 // 255 - 23
        if not 0 < size <= self.count * PAGE:
            raise ValueError(size)
        local = size if size <= most else _local(size, most)
        payload = [page[place : place + local]]
        if local < size:
            (link,) = struct.unpack_from(">I", page, place + local)
            payload += self._overflow(link, size - local)
        return Cell(rowid, _values(b"".join(payload)))

    def _overflow(self, link: int, size: int) -> Iterator[bytes]:
        while size > 0:
            if not 0 < link <= self.count:
                raise ValueError(link)
            page = self.page(link)
            yield page[_LINK : _LINK + size]
            size -= PAGE - _LINK
            (link,) = struct.unpack_from(">I", page)


def _local(size: int, most: int) -> int:
    """How much of a long payload stands in the leaf."""
    least = (PAGE - 12) * 32 // 255 - 23
    local = least + (size - least) % (PAGE - _LINK)
    return local if local <= most else least


def _varint(data: bytes, place: int) -> tuple[int, int]:
    value = 0
    for length in range(_LONGEST_VARINT):
        if place + length >= len(data):
            break
        byte = data[place + length]
        if length == _LONGEST_VARINT - 1:
            return value << 8 | byte, place + length + 1
        value = value << 7 | byte & 0x7F
        if byte < 0x80:  # noqa: PLR2004 - the bit that says that more follows
            return value, place + length + 1
    raise ValueError(place)


def _values(record: bytes) -> tuple[Any, ...]:
    end, place = _varint(record, 0)
    body, values = end, []
    while place < end:
        kind, place = _varint(record, place)
        value, size = _value(record, body, kind)
        values.append(value)
        body += size
    if body != len(record):
        raise ValueError(body)
    return tuple(values)


def _value(record: bytes, place: int, kind: int) -> tuple[Any, int]:
    """A value and its size, as its serial type says."""
    if kind in {0, 8, 9}:
        return {0: None, 8: 0, 9: 1}[kind], 0
    if kind in _INTEGERS:
        size = _INTEGERS[kind]
        return int.from_bytes(record[place : place + size], "big", signed=True), size
    if kind < 12:  # noqa: PLR2004 - floats, which the spool has not, and what is reserved
        raise ValueError(kind)
    size = (kind - 12) // 2
    data = record[place : place + size]
    return (data.decode() if kind % 2 else data), size
