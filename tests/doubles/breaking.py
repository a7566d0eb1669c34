"""Kill a step of an outbox, or fail its disk, at a chosen system call.

Each step runs in its own process, which really dies. Python's audit events precede the system
calls; ``os.fsync``, which has none, is wrapped in that process. The kernel itself cuts a write, by
a limit on the size of files.
"""

from __future__ import annotations

import errno
import importlib
import logging
import multiprocessing
import os
import resource
import signal
import sys
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NoReturn

from dropsonde.common.errors import FileError
from dropsonde.delivery.outbox import Outbox

CALLS = {"open", "os.mkdir", "os.chmod", "os.chown", "os.rename", "os.remove", "os.scandir"}
NOBODY = 65534


class Fault(Enum):
    """The faults, and the meaning of the number that comes with each."""

    NONE = auto()
    KILL = auto()  # SIGKILL before this call
    ERROR = auto()  # EIO from this call alone
    DEAD_DISK = auto()  # EIO from this call and all later ones
    FULL_DISK = auto()  # no file grows beyond that many bytes
    CUT = auto()  # the same, and the attempt kills the process
    NOT_OURS = auto()  # the step runs as a user who may not write there


@dataclass(frozen=True)
class Outcome:
    """How a step ended.

    Attributes:
        done: whether it completed; else it was killed, or an error was raised.
        error: the error's message.
        calls: its system calls: the name and the files, relative to the directory.
    """

    done: bool
    error: str = ""
    calls: tuple[tuple[str, ...], ...] = ()


class Breaking:
    """Runs methods of ``Outbox`` in children of a small single-threaded process."""

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, other = context.Pipe()
        self._process = context.Process(target=_serve, args=(other,))
        self._process.start()
        other.close()

    def close(self) -> None:
        """End the process."""
        self._pipe.close()
        self._process.join()
        self._process.close()

    def run(
        self,
        root: Path,
        method: str,
        *arguments: object,
        fault: Fault = Fault.NONE,
        number: int = 0,
    ) -> Outcome:
        """Call a method of the outbox in a directory, with a fault at a system call or a size."""
        self._pipe.send((root, method, arguments, fault, number))
        outcome = self._pipe.recv()
        assert isinstance(outcome, Outcome)
        return outcome


def _serve(pipe: Connection) -> None:
    # Import what user nobody may not read: what this asks for, and what writing a file does.
    datetime.strptime("2023 +0000", "%Y %z")
    for name in ("glob", "tempfile"):
        importlib.import_module(name)
    logging.disable()  # standard error may be a file, to which a size limit would also apply
    while True:
        try:
            step = pipe.recv()
        except EOFError:
            return
        child = os.fork()
        if child == 0:
            _run(pipe, *step)
        _, status = os.waitpid(child, 0)
        if os.WIFSIGNALED(status):
            pipe.send(Outcome(done=False))


def _run(
    pipe: Connection, root: Path, method: str, arguments: tuple[Any, ...], fault: Fault, number: int
) -> NoReturn:
    calls: list[tuple[str, ...]] = []
    _limit(fault, number)
    _watch(str(root), calls, fault, number)
    try:
        getattr(Outbox(root), method)(*arguments)
        outcome = Outcome(done=True, calls=tuple(calls))
    except FileError as error:
        outcome = Outcome(done=False, error=str(error), calls=tuple(calls))
    except BaseException as error:  # noqa: BLE001 - the test tells
        outcome = Outcome(done=False, error=f"unexpected: {error!r}", calls=tuple(calls))
    pipe.send(outcome)
    os._exit(0)


def _limit(fault: Fault, number: int) -> None:
    if fault in {Fault.FULL_DISK, Fault.CUT}:
        ignored = signal.SIG_IGN if fault is Fault.FULL_DISK else signal.SIG_DFL
        signal.signal(signal.SIGXFSZ, ignored)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_FSIZE, (number, number))
    if fault is Fault.NOT_OURS and os.geteuid() == 0:
        os.setgroups([])
        os.setegid(NOBODY)
        os.seteuid(NOBODY)


def _watch(root: str, calls: list[tuple[str, ...]], fault: Fault, number: int) -> None:
    sync = os.fsync

    def meet(call: str, *paths: str) -> None:
        if not paths[0].startswith(root):
            return
        here = len(calls)
        calls.append((call, *(os.path.relpath(path, root) for path in paths)))
        if fault is Fault.KILL and here == number:
            os.kill(os.getpid(), signal.SIGKILL)
        if (fault is Fault.ERROR and here == number) or (
            fault is Fault.DEAD_DISK and here >= number
        ):
            raise OSError(errno.EIO, os.strerror(errno.EIO), paths[0])

    def audit(event: str, arguments: tuple[Any, ...]) -> None:
        if event in CALLS:
            meet(event, *map(_path, arguments[: 2 if event == "os.rename" else 1]))

    def fsync(handle: int) -> None:
        meet("fsync", _path(handle))
        sync(handle)

    os.fsync = fsync  # type: ignore[assignment]  # in this process, which ends with the step
    sys.addaudithook(audit)


def _path(file: object) -> str:
    return str(Path(f"/proc/self/fd/{file}").readlink() if isinstance(file, int) else file)
