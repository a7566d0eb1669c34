"""Start the rig's programs as their own users, wait for them, and end them."""

from __future__ import annotations

import contextlib
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from tests.support.patience import PATIENCE

POLL_SECONDS = 0.1
TAIL_LINES = 40


class RigError(Exception):
    """A part of the rig failed; the message ends with its output."""


def run(arguments: Sequence[str | Path], *, user: str | None = None) -> str:
    """Run a program to its end and return its standard output; show its output on failure."""
    done = subprocess.run(  # the status is checked below, to show the output
        arguments,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        user=user,
        group=user,
        extra_groups=None if user is None else (),
    )
    if done.returncode != 0:
        raise RigError(f"{arguments[0]}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


@contextlib.contextmanager
def running(
    arguments: Sequence[str | Path],
    *,
    user: str,
    log: Path,
    ready: Callable[[], bool],
    stop: signal.Signals = signal.SIGTERM,
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server for the length of a ``with`` block, which begins when the server answers.

    Args:
        arguments: the program and its arguments.
        user: the user, and group, that it runs as.
        log: where its output goes.
        ready: says whether it answers.
        stop: the signal that asks it to end.
    """
    with log.open("ab") as output:
        process = subprocess.Popen(
            arguments,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd="/",
            user=user,
            group=user,
            extra_groups=(),
        )
    try:
        _wait(process, log, ready)
        yield process
    finally:
        process.send_signal(stop)
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(process: subprocess.Popen[bytes], log: Path, ready: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE
    while not ready():
        if process.poll() is not None:
            raise RigError(f"{log.stem} ended with {process.returncode}\n{tail(log)}")
        if time.monotonic() > until:
            raise RigError(f"{log.stem} does not answer after {PATIENCE:.0f} s\n{tail(log)}")
        time.sleep(POLL_SECONDS)


def tail(log: Path) -> str:
    """Return the last lines of a log."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-TAIL_LINES:])


def free_port() -> int:
    """Find a free port of the loopback address."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
