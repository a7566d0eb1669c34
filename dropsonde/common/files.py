"""Files: read with a size limit, written atomically, private, and locked.

A file read here may be another user's: it is opened without blocking, must be a regular file, and
may not be larger than the caller's limit. No file is ever given to another user: a process that
shares a directory with Puppet Server runs as its owner (privileges.py).

Errors: functions that write raise :class:`FileError` naming the path if the system refuses.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import pwd
import stat
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from dropsonde.common.errors import FileError

PRIVATE_FILE = 0o600
PRIVATE_DIRECTORY = 0o700
MAX_BYTES = 4 << 20


class OddFileError(OSError):
    """A path is not a regular file, or the file is larger than the limit."""


def read_file(path: Path, limit: int = MAX_BYTES) -> bytes:
    """A regular file's content.

    Args:
        path: the file, or a symbolic link to it.
        limit: bytes.

    Raises:
        OddFileError: it is not a regular file, or is larger than ``limit``.
        OSError: it cannot be opened or read.
    """
    # A FIFO must not block; a terminal must not become this process's controlling terminal.
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    try:
        return read_handle(handle, path, limit)
    finally:
        os.close(handle)


def read_handle(handle: int, path: Path, limit: int) -> bytes:
    """Read an open handle as :func:`read_file` does."""
    state = os.fstat(handle)
    if stat.S_ISDIR(state.st_mode):
        raise OddFileError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not stat.S_ISREG(state.st_mode):
        raise OddFileError(errno.EINVAL, "Not a regular file", str(path))
    # No buffer of the limit's size: a server has tens of thousands of small files.
    data = os.read(handle, min(state.st_size, limit) + 1)
    if len(data) > limit or len(data) != state.st_size:
        what = f"Larger than {limit:,} bytes" if state.st_size > limit else "Changed while read"
        raise OddFileError(errno.EFBIG, what, str(path))
    return data


def read_bounded(path: Path, limit: int = MAX_BYTES) -> bytes | None:
    """A regular file's content; None if it cannot be read or is larger than ``limit`` bytes."""
    try:
        return read_file(path, limit)
    except (OSError, ValueError):  # ValueError: a NUL in the path
        return None


def is_there(path: Path) -> bool:
    """Whether something exists at a path, a dangling link included.

    ``Path.exists`` takes what it may not look at for absent (since Python 3.14 whatever the error).
    What decides whether data may leave this host must not.

    Raises:
        OSError: it cannot be told.
    """
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def _refused(path: Path, error: OSError) -> FileError:
    advice = "check its permissions and the free space, or choose another place"
    if error.errno in {errno.EACCES, errno.EPERM}:  # root may have become another user
        return FileError(f"{path}: {error.strerror} for user {user_name(os.geteuid())}", advice)
    return FileError(f"{path}: {error.strerror or error}", advice)


def user_name(uid: int) -> str:
    """A user's name, or its number if it has none."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def private_directory(path: Path) -> Path:
    """Make a directory (and its parents) that only its owner can enter; keep an existing one."""
    try:
        if not path.is_dir():
            path.mkdir(mode=PRIVATE_DIRECTORY, parents=True, exist_ok=True)
    except OSError as error:
        raise _refused(path, error) from error
    return path


def write_atomically(path: Path, data: bytes, *, mode: int = PRIVATE_FILE) -> None:
    """Replace a file's content atomically; a kill leaves the complete old or new file."""
    with replacing(path, mode=mode) as file:
        file.write(data)


@contextlib.contextmanager
def replacing(path: Path, *, mode: int = PRIVATE_FILE) -> Iterator[BinaryIO]:
    """Open a temporary file to write; it replaces ``path`` once it is complete and on disk."""
    import tempfile  # noqa: PLC0415  # brings much in, and most commands write no file

    temporary = None
    _sweep(path)
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        temporary = Path(name)
        with os.fdopen(handle, "wb") as file:
            os.fchmod(file.fileno(), mode)
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
    """Remove temporary files of killed runs that are more than a day old."""
    import glob  # noqa: PLC0415  # as above

    old = time.time() - 86_400
    with contextlib.suppress(OSError):  # cleaning up is best effort
        for left in path.parent.glob(f".{glob.escape(path.name)}.{'[a-z0-9_]' * 8}"):
            state = left.lstat()
            if stat.S_ISREG(state.st_mode) and state.st_mtime < old:
                left.unlink()


def sync_directory(directory: Path) -> None:
    """Flush a directory to disk, to make a rename durable."""
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextlib.contextmanager
def locked(path: Path, *, wait: bool = True) -> Iterator[bool]:
    """Hold an exclusive lock on a lock file; the kernel releases it when the process ends.

    Yields:
        True when the lock is held; False when another process holds it and ``wait`` is false.
    """
    with locking(path, wait=wait) as handle:
        yield handle is not None


@contextlib.contextmanager
def locking(path: Path, *, wait: bool = True) -> Iterator[int | None]:
    """As :func:`locked`; yield the lock file's handle, or None.

    A child that inherits the handle also holds the lock.
    """
    try:
        # Do not follow a link; do not block on a FIFO.
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
        handle = os.open(path, flags, PRIVATE_FILE)
    except OSError as error:
        raise _refused(path, error) from error
    try:
        held: int | None = handle
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            held = None
        except OSError as error:  # some network file systems do not support locks
            raise _refused(path, error) from error
        yield held
    finally:
        os.close(handle)
