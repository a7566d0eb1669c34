"""Work in a process of its own, which gives all its memory back at its end.

DuckDB takes more memory than the rest of a collector, which needs it for some seconds of a week: so
a collector that stays leaves it to such processes, and does not even import it.

The process holds the collector's lock, too. It ends as soon as the collector is gone; until then no
other collector begins.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from multiprocessing.connection import wait
from typing import TypeVar, cast

from dropsonde.collector.starting import started
from dropsonde.common.errors import DropsondeError, StoreUnavailableError

T = TypeVar("T")
_WHAT = "the work on the finished weeks"
_LOOK = 0.1  # seconds between looks at ``stop``


def apart(
    lock: int, work: Callable[..., T], *arguments: object, stop: threading.Event | None = None
) -> T:
    """The result of a function, or its error.

    Args:
        lock: the handle of the collector's lock.
        work: a function of a module.
        arguments: the function's; they are pickled, as is the result.
        stop: set to end it early.

    Raises:
        StoreUnavailableError: the process cannot be started, or ended without a result.
    """
    with contextlib.ExitStack() as stack:
        try:
            process, ours = started(__name__, keep=(lock,))
        except OSError as error:
            raise StoreUnavailableError(
                f"{_WHAT} cannot begin: {error.strerror}", "it is tried again later"
            ) from error
        stack.enter_context(ours)
        stack.enter_context(process)
        try:
            said = _asked(ours, process, pickle.dumps((work, arguments)), stop)
        except BaseException:
            process.kill()
            raise
    if said is None:
        code = process.returncode
        how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        raise StoreUnavailableError(f"{_WHAT} ended early ({how})", "it is tried again later")
    result, raised = said
    if raised is not None:
        raise raised
    return cast("T", result)


def _asked(
    ours: socket.socket,
    process: subprocess.Popen[bytes],
    message: bytes,
    stop: threading.Event | None,
) -> tuple[object, Exception | None] | None:
    """The result and the error; None if the process ended without them."""
    try:
        ours.sendall(message)
        while stop is not None and not wait([ours], _LOOK):
            if stop.is_set():
                process.kill()
        with ours.makefile("rb") as answer:
            said: tuple[object, Exception | None] = pickle.load(answer)  # noqa: S301 - our own
    except (ConnectionError, EOFError, pickle.UnpicklingError):
        return None
    return said


def main() -> None:
    """Do the work that standard input, a socket, tells of."""
    connection = socket.socket(fileno=sys.stdin.fileno())
    with connection.makefile("rb") as question:
        work, arguments = pickle.load(question)  # noqa: S301 - the collector's
    threading.Thread(target=_end_with_the_collector, args=(connection,), daemon=True).start()
    result: object = None
    error: Exception | None = None
    try:
        result = work(*arguments)
    except (DropsondeError, OSError) as raised:
        error = raised
    except Exception as raised:  # noqa: BLE001 - its text may hold parts of a report
        error = RuntimeError(type(raised).__name__)
    connection.sendall(pickle.dumps((result, error)))
    os._exit(0)


def _end_with_the_collector(connection: socket.socket) -> None:
    connection.recv(1)
    os._exit(1)
