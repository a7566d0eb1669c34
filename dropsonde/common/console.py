"""Standard output and standard error, also where they are closed, full or no longer read."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from typing import TextIO

from dropsonde.common.errors import ClosedPipeError, FileError

program = "dropsonde"  # which speaks; the shell of the other one sets it


def check() -> None:
    """Refuse a closed standard output; let a closed standard error swallow what is said.

    Their numbers would go to the next file that is opened, and `print` to a standard error that is
    None goes to standard output.

    Raises:
        FileError: there is no standard output.
    """
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115  # until the end
    if sys.stdout is None:
        raise FileError("standard output: closed", "leave it open, or send it to /dev/null")


def say(line: str) -> None:
    """Tell the user one line; where even that fails, the exit code must do."""
    try:
        print(f"{program}: {line}", file=sys.stderr, flush=True)
    except OSError:
        _discard(sys.stderr)


def write(chunks: Iterable[bytes]) -> None:
    """Write a result to standard output.

    Raises:
        ClosedPipeError: the reader went away.
        FileError: it cannot be written, as on a full disk.
    """
    try:
        for chunk in chunks:
            sys.stdout.buffer.write(chunk)
        sys.stdout.buffer.flush()
    except OSError as error:
        _discard(sys.stdout)
        if isinstance(error, BrokenPipeError):
            raise ClosedPipeError("standard output: closed by its reader") from error
        raise FileError(
            f"standard output: {error.strerror}", "make room, or write elsewhere"
        ) from error


def write_lines(lines: Iterable[str]) -> None:
    """Write lines of text to standard output, in UTF-8; names of files as the system has them."""
    write(f"{line}\n".encode(errors="surrogateescape") for line in lines)


def discard_output() -> None:
    """Let nothing more go to standard output."""
    if sys.stdout is not None:
        _discard(sys.stdout)


def _discard(stream: TextIO) -> None:
    """Let nothing more be written there, not even by the interpreter when it ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
