"""The releases that a run has read so far: one line each, written at once."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING

from dropsonde.common import state
from dropsonde.common.errors import BusyError
from dropsonde.common.files import locked, private_directory, read_bounded
from dropsonde.protocol.vocabulary import MAX_BYTES, Release, line, parse_line

if TYPE_CHECKING:
    from dropsonde.site.vocabulary.files import Files

Key = tuple[str, str, str]  # a release's slug, time and version


class Journal:
    """What the finished file and a run that was ended know.

    Args:
        path: the journal.
        read: each release that was read, to its classes; None if its tarball cannot be used.
        file: the open journal.
    """

    def __init__(self, path: Path, read: dict[Key, frozenset[str] | None], file: IO[bytes]) -> None:
        self._path = path
        self._file = file
        self.read = read

    def add(self, release: Release) -> None:
        """Keep a release that was read; without classes, one whose tarball cannot be used."""
        self.read[release[:3]] = release.classes
        self._file.write(f"{line(release)}\n".encode())
        self._file.flush()  # a kill of this process loses nothing; a crash of the machine, seconds

    def remove(self) -> None:
        """Remove the journal: the finished file has it all."""
        self._path.unlink(missing_ok=True)


@contextlib.contextmanager
def opened(files: Files) -> Iterator[Journal]:
    """Read what is known, and hold the directory for this run.

    Raises:
        BusyError: another run holds it.
        FileError: the directory cannot be used.
    """
    path = private_directory(files.directory) / state.PARTIAL
    with locked(files.directory / state.VOCABULARY_LOCK, wait=False) as held:
        if not held:
            raise BusyError("another run builds this vocabulary", "wait for its end")
        finished = files.read(files.shared)
        read = {one[:3]: one.classes for one in finished if one.classes is not None}
        head = f"# forge: {files.forge}\n".encode()
        before = _before(path, head)
        if before is None:
            path.unlink(missing_ok=True)
        with path.open("ab") as file:
            if before is None:
                file.write(head)
            yield Journal(path, {**read, **(before or {})}, file)


def _before(path: Path, head: bytes) -> dict[Key, frozenset[str] | None] | None:
    """What a run that was ended has read from the same Forge; None without such a run."""
    data = read_bounded(path, MAX_BYTES) or b""
    if not data.startswith(head):
        return None
    whole = data[: data.rfind(b"\n") + 1]
    if whole != data:  # the last line was cut, and what follows would become a part of it
        os.truncate(path, len(whole))
    lines = whole.decode("ascii", "replace").split("\n")
    releases = (parse_line(text) for text in lines)
    return {one[:3]: one.classes for one in releases if one is not None}
