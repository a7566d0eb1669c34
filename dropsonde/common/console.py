"""Standard output and standard error, also when they are closed, full or no longer read."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from typing import TextIO

from dropsonde.common.errors import ClosedPipeError, FileError

program = "dropsonde"  # prefixes each line to the user; the collector's shell sets its own


def check() -> None:
    """Refuse a closed standard output; replace a closed standard error by /dev/null.

    The next file that is opened would get their numbers, and `print` to a standard error that is
    None goes to standard output.

    Raises:
        FileError: standard output is closed.
    """
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115  # until the end
    if sys.stdout is None:
        raise FileError("standard output: closed", "leave it open, or send it to /dev/null")


def say(line: str) -> None:
    """Print one line for the user; if that fails, only the exit code tells the result.

    It is written at once, with its end: `print` writes that apart, and another thread's line
    comes between.
    """
    try:
        sys.stderr.write(f"{program}: {line}\n")
        sys.stderr.flush()
    except OSError:
        _discard(sys.stderr)


def write(chunks: Iterable[bytes]) -> None:
    """Write a result to standard output.

    Raises:
        ClosedPipeError: the reader closed the pipe.
        FileError: the write failed, as on a full disk.
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
    """Write lines of text to standard output, in UTF-8; file names keep their original bytes."""
    write(f"{line}\n".encode(errors="surrogateescape") for line in lines)


def discard_output() -> None:
    """Discard all further standard output."""
    if sys.stdout is not None:
        _discard(sys.stdout)


def _discard(stream: TextIO) -> None:
    """Discard all further output of a stream, also what the interpreter flushes at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
