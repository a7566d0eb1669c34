"""Changes on disk for ``dropsonde integrate``, each of them atomic or begun anew by a second run.

Root writes, and some of the directories belong to the user that Puppet Server runs as: no link that
this user could have laid is followed, and what is put back comes from a directory of root's own.
"""

from __future__ import annotations

import contextlib
import os
import re
import stat
from typing import TYPE_CHECKING

from dropsonde.errors import FileError, IntegrationError
from dropsonde.files import read_bounded, write_atomically

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from dropsonde_puppetserver.integration.places import Part

_WRITABLE_BY_OTHERS = 0o022


@contextlib.contextmanager
def system_errors() -> Iterator[None]:
    """Tell what the operating system refuses in one line.

    Raises:
        FileError: it refused.
    """
    try:
        yield
    except OSError as error:
        path = error.filename or "a file"
        raise FileError(f"{path}: {error.strerror}", "run it as root, and check it") from error


def look(path: Path) -> os.stat_result | None:
    """What stands at a place itself, be it a link; None for nothing."""
    try:
        return path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None


def read(path: Path) -> bytes:
    """A regular file's content.

    Raises:
        FileError: it cannot be read.
    """
    data = read_bounded(path)
    if data is None:
        raise FileError(f"{path}: cannot be read", "run it as root, and look at that file")
    return data


def refuse_links(directory: Path, root: Path) -> None:
    """Refuse a directory that is reached by a link out of the root, or by another user's.

    Raises:
        IntegrationError: there is such a link on the way.
    """
    place = root
    for name in directory.relative_to(root).parts:
        place /= name
        state = look(place)
        if state is None or not stat.S_ISLNK(state.st_mode):
            continue
        inside = place.resolve().is_relative_to(root.resolve())
        if not inside or state.st_uid not in {0, os.geteuid()}:
            raise IntegrationError(
                f"{place}: a link that leads elsewhere, where root would write",
                "put a directory there",
            )


def leftovers(path: Path) -> list[Path]:
    """Half-written files that a run left here when it was killed."""
    pattern = re.compile(rf"\.{re.escape(path.name)}\.[a-z0-9_]{{8}}")
    if look(path.parent) is None:
        return []
    return sorted(found for found in path.parent.iterdir() if pattern.fullmatch(found.name))


def install(part: Part) -> None:
    """Write a file."""
    write_atomically(part.path, part.want or b"", mode=part.mode)


def link(part: Part) -> None:
    """Lay a link, in the place of another one."""
    part.path.unlink(missing_ok=True)
    part.path.symlink_to((part.want or b"").decode())


def make_directory(part: Part) -> None:
    """Make a directory."""
    part.path.mkdir(mode=part.mode)
    give(part)


def give(part: Part) -> None:
    """Give a directory of root's to the owner of another one."""
    if part.owner is not None and os.geteuid() == 0:
        owner = part.owner.stat()
        os.chown(part.path, owner.st_uid, owner.st_gid, follow_symlinks=False)


def keep_and_install(part: Part) -> None:
    """Keep the file that a package has there, then write ours."""
    if part.original is not None:
        directory = part.original.parent
        if look(directory) is None:
            directory.mkdir(mode=0o700)
        _refuse_another_users(directory)
        _copy(part.path, part.original)
    install(part)


def put_back(part: Part) -> None:
    """Write the file that was kept, with its owner, mode and time, then let go of what was kept."""
    if part.original is not None:
        _refuse_another_users(part.original.parent)
        _copy(part.original, part.path)
        part.original.unlink()


def _copy(source: Path, target: Path) -> None:
    """Packages remember more of a file than its content."""
    state = source.lstat()
    write_atomically(target, read(source), mode=stat.S_IMODE(state.st_mode))
    if os.geteuid() == 0:
        os.chown(target, state.st_uid, state.st_gid)
        target.chmod(stat.S_IMODE(state.st_mode))  # a change of owner may take bits away
    os.utime(target, ns=(state.st_atime_ns, state.st_mtime_ns))


def _refuse_another_users(directory: Path) -> None:
    state = directory.lstat()
    ours = stat.S_ISDIR(state.st_mode) and state.st_uid == os.geteuid()
    if not ours or state.st_mode & _WRITABLE_BY_OTHERS:
        raise IntegrationError(
            f"{directory}: others could have changed what was kept there",
            "look at what is in it, and move it away",
        )
