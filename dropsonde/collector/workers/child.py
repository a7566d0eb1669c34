"""A worker process: it answers one report after the other until the collector closes the socket."""

from __future__ import annotations

import gc
import pickle
import resource
import signal
import socket
import sys
import time
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

from dropsonde.collector.intake import RefusedError
from dropsonde.collector.record import record_of
from dropsonde.collector.workers.messages import (
    LENGTH,
    READY,
    Answer,
    Broken,
    Kept,
    Refused,
    encode,
    parts,
)

if TYPE_CHECKING:
    from io import BufferedReader

    from dropsonde.collector.intake import Intake
    from dropsonde.collector.intake.vocabulary import Words

# For one report; the costliest take 0.1 s, and 20 MB. The kernel ends whoever takes more time, also
# when the collector is gone; who takes more memory gets Python's error.
_SECONDS = 10
_MEMORY = 256 << 20
# New objects between two searches for cycles. A report has a thousand at once, and none in a cycle.
_OBJECTS = 50_000


def main() -> None:
    """Serve on standard input, which is a socket."""
    with socket.socket(fileno=sys.stdin.fileno()) as connection, connection.makefile("rb") as pipe:
        words: Words = pickle.loads(_read(pipe) or b"")  # noqa: S301 - the collector's own
        intake = words.intake()
        del words
        _bound()
        _write(connection, READY)
        while (message := _read(pipe)) is not None:
            signal.setitimer(signal.ITIMER_PROF, _SECONDS)
            _write(connection, encode(_answer(intake, message)))


def _bound() -> None:
    """Set the bounds of memory; a core dump would hold a report."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_OBJECTS)
    pages = int(Path("/proc/self/statm").read_text().split()[5])  # of data
    most = pages * resource.getpagesize() + _MEMORY
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _answer(intake: Intake, message: bytes) -> Answer:
    begun = time.process_time()
    try:
        now, message_id, data = parts(message)
        taken = intake.take(data, now, message_id)
        record = record_of(taken.row)
    except RefusedError as error:
        return Refused(error.faults, time.process_time() - begun)
    except Exception as error:  # noqa: BLE001 - told without its text, which may quote the report
        place = traceback.extract_tb(error.__traceback__)[-1]
        took = time.process_time() - begun
        return Broken(type(error).__name__, place.name, place.lineno or 0, took)
    return Kept(record, dict(taken.dropped), time.process_time() - begun)


def _read(pipe: BufferedReader) -> bytes | None:
    """The next message; None if the collector is gone."""
    head = pipe.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    (length,) = LENGTH.unpack(head)
    message = pipe.read(length)
    return message if len(message) == length else None


def _write(connection: socket.socket, message: bytes) -> None:
    connection.sendall(LENGTH.pack(len(message)) + message)
