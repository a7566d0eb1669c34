"""Trusted files: opened only if root or the current user alone could have put them there.

Between a check of a path and a later use of it, a user who may write to a directory above can
replace it. So the path is walked from the root, one directory at a time, by the handle of the
directory above, and the handle that was opened at its end is the one that is checked and read.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Container
from pathlib import Path, PurePath

from dropsonde.common.files import MAX_BYTES, read_handle, user_name

_LINKS = 40  # Linux's own limit
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
_DIRECTORY = os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class ReplaceableError(Exception):
    """Another user could replace what is at this path.

    Attributes:
        owner: the user id of an untrusted owner; None if a trusted owner lets others write.
        advice: what makes it safe.
    """

    def __init__(self, what: str, advice: str, owner: int | None = None) -> None:
        super().__init__(what)
        self.owner = owner
        self.advice = advice


def open_trusted(path: Path, flags: int = os.O_RDONLY, owners: Container[int] | None = None) -> int:
    """Open a path that only trusted owners can have written.

    A symbolic link on the path is followed if it is also safe. In a directory with the sticky bit,
    such as /tmp, other users may add names but not replace these.

    Args:
        path: made absolute without following links.
        flags: of ``open``; it never blocks on a FIFO.
        owners: the user ids that may own the directories and links on the path and the file at its
            end; None for root and the current user.

    Returns:
        the handle; the caller closes it.

    Raises:
        ReplaceableError: another user could replace it.
        OSError: it cannot be opened; FileNotFoundError also means that no existing part of the
            path is another user's.
    """
    owners = {0, os.geteuid()} if owners is None else owners
    left = list(reversed(Path(os.path.abspath(path)).parts[1:]))  # noqa: PTH100 - keeps links
    reached, links = Path("/"), 0
    handle = os.open("/", _DIRECTORY)
    try:
        while left:
            name = left.pop()
            state = _look(handle, reached, name)
            if stat.S_ISLNK(state.st_mode):
                _refuse(reached / name, state, owners)
                links += 1
                target = _target(handle, name, links)
                left += reversed(target.parts[target.is_absolute() :])
                if target.is_absolute():
                    handle, reached = _next(handle, "/", _DIRECTORY), Path("/")
                continue
            wanted = _DIRECTORY if left else flags | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC
            handle, reached = _next(handle, name, wanted), reached / name
            _refuse(reached, os.fstat(handle), owners)
    except BaseException:
        os.close(handle)
        raise
    return handle


def _next(handle: int, name: str, flags: int) -> int:
    """Open a name in a directory, and close that directory."""
    opened = os.open(name, flags, dir_fd=handle)
    os.close(handle)
    return opened


def _target(handle: int, name: str, links: int) -> PurePath:
    """The target of a link in a directory."""
    if links > _LINKS:
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), name)
    return PurePath(os.readlink(name, dir_fd=handle))


def _look(handle: int, directory: Path, name: str) -> os.stat_result:
    """The state of a name in a directory, without following a link."""
    try:
        return os.stat(name, dir_fd=handle, follow_symlinks=False)
    except FileNotFoundError:
        if os.fstat(handle).st_mode & _OTHERS_WRITE:
            raise ReplaceableError(
                f"{directory / name}: missing, and others may put something there", "make it first"
            ) from None
        raise


def _refuse(path: Path, state: os.stat_result, owners: Container[int]) -> None:
    if state.st_uid not in owners:
        raise ReplaceableError(
            f"{path}: belongs to {user_name(state.st_uid)}, who could put other files there",
            "give it to root, or to the user that runs dropsonde",
            state.st_uid,
        )
    link = stat.S_ISLNK(state.st_mode)
    sticky = stat.S_ISDIR(state.st_mode) and state.st_mode & stat.S_ISVTX
    if state.st_mode & _OTHERS_WRITE and not (link or sticky):
        raise ReplaceableError(f"{path}: others may write to it", "chmod go-w it")


def read_trusted(
    path: Path, limit: int = MAX_BYTES, owners: Container[int] | None = None
) -> tuple[bytes, os.stat_result]:
    """Read a trusted regular file from the handle that was checked.

    Args:
        path: as for :func:`open_trusted`, and so are the owners.
        limit: bytes.
        owners: the user ids that are trusted.

    Returns:
        its content and its ``fstat``.

    Raises:
        ReplaceableError: another user could replace it.
        OSError: it cannot be read, is not a regular file, or is larger than ``limit`` bytes.
    """
    handle = open_trusted(path, owners=owners)
    try:
        return read_handle(handle, path, limit), os.fstat(handle)
    finally:
        os.close(handle)
