"""The data directory: private, owned by the current user, used by one collector at a time.

lock              held by the collector while it runs
remote.json       the remote store of its finished weeks, if any
spool.sqlite      acknowledged rows of unfinished weeks
spool.sqlite-seq  the newest of them
deletions         sites that are being deleted
dataset/          finished weeks: week=2026-W47/part-0.parquet
scratch/          temporary files of running processes; each locks its own directory
damaged/          spools that were set aside
"""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from dropsonde.common.errors import CollectorBusyError, DataDirectoryError
from dropsonde.common.files import (
    PRIVATE_DIRECTORY,
    locked,
    locking,
    private_directory,
    sync_directory,
)

_FOR_OTHERS = stat.S_IRWXG | stat.S_IRWXO


@dataclass(frozen=True)
class Directory:
    """The paths in a checked data directory.

    Args:
        root: the directory.
    """

    root: Path

    @property
    def spool(self) -> Path:
        """The SQLite file; its ``-wal`` and ``-shm`` are in the same directory."""
        return self.root / "spool.sqlite"

    @property
    def dataset(self) -> Path:
        """Holds one directory per finished week."""
        return self.root / "dataset"

    @property
    def damaged(self) -> Path:
        """Holds one directory per spool that was set aside."""
        return self.root / "damaged"

    @contextlib.contextmanager
    def held(self) -> Iterator[int]:
        """Lock this directory for this collector; yield the lock's handle.

        Raises:
            CollectorBusyError: another collector holds it.
        """
        with locking(self.root / "lock", wait=False) as handle:
            if handle is None:
                raise CollectorBusyError(
                    f"{self.root}: another collector is running here",
                    "stop it first, or let it do this on its own schedule",
                )
            yield handle

    @contextlib.contextmanager
    def scratch(self) -> Iterator[Path]:
        """A directory for temporary files; if this process is killed, another one sweeps it."""
        place = private_directory(self.root / "scratch")
        with locked(place / "lock"):  # prevents a sweep between making and locking it
            mine = Path(tempfile.mkdtemp(dir=place))
            lock = contextlib.ExitStack()
            lock.enter_context(locked(mine / "lock"))
        try:
            yield mine
        finally:
            shutil.rmtree(mine, ignore_errors=True)
            lock.close()

    def sweep(self) -> None:
        """Remove the directories of killed processes from the scratch directory."""
        place = private_directory(self.root / "scratch")
        with locked(place / "lock"):
            for left in place.iterdir():
                if left.is_dir():
                    with locked(left / "lock", wait=False) as dead:
                        if dead:
                            shutil.rmtree(left, ignore_errors=True)


def made(root: Path) -> Directory:
    """The data directory, created if it is missing.

    Raises:
        DataDirectoryError: it cannot be made, or is not private.
    """
    try:
        if not os.path.lexists(root):
            root.mkdir(mode=PRIVATE_DIRECTORY, parents=True)
            sync_directory(root.parent)
    except OSError as error:
        raise _unusable(root, error.strerror or "it cannot be made", "choose another") from error
    return checked(root)


def checked(root: Path) -> Directory:
    """An existing data directory.

    Raises:
        DataDirectoryError: it is missing, a link, another user's, or open to others.
    """
    try:
        handle = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError as error:
        raise _unusable(root, "it does not exist", "start a collector with it first") from error
    except OSError as error:
        reason = "it is a link" if root.is_symlink() else error.strerror or "it cannot be opened"
        raise _unusable(root, reason, "name the directory itself") from error
    try:
        state = os.fstat(handle)
    finally:
        os.close(handle)
    if state.st_uid != os.geteuid():
        raise _unusable(root, "it belongs to another user", "run as its owner, or choose another")
    if state.st_mode & _FOR_OTHERS:
        mode = f"{stat.S_IMODE(state.st_mode):04o}"
        raise _unusable(root, f"others may enter it (mode {mode})", "chmod 0700 it")
    return Directory(root)


def _unusable(root: Path, reason: str, advice: str) -> DataDirectoryError:
    return DataDirectoryError(f"the data directory {root} cannot be used: {reason}", advice)
