"""The dataset: finished weeks, one sorted Parquet file each, with its digest beside it.

A file is only ever replaced as a whole, so whoever has it open keeps reading what it was. DuckDB is
given open files (``/proc/self/fd``) rather than paths: what it binds is what it reads, whatever is
renamed or removed meanwhile, and no path of ours needs quoting or comes out in a message.
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
_PREFIX = "week="


@dataclass(frozen=True)
class Part:
    """A week's file, open, and as it was written.

    Args:
        week: as ``2026-W47``.
        handle: reads the file.
        digest: of the file; None in a directory of before there were digests.
    """

    week: str
    handle: int
    digest: str | None

    @property
    def name(self) -> str:
        """What DuckDB opens."""
        return handle_name(self.handle)


def handle_name(handle: int) -> str:
    """An open file or directory as a path of this process."""
    return f"/proc/self/fd/{handle}"


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
        """Where a week's file is, or would be."""
        return self.root / f"{_PREFIX}{week}" / PART

    def place_for(self, week: str) -> Path:
        """The same, with the directories around it made."""
        private_directory(self.root)
        private_directory(self.path(week).parent)
        sync_directory(self.root)
        sync_directory(self.root.parent)
        return self.path(week)

    @contextlib.contextmanager
    def writing(self, week: str) -> Iterator[BinaryIO]:
        """A week's new file, which takes the old one's place when it is complete."""
        path = self.place_for(week)
        with replacing(path) as file:
            yield file
            file.flush()
            new = digests.digest_of(file.fileno())
            digests.keep(path, (*digests.known(path), new))
        digests.keep(path, [new])

    def opened(self, week: str, stack: ExitStack) -> Part | None:
        """A week's file, until the stack closes; None when there is none.

        Raises:
            WeekDamagedError: its bytes are not those that were written.
            StoreUnavailableError: it cannot be read.
        """
        while (handle := self._open(week)) is not None:
            with contextlib.ExitStack() as own:
                own.callback(os.close, handle)
                expected = digests.known(self.path(week))
                if not self._is_at(week, handle):
                    continue  # replaced since: what was read may be of the new one alone
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
        """Whether a week's file is still the open one."""
        try:
            return os.path.samestat(self.path(week).lstat(), os.fstat(handle))
        except FileNotFoundError:
            return False

    def parts(self, stack: ExitStack) -> Iterator[Part]:
        """All weeks' files, each open until the stack closes."""
        for week in self.weeks():
            part = self.opened(week, stack)
            if part is not None:  # dropped since
                yield part

    def drop(self, week: str) -> None:
        """Remove a week."""
        self.path(week).unlink(missing_ok=True)
        shutil.rmtree(self.path(week).parent)
        sync_directory(self.root)

    def tidy(self) -> None:
        """Remove what a killed collector was writing, and weeks that it left without a file."""
        for left in self.root.glob(f".{self._digested.name}.*"):
            left.unlink(missing_ok=True)
        for place in self.root.glob(f"{_PREFIX}*") if self.root.is_dir() else ():
            for left in place.glob(".*"):
                left.unlink(missing_ok=True)
            if not (place / PART).exists():
                digests.beside(place / PART).unlink(missing_ok=True)
            if not any(place.iterdir()):
                place.rmdir()

    @property
    def _digested(self) -> Path:
        """Says that each file here has a digest: from then on one that is missing is a fault."""
        return self.root / ".digested"

    def take_in(self) -> tuple[str, ...]:
        """Give the files of an older version their digests, once; the weeks of those files.

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
