"""What the collector and a worker process tell each other over their socket.

Each message has its length in four bytes first. The collector sends what to check against, pickled,
and then reports. The answers are MessagePack of fixed types: a worker that a report broke may say
anything.
"""

from __future__ import annotations

import struct
from datetime import datetime

import msgspec

from dropsonde.collector.record import EPOCH, MICROSECOND, Record

LENGTH = struct.Struct(">I")
READY = b""  # the answer to what to check against
_REPORT = struct.Struct(">q36s")  # and then the report itself


class Kept(msgspec.Struct, tag=True):
    """A report that was taken.

    Attributes:
        record: for the spool.
        dropped: the number of dropped rows by reason; see ``intake.privacy``.
        seconds: of CPU that it took.
    """

    record: Record
    dropped: dict[str, int]
    seconds: float


class Refused(msgspec.Struct, tag=True):
    """A report that no known version describes.

    Attributes:
        faults: see ``intake.faults``.
        seconds: of CPU that it took.
    """

    faults: tuple[str, ...]
    seconds: float


class Broken(msgspec.Struct, tag=True):
    """An error of the program.

    Attributes:
        kind: the error's type.
        place: the function in which it was raised.
        line: its line.
        seconds: of CPU that it took.
    """

    kind: str
    place: str
    line: int
    seconds: float


Answer = Kept | Refused | Broken

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Answer)


def encode(answer: Answer) -> bytes:
    """An answer as a message."""
    return _encoder.encode(answer)


def decode(message: bytes) -> Answer:
    """An answer.

    Raises:
        msgspec.MsgspecError: it is none.
    """
    answer: Answer = _decoder.decode(message)
    return answer


def report(now: datetime, message_id: str, data: bytes) -> bytes:
    """A report as a message.

    Args:
        now: when it was received (aware).
        message_id: a UUID.
        data: the body, decompressed.
    """
    return _REPORT.pack((now - EPOCH) // MICROSECOND, message_id.encode()) + data


def parts(message: bytes) -> tuple[datetime, str, bytes]:
    """The arguments of :func:`report`."""
    microseconds, message_id = _REPORT.unpack_from(message)
    return EPOCH + microseconds * MICROSECOND, message_id.decode(), message[_REPORT.size :]
