"""Steps of a store that are killed at a chosen call of SQLite's, the system's or the network's.

Each step runs in a process of its own, which really dies: a profiling hook, which sees the calls of
all threads before they happen, counts them and sends SIGKILL at the chosen one.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, NoReturn

from tests.unit.collector.store.disk import picture
from tests.unit.collector.store.making import opened

if TYPE_CHECKING:
    from dropsonde.collector.store import Store

NETWORK = {"connect", "recv_into", "sendall"}
SYSTEM = {"fsync", "link", "mkdir", "open", "rename", "replace", "rmdir", "unlink"}
DATABASE = {"close", "commit", "execute", "executemany", "executescript", "backup"}


@dataclass(frozen=True)
class Outcome:
    """How a step ended.

    Attributes:
        done: it came to its end; else it was killed.
        result: what it returned, or the error's line.
        calls: what it called.
        states: numbers of calls before which the disk was as before no earlier one, or a request
            was sent: after a kill in between a start finds nothing else.
    """

    done: bool
    result: Any = None
    calls: tuple[str, ...] = ()
    states: tuple[int, ...] = ()


class Killing:
    """Opens a store, calls a method, and leaves it open, in children of a threadless process.

    Args:
        open_store: opens one, from a directory and what it is opened with.
    """

    def __init__(self, open_store: Callable[[Path, Any], Store] = opened) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, other = context.Pipe()
        self._process = context.Process(target=_serve, args=(other, open_store))
        self._process.start()
        other.close()

    def close(self) -> None:
        self._pipe.close()
        self._process.join()
        self._process.close()

    def run(
        self,
        root: Path,
        opened_with: Any,
        method: str = "depth",
        *arguments: object,
        kill_at: int | None = None,
        look_at: tuple[Path, ...] = (),
    ) -> Outcome:
        """Take a step; it dies before the call of that number, or comes to its end.

        Args:
            root: the directory.
            opened_with: what the store is opened with.
            method: the store's.
            arguments: the method's.
            kill_at: the number.
            look_at: directories whose pictures are the states of the disk.
        """
        self._pipe.send((root, opened_with, (method, arguments), kill_at, look_at))
        outcome = self._pipe.recv()
        assert isinstance(outcome, Outcome)
        if outcome.done:
            assert self._pipe.recv() is None  # its process has ended
        return outcome


def _serve(pipe: Connection, open_store: Callable[[Path, Any], Store]) -> None:
    while True:
        try:
            step = pipe.recv()
        except EOFError:
            return
        child = os.fork()
        if child == 0:
            _run(pipe, open_store, *step)
        _, status = os.waitpid(child, 0)
        # After its own outcome, if there is one: only now it has let go of the directory.
        pipe.send(Outcome(done=False) if os.WIFSIGNALED(status) else None)


def _run(
    pipe: Connection,
    open_store: Callable[[Path, Any], Store],
    root: Path,
    opened_with: Any,
    step: tuple[str, tuple[Any, ...]],
    kill_at: int | None,
    look_at: tuple[Path, ...],
) -> NoReturn:
    method, arguments = step
    calls: list[str] = []
    states: dict[Any, int] = {}

    def meet(_: FrameType, event: str, called: Any) -> None:
        if event == "c_call" and (name := _name(called)):
            if len(calls) == kill_at:
                os.kill(os.getpid(), signal.SIGKILL)
            if look_at:
                sent = sum(call == "socket.sendall" for call in calls)
                states.setdefault((sent, picture(*look_at)), len(calls))
            calls.append(name)

    threading.setprofile(meet)
    sys.setprofile(meet)
    try:
        result = getattr(open_store(root, opened_with), method)(*arguments)
        outcome = Outcome(True, result, tuple(calls), tuple(states.values()))
    except BaseException as error:  # noqa: BLE001 - the test tells
        outcome = Outcome(True, f"{type(error).__name__}: {error}", tuple(calls))
    sys.setprofile(None)
    pipe.send(outcome)
    os._exit(0)


def _name(called: Any) -> str:
    """A call that changes files, or speaks to others, as one knows it; empty for all others."""
    name = str(getattr(called, "__name__", ""))
    owner = (
        getattr(called, "__module__", None) or type(getattr(called, "__self__", None)).__module__
    )
    seen = {"posix": SYSTEM, "sqlite3": DATABASE, "socket": NETWORK}
    return f"{owner}.{name}" if name in seen.get(owner, set()) else ""
