"""Files of our own: written whole or not at all, private, and locked.

What root writes belongs to whoever owns the directory around it: an administrator's `preview` must
not lock out Puppet Server, which runs as its own user and shares the cache.

Errors: each function raises :class:`FileError` naming the path when the operating system refuses.
"""

from __future__ import annotations

import contextlib
import fcntl
import glob
import os
import stat
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from dropsonde.errors import FileError

if TYPE_CHECKING:
    from collections.abc import Iterator

PRIVATE_FILE = 0o600
PRIVATE_DIRECTORY = 0o700
MAX_BYTES = 4 << 20


def read_bounded(path: Path, limit: int = MAX_BYTES) -> bytes | None:
    """A regular file's content; None when there is none, or it is larger than ``limit`` bytes."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)  # a FIFO must not block
    except (OSError, ValueError):
        return None
    try:
        state = os.fstat(handle)
        if not stat.S_ISREG(state.st_mode) or state.st_size > limit:
            return None
        # Never a buffer of the limit's size: a server has tens of thousands of small files.
        data = os.read(handle, state.st_size + 1)
        return data if len(data) == state.st_size else None
    except OSError:
        return None
    finally:
        os.close(handle)


def _refused(path: Path, error: OSError) -> FileError:
    return FileError(
        f"{path}: {error.strerror or error}",
        "check its permissions and the free space, or choose another place",
    )


def private_directory(path: Path) -> Path:
    """Make a directory (and its parents) that only its owner can enter; leave an existing one."""
    try:
        if not path.is_dir():
            path.mkdir(mode=PRIVATE_DIRECTORY, parents=True, exist_ok=True)
            handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            try:
                _hand_over(handle, path.parent)
            finally:
                os.close(handle)
    except OSError as error:
        raise _refused(path, error) from error
    return path


def _hand_over(handle: int, directory: Path) -> None:
    """Give an open file of root's to the owner of a directory."""
    if os.geteuid() == 0:
        owner = directory.stat()
        os.fchown(handle, owner.st_uid, owner.st_gid)


def write_atomically(path: Path, data: bytes, *, mode: int = PRIVATE_FILE) -> None:
    """Replace a file by ``data``; a kill at any moment leaves the old or the new file, whole."""
    with replacing(path, mode=mode) as file:
        file.write(data)


@contextlib.contextmanager
def replacing(path: Path, *, mode: int = PRIVATE_FILE) -> Iterator[BinaryIO]:
    """A file to write, which takes ``path``'s place once it is complete and on disk."""
    temporary = None
    _sweep(path)
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        temporary = Path(name)
        with os.fdopen(handle, "wb") as file:
            os.fchmod(file.fileno(), mode)
            _hand_over(file.fileno(), path.parent)
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
        sync_directory(path.parent)
    except OSError as error:
        raise _refused(path, error) from error
    finally:
        if temporary is not None:
            with contextlib.suppress(OSError):
                temporary.unlink()


def _sweep(path: Path) -> None:
    """Remove what killed runs left of a file that they were writing, once it is a day old."""
    old = time.time() - 86_400
    with contextlib.suppress(OSError):  # tidying up is a courtesy
        for left in path.parent.glob(f".{glob.escape(path.name)}.{'[a-z0-9_]' * 8}"):
            state = left.lstat()
            if stat.S_ISREG(state.st_mode) and state.st_mtime < old:
                left.unlink()


def sync_directory(directory: Path) -> None:
    """Make a rename durable."""
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextlib.contextmanager
def locked(path: Path, *, wait: bool = True) -> Iterator[bool]:
    """Hold an exclusive lock on a lock file; the kernel frees it however the process ends.

    Yields:
        True when the lock is held; False when another process holds it and ``wait`` is false.
    """
    try:
        # Never through a link: root locks in directories of other users.
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        handle = os.open(path, flags, PRIVATE_FILE)
    except OSError as error:
        raise _refused(path, error) from error
    try:
        held = True
        try:
            _hand_over(handle, path.parent)
            fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            held = False
        except OSError as error:  # some network file systems have no locks
            raise _refused(path, error) from error
        yield held
    finally:
        os.close(handle)
