"""Back up the data directory as of one moment, while a collector continues writing.

As a reader does, it copies the spool first and then the files: rows that are compacted in between
are in both, and count once. Files of weeks are never changed in place, so on the same file system
they are hard linked instead of copied.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from dropsonde.collector.store.directory import Directory
from dropsonde.collector.store.parquet import digests
from dropsonde.collector.store.parquet.dataset import Dataset
from dropsonde.collector.store.spool.sqlite_errors import translated
from dropsonde.common.errors import BackupError
from dropsonde.common.files import PRIVATE_FILE, sync_directory

if TYPE_CHECKING:
    from dropsonde.collector.store.parquet.dataset import Part


def back_up(directory: Directory, target: Path) -> None:
    """Copy a data directory to a new one, which gets its name when it is complete.

    Raises:
        BackupError: the target exists, or cannot be written.
        StoreUnavailableError: the spool cannot be read.
    """
    if os.path.lexists(target):
        raise BackupError(f"{target} exists", "name a directory that does not")
    try:
        temporary = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
        try:
            copy = Directory(temporary)
            _copy_spool(directory.spool, copy.spool)
            with contextlib.ExitStack() as stack:
                for part in Dataset(directory.dataset).parts(stack):
                    _take(part, Dataset(directory.dataset).path(part.week), Dataset(copy.dataset))
            Dataset(copy.dataset).take_in()  # only the files of an older version
            sync_directory(temporary)
            temporary.rename(target)
            sync_directory(target.parent)
        except BaseException:
            shutil.rmtree(temporary, ignore_errors=True)
            raise
    except OSError as error:
        raise BackupError(
            f"{target} cannot be written: {error.strerror}", "check its permissions and the space"
        ) from error


def _copy_spool(spool: Path, copy: Path) -> None:
    os.close(os.open(copy, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, PRIVATE_FILE))
    try:
        with (
            contextlib.closing(
                sqlite3.connect(f"{spool.absolute().as_uri()}?mode=ro", uri=True)
            ) as old,
            contextlib.closing(sqlite3.connect(copy)) as new,
        ):
            old.backup(new)  # in one step: a writer neither waits nor restarts the copy
    except sqlite3.Error as error:
        raise translated(error) from error


def _take(part: Part, path: Path, copy: Dataset) -> None:
    target = copy.place_for(part.week)
    if not _linked(part, path, target):
        with (
            open(os.dup(part.handle), "rb") as old,  # noqa: PTH123 - an open handle, not a path
            os.fdopen(os.open(target, os.O_CREAT | os.O_WRONLY, PRIVATE_FILE), "wb") as new,
        ):
            shutil.copyfileobj(old, new)
            new.flush()
            os.fsync(new.fileno())
    if part.digest is not None:
        digests.keep(target, [part.digest])
    sync_directory(target.parent)


def _linked(part: Part, path: Path, target: Path) -> bool:
    """Hard link a file; False on another file system, or if it was replaced or dropped since."""
    try:
        os.link(path, target)
    except OSError:
        return False
    if os.path.samestat(target.lstat(), os.fstat(part.handle)):
        return True
    target.unlink()
    return False
