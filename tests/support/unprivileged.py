"""Run a function as a user for whom permissions count: root may look at everything."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support.patience import PATIENCE

NOBODY = 65534


@contextmanager
def open_way(path: Path) -> Iterator[None]:
    """Let other users pass the directories above a path: pytest's own are root's alone."""
    closed = [above for above in path.parents if not above.stat().st_mode & stat.S_IXOTH]
    for above in closed:
        above.chmod(0o711)
    try:
        yield
    finally:
        for above in closed:
            above.chmod(0o700)


def as_nobody(path: Path, ask: Callable[[], Any]) -> Any:
    """Call a function in a child process of an unprivileged user.

    Args:
        path: a directory of the test, which the user may pass.
        ask: the function; its result goes through JSON.
    """
    if os.geteuid() != 0:
        return ask()
    path.chmod(0o711)
    reader, writer = os.pipe()
    with open_way(path):
        child = os.fork()
        if child == 0:
            _answer(writer, ask)
        os.close(writer)
        with os.fdopen(reader, "rb") as file:
            told = file.read()
        os.waitpid(child, 0)
    assert told, "the child process says why on standard error"
    return json.loads(told)


def run_as_nobody(code: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a script that becomes that user to its end, in an empty environment.

    Args:
        code: the script. What it imports first, it may read.
        arguments: the script's.
    """
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": os.defpath},
        timeout=PATIENCE,
    )


def _answer(writer: int, ask: Callable[[], Any]) -> None:
    code = 1
    try:
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
        os.write(writer, json.dumps(ask()).encode())
        code = 0
    finally:
        os._exit(code)
