"""SQLite's write-ahead log: what stands in it, and whether it is damaged.

SQLite takes the first frame that does not check out for the log's end. That is right after a loss
of power, and wrong when a frame before others was damaged: those would vanish without a word.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from dropsonde.collector.store.spool.database import PAGE

_HEADER, _FRAME = 32, 24
_BIG_ENDIAN = 1  # in the magic number
_WORD = 0xFFFFFFFF


class Frame(NamedTuple):
    """A page in the log.

    Attributes:
        number: of the page.
        place: where its content begins in the file.
        commits: whether a transaction ends here.
        good: whether SQLite takes it.
    """

    number: int
    place: int
    commits: bool
    good: bool


def frames(file: BinaryIO) -> Iterator[Frame]:
    """The frames since the log last began anew."""
    file.seek(0)
    header = file.read(_HEADER)
    if len(header) < _HEADER:
        return
    order = ">" if header[3] & _BIG_ENDIAN else "<"
    sums = _checksum((0, 0), header[:24], order)
    good = struct.unpack(">II", header[24:]) == sums
    salts = header[16:24] if good else None
    while len(head := file.read(_FRAME)) == _FRAME and len(page := file.read(PAGE)) == PAGE:
        salts = salts or head[8:16]
        if head[8:16] != salts:
            good = False
            continue  # of an earlier round, or damaged
        if good:
            sums = _checksum(_checksum(sums, head[:8], order), page, order)
            good = struct.unpack(">II", head[16:]) == sums
        number, size = struct.unpack(">II", head[:8])
        yield Frame(number, file.tell() - PAGE, size > 0, good)


def latest(file: BinaryIO) -> dict[int, int]:
    """Where each page's newest committed version begins."""
    found: dict[int, int] = {}
    pending: dict[int, int] = {}
    for frame in frames(file):
        pending[frame.number] = frame.place
        if frame.commits:
            found |= pending
            pending.clear()
    return found


def is_damaged(file: BinaryIO) -> bool:
    """Whether a committed transaction stands behind a frame that SQLite does not take."""
    return any(frame.commits and not frame.good for frame in frames(file))


def _checksum(sums: tuple[int, int], data: bytes, order: str) -> tuple[int, int]:
    one, two = sums
    words = struct.unpack(f"{order}{len(data) // 4}I", data)
    for first, second in zip(words[::2], words[1::2], strict=True):
        one = one + first + two & _WORD
        two = two + second + one & _WORD
    return one, two
