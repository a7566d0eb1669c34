"""The dataset: finished weeks, one sorted Parquet file each.

A file is only ever replaced as a whole, so whoever has it open keeps reading what it was. DuckDB is
given open files (``/proc/self/fd``) rather than paths: what it binds is what it reads, whatever is
renamed or removed meanwhile, and no path of ours needs quoting or comes out in a message.
"""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dropsonde.collector.errors import StoreUnavailableError
from dropsonde.files import private_directory, sync_directory

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import ExitStack
    from pathlib import Path

PART = "part-0.parquet"
_WEEK = re.compile(r"week=(\d{4}-W\d{2})", re.ASCII)


@dataclass(frozen=True)
class Part:
    """A week's file, open.

    Args:
        week: as ``2026-W47``.
        handle: reads the file.
    """

    week: str
    handle: int

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
        found = (_WEEK.fullmatch(path.name) for path in self.root.iterdir())
        return tuple(sorted(match[1] for match in found if match and self.path(match[1]).exists()))

    def path(self, week: str) -> Path:
        """Where a week's file is, or would be."""
        return self.root / f"week={week}" / PART

    def place_for(self, week: str) -> Path:
        """The same, with the directories around it made."""
        private_directory(self.root)
        private_directory(self.path(week).parent)
        sync_directory(self.root)
        sync_directory(self.root.parent)
        return self.path(week)

    def opened(self, week: str, stack: ExitStack) -> Part | None:
        """A week's file, until the stack closes; None when there is none."""
        try:
            handle = os.open(self.path(week), os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StoreUnavailableError(
                f"the dataset of {week} cannot be opened: {error.strerror}", "check the disk"
            ) from error
        stack.callback(os.close, handle)
        return Part(week, handle)

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
        for place in self.root.glob("week=*") if self.root.is_dir() else ():
            for left in place.glob(".*"):
                left.unlink(missing_ok=True)
            if not any(place.iterdir()):
                place.rmdir()
