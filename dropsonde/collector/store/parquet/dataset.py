"""The dataset: finished weeks, one sorted Parquet file each, with its digest next to it.

A file is only replaced as a whole, so a reader that has it open continues to read the old content.
DuckDB gets open files (``/proc/self/fd``) instead of paths: it reads the file that it bound even if
that is renamed or removed meanwhile, and no path needs quoting or appears in a message.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from dropsonde.collector.store.parquet import digests
from dropsonde.common.errors import StoreUnavailableError
from dropsonde.common.files import private_directory, replacing, sync_directory, write_atomically
from dropsonde.common.weeks import is_week

PART = "part-0.parquet"
HANDLES = "/proc/self/fd"  # the names of open files
_PREFIX = "week="


@dataclass(frozen=True)
class Part:
    """A week's open file, checked to be as it was written.

    Args:
        week: as ``2026-W47``.
        handle: the open file.
        digest: of the file; None in a directory from before there were digests.
    """

    week: str
    handle: int
    digest: str | None

    @property
    def name(self) -> str:
        """The path that DuckDB opens."""
        return handle_name(self.handle)


def handle_name(handle: int) -> str:
    """An open file or directory as a path of this process."""
    return f"{HANDLES}/{handle}"


class Dataset:
    """The weeks below a directory.

    Args:
        root: the directory; it may be missing.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def weeks(self) -> tuple[str, ...]:
        """The weeks that have a file, in order."""
        if not self.root.is_dir():
            return ()
        names = (path.name for path in self.root.glob(f"{_PREFIX}*"))
        found = (week for name in names if is_week(week := name.removeprefix(_PREFIX)))
        return tuple(sorted(week for week in found if self.path(week).exists()))

    def path(self, week: str) -> Path:
        """The path of a week's file, which may be missing."""
        return self.root / f"{_PREFIX}{week}" / PART

    def place_for(self, week: str) -> Path:
        """The path of a week's file, after making its directories."""
        private_directory(self.root)
        private_directory(self.path(week).parent)
        sync_directory(self.root)
        sync_directory(self.root.parent)
        return self.path(week)

    @contextlib.contextmanager
    def writing(self, week: str) -> Iterator[BinaryIO]:
        """Open a week's new file to write; it replaces the old one when it is complete."""
        path = self.place_for(week)
        with replacing(path) as file:
            yield file
            file.flush()
            new = digests.digest_of(file.fileno())
            digests.keep(path, (*digests.known(path), new))
        digests.keep(path, [new])

    def opened(self, week: str, stack: ExitStack) -> Part | None:
        """Open a week's file until the stack closes; None if there is none.

        Raises:
            WeekDamagedError: its bytes are not what was written.
            StoreUnavailableError: it cannot be read.
        """
        while (handle := self._open(week)) is not None:
            with contextlib.ExitStack() as own:
                own.callback(os.close, handle)
                expected = digests.known(self.path(week))
                if not self._is_at(week, handle):
                    continue  # replaced since: the digests may be only the new file's
                digest = None
                if expected or self._digested.exists():
                    digest = digests.check(self.path(week), handle, expected)
                stack.push(own.pop_all())
                return Part(week, handle, digest)
        return None

    def _open(self, week: str) -> int | None:
        try:
            return os.open(self.path(week), os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StoreUnavailableError(
                f"the dataset of {week} cannot be opened: {error.strerror}", "check the disk"
            ) from error

    def _is_at(self, week: str, handle: int) -> bool:
        """Whether the open file is still the week's file."""
        try:
            return os.path.samestat(self.path(week).lstat(), os.fstat(handle))
        except FileNotFoundError:
            return False

    def parts(self, stack: ExitStack) -> Iterator[Part]:
        """Open all weeks' files until the stack closes."""
        for week in self.weeks():
            part = self.opened(week, stack)
            if part is not None:  # None: dropped since
                yield part

    def drop(self, week: str) -> None:
        """Remove a week."""
        self.path(week).unlink(missing_ok=True)
        shutil.rmtree(self.path(week).parent)
        sync_directory(self.root)

    def tidy(self) -> None:
        """Remove a killed collector's temporary files, and weeks that it left without a file."""
        for left in self.root.glob(f".{self._digested.name}.*"):
            left.unlink(missing_ok=True)
        for folder in self.root.glob(f"{_PREFIX}*") if self.root.is_dir() else ():
            for left in folder.glob(".*"):
                left.unlink(missing_ok=True)
            if not (folder / PART).exists():
                digests.beside(folder / PART).unlink(missing_ok=True)
            if not any(folder.iterdir()):
                folder.rmdir()

    @property
    def _digested(self) -> Path:
        """A marker that every file has a digest: once it exists, a missing digest is a fault."""
        return self.root / ".digested"

    def take_in(self) -> tuple[str, ...]:
        """Write the digests of an older version's files, once; return the weeks of those files.

        Raises:
            StoreUnavailableError: a file cannot be read.
            FileError: the disk fails, or is full.
        """
        if self._digested.exists():
            return ()
        taken = []
        for week in self.weeks():
            with contextlib.ExitStack() as stack:
                if not digests.known(self.path(week)) and (part := self.opened(week, stack)):
                    digests.keep(self.path(week), [digests.digest_of(part.handle)])
                    taken.append(week)
        private_directory(self.root)
        write_atomically(self._digested, b"")
        return tuple(taken)
