"""Files that decide what runs, opened once: nobody but root or who runs could have put them there.

A check of a path and a later use of it are two looks, and whoever may write to a directory above
can lay something else there in between. So a path is walked from the root, one directory at a time
and each by the handle of the one above, and what was opened at its end is what is checked and read.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Container
from pathlib import Path, PurePath

from dropsonde.common.files import MAX_BYTES, read_handle, user_name

_LINKS = 40  # as many as Linux itself follows
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
_DIRECTORY = os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class ReplaceableError(Exception):
    """Somebody else could put something else at this path.

    Attributes:
        owner: the user id of whose the place is, if that is what is wrong; None where root or who
            runs has let others write.
        advice: what makes it safe.
    """

    def __init__(self, what: str, advice: str, owner: int | None = None) -> None:
        super().__init__(what)
        self.owner = owner
        self.advice = advice


def open_trusted(path: Path, flags: int = os.O_RDONLY, owners: Container[int] | None = None) -> int:
    """Open what only its owners can have put at a path.

    A link on the way is followed when it is as safe as all else. In a directory with the sticky
    bit, such as /tmp, others may add names and not replace these.

    Args:
        path: made absolute by its text.
        flags: of ``open``; never waits for the other side of a FIFO.
        owners: the user ids that are trusted with every directory and link on the way, and with
            what stands at the end; None for root and who runs.

    Returns:
        the handle; the caller closes it.

    Raises:
        ReplaceableError: another user could put something else there.
        OSError: it cannot be opened; FileNotFoundError also says that none of what there is on the
            way is another user's.
    """
    owners = {0, os.geteuid()} if owners is None else owners
    left = list(reversed(Path(os.path.abspath(path)).parts[1:]))  # noqa: PTH100 - keeps links
    place, links = Path("/"), 0
    handle = os.open("/", _DIRECTORY)
    try:
        while left:
            name = left.pop()
            found = _look(handle, place, name)
            if stat.S_ISLNK(found.st_mode):
                _refuse(place / name, found, owners)
                links += 1
                target = _target(handle, name, links)
                left += reversed(target.parts[target.is_absolute() :])
                if target.is_absolute():
                    handle, place = _next(handle, "/", _DIRECTORY), Path("/")
                continue
            wanted = _DIRECTORY if left else flags | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC
            handle, place = _next(handle, name, wanted), place / name
            _refuse(place, os.fstat(handle), owners)
    except BaseException:
        os.close(handle)
        raise
    return handle


def _next(handle: int, name: str, flags: int) -> int:
    """Open a name in a directory, and let go of that directory."""
    opened = os.open(name, flags, dir_fd=handle)
    os.close(handle)
    return opened


def _target(handle: int, name: str, links: int) -> PurePath:
    """Where a link in a directory leads."""
    if links > _LINKS:
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), name)
    return PurePath(os.readlink(name, dir_fd=handle))


def _look(handle: int, place: Path, name: str) -> os.stat_result:
    """What stands at a name in a directory."""
    try:
        return os.stat(name, dir_fd=handle, follow_symlinks=False)
    except FileNotFoundError:
        if os.fstat(handle).st_mode & _OTHERS_WRITE:
            raise ReplaceableError(
                f"{place / name}: missing, and others may put something there", "make it first"
            ) from None
        raise


def _refuse(place: Path, found: os.stat_result, owners: Container[int]) -> None:
    if found.st_uid not in owners:
        raise ReplaceableError(
            f"{place}: belongs to {user_name(found.st_uid)}, who could put other files there",
            "give it to root, or to the user that runs dropsonde",
            found.st_uid,
        )
    link = stat.S_ISLNK(found.st_mode)
    sticky = stat.S_ISDIR(found.st_mode) and found.st_mode & stat.S_ISVTX
    if found.st_mode & _OTHERS_WRITE and not (link or sticky):
        raise ReplaceableError(f"{place}: others may write to it", "chmod go-w it")


def read_trusted(
    path: Path, limit: int = MAX_BYTES, owners: Container[int] | None = None
) -> tuple[bytes, os.stat_result]:
    """A regular file of root's or of who runs, read from the handle that was checked.

    Args:
        path: as for :func:`open_trusted`, and so are the owners.
        limit: bytes.
        owners: the user ids that are trusted.

    Returns:
        its content, and what is known of it.

    Raises:
        ReplaceableError: another user could put something else there.
        OSError: it cannot be read, is no regular file, or is larger than ``limit`` bytes.
    """
    handle = open_trusted(path, owners=owners)
    try:
        return read_handle(handle, path, limit), os.fstat(handle)
    finally:
        os.close(handle)
