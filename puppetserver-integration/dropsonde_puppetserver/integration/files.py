"""Change files for ``dropsonde integrate``; every change is atomic or repeatable by a second run.

Root writes, and some of the directories belong to the user that Puppet Server runs as. So every
directory is opened component by component from the root; below another user's directory no link is
followed, and all operations use the directory's handle, even if its path has changed. Its owner
makes the state, and restored files come from a directory of root's own.
"""

from __future__ import annotations

import contextlib
import os
import re
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from dropsonde.common.errors import FileError, IntegrationError
from dropsonde.common.files import MAX_BYTES, read_handle

if TYPE_CHECKING:
    from dropsonde_puppetserver.integration.part import Part

_WRITABLE_BY_OTHERS = 0o022
_PERMISSIONS = 0o777
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


@contextlib.contextmanager
def system_errors() -> Iterator[None]:
    """Convert errors of the operating system to one line.

    Raises:
        FileError: it refused.
    """
    try:
        yield
    except OSError as error:
        path = error.filename or "a file"
        raise FileError(f"{path}: {error.strerror}", "run it as root, and check it") from error


class Files:
    """The files of a host.

    Args:
        root: the root of all paths.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    @contextlib.contextmanager
    def _entered(self, directory: Path) -> Iterator[int]:
        """Open the handle of a directory.

        Raises:
            FileNotFoundError: the directory is missing.
            IntegrationError: its path has a link out of the root, or one that another user could
                have made.
        """
        handle = self._enter(directory)
        try:
            yield handle
        finally:
            os.close(handle)

    def _enter(self, directory: Path) -> int:
        path, foreign, detour = self._root, False, None
        handle = os.open(path, _DIRECTORY)
        try:
            for name in directory.relative_to(path).parts:
                path /= name
                state = _at(handle, name, path)
                if stat.S_ISLNK(state.st_mode):
                    target = self._inside(path, state, foreign=foreign)
                    detour = target / directory.relative_to(path)
                    break
                foreign = foreign or _is_anothers(state)
                handle = _next(handle, name)
        except BaseException:
            os.close(handle)
            raise
        if detour is None:
            return handle
        os.close(handle)
        return self._enter(detour)

    def _inside(self, link: Path, found: os.stat_result, *, foreign: bool) -> Path:
        """Resolve an administrator's link; refuse any other."""
        target = link.resolve()
        if foreign or _is_anothers(found) or not target.is_relative_to(self._root):
            raise IntegrationError(
                f"{link}: a link that leads elsewhere, where root would write",
                "put a directory there",
            )
        return target

    def look(self, path: Path) -> os.stat_result | None:
        """Return the status of a path, without following a link; None when it is missing."""
        try:
            with self._entered(path.parent) as handle:
                return _at(handle, path.name, path)
        except (FileNotFoundError, NotADirectoryError):
            return None

    def read(self, path: Path) -> bytes:
        """Read a regular file."""
        with self._entered(path.parent) as handle:
            return _content(handle, path)[0]

    def target(self, path: Path) -> str:
        """Read a link's target."""
        with self._entered(path.parent) as handle:
            return os.readlink(path.name, dir_fd=handle)

    def names(self, directory: Path) -> list[str]:
        """List a directory; empty when it is missing."""
        try:
            with self._entered(directory) as handle:
                return sorted(os.listdir(handle))  # noqa: PTH208 - by its handle
        except (FileNotFoundError, NotADirectoryError):
            return []

    def leftovers(self, path: Path) -> list[Path]:
        """List the temporary files that a killed run left."""
        pattern = re.compile(rf"\.{re.escape(path.name)}\.[a-z0-9_]{{8}}")
        found = (name for name in self.names(path.parent) if pattern.fullmatch(name))
        return [path.with_name(name) for name in found]

    def unlink(self, path: Path) -> None:
        """Remove a file or a link."""
        with self._entered(path.parent) as handle:
            os.unlink(path.name, dir_fd=handle)

    def rmdir(self, path: Path) -> None:
        """Remove an empty directory."""
        with self._entered(path.parent) as handle:
            os.rmdir(path.name, dir_fd=handle)

    def install(self, part: Part) -> None:
        """Write a file."""
        with self._entered(part.path.parent) as handle:
            _write(handle, part.path.name, part.want or b"", part.mode)

    def link(self, part: Part) -> None:
        """Make a link; replace an existing one."""
        with self._entered(part.path.parent) as handle:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(part.path.name, dir_fd=handle)
            os.symlink((part.want or b"").decode(), part.path.name, dir_fd=handle)

    def make_directory(self, part: Part) -> None:
        """Make a directory; below another user's directory, make it as that user."""
        with self._entered(part.path.parent) as handle:
            owner = os.fstat(handle)
            if not part.is_state or os.geteuid() != 0 or owner.st_uid == 0:
                os.mkdir(part.path.name, part.mode, dir_fd=handle)
                return
        made = subprocess.run(
            ["mkdir", f"--mode={part.mode:o}", "--", part.path],
            user=owner.st_uid,
            group=owner.st_gid,
            extra_groups=[],
            cwd="/",
            capture_output=True,
            check=False,
        )
        if made.returncode != 0:
            raise FileError(f"{part.path}: its user cannot make it", "look at the directory above")

    def keep_and_install(self, part: Part) -> None:
        """Back up the package's file, then write dropsonde's."""
        if part.original is not None:
            self._make_private(part.original.parent)
            self._copy(part.path, part.original, kept=part.original)
        self.install(part)

    def put_back(self, part: Part) -> None:
        """Restore the backup with its owner, mode and time, and delete the backup."""
        if part.original is not None:
            self._copy(part.original, part.path, kept=part.original)
            self.unlink(part.original)

    def _make_private(self, directory: Path) -> None:
        for path in (directory.parent, directory):
            with self._entered(path.parent) as handle, contextlib.suppress(FileExistsError):
                os.mkdir(path.name, 0o700, dir_fd=handle)

    def _copy(self, source: Path, target: Path, *, kept: Path) -> None:
        """Copy a file, its owner, mode and time; refuse a backup directory that is not root's."""
        with self._entered(source.parent) as there, self._entered(target.parent) as here:
            _refuse_another_users(kept.parent, there if kept == source else here)
            data, state = _content(there, source)
            _write(here, target.name, data, stat.S_IMODE(state.st_mode) & _PERMISSIONS, state)


def _is_anothers(found: os.stat_result) -> bool:
    """Whether a user other than root and this one could change the content."""
    if found.st_uid not in {0, os.geteuid()}:
        return True
    return bool(stat.S_ISDIR(found.st_mode) and found.st_mode & _WRITABLE_BY_OTHERS)


def _at(handle: int, name: str, path: Path) -> os.stat_result:
    """The status of a name in a directory; errors name the path."""
    try:
        return os.stat(name, dir_fd=handle, follow_symlinks=False)
    except OSError as error:
        error.filename = str(path)
        raise


def _next(handle: int, name: str) -> int:
    opened = os.open(name, _DIRECTORY, dir_fd=handle)
    os.close(handle)
    return opened


def _content(handle: int, path: Path) -> tuple[bytes, os.stat_result]:
    """Read a regular file in a directory; return its content and status."""
    opened = os.open(path.name, _FILE, dir_fd=handle)
    try:
        return read_handle(opened, path, MAX_BYTES), os.fstat(opened)
    finally:
        os.close(opened)


def _write(
    directory: int, name: str, data: bytes, mode: int, like: os.stat_result | None = None
) -> None:
    """Replace a file in a directory atomically, with the owner and time of another file."""
    temporary = f".{name}.{os.urandom(4).hex()}"
    handle = os.open(temporary, _NEW, 0o600, dir_fd=directory)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            if like is not None and os.geteuid() == 0:
                os.fchown(handle, like.st_uid, like.st_gid)
            os.fchmod(handle, mode)
            if like is not None:
                os.utime(handle, ns=(like.st_atime_ns, like.st_mtime_ns))
            os.fsync(handle)
        os.rename(temporary, name, src_dir_fd=directory, dst_dir_fd=directory)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary, dir_fd=directory)
        raise
    os.fsync(directory)


def _refuse_another_users(directory: Path, handle: int) -> None:
    state = os.fstat(handle)
    if state.st_uid != os.geteuid() or state.st_mode & _WRITABLE_BY_OTHERS:
        raise IntegrationError(
            f"{directory}: others could have changed what was kept there",
            "look at what is in it, and move it away",
        )
