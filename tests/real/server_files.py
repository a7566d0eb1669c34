"""The differences of a private view of the machine from the machine itself."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from tests.real.server_machine import Machine

GONE = "gone"


class Entry(NamedTuple):
    """One file, directory or link, without its times.

    Attributes:
        kind: type and permissions as ``ls -l`` prints them, or ``GONE``.
        owner: user and group.
        content: of a file, its SHA-256; of a link, its target.
    """

    kind: str
    owner: tuple[int, int] = (0, 0)
    content: str = ""


def differences(machine: Machine) -> Mapping[str, Entry]:
    """Return all paths that differ from the machine itself.

    The overlay keeps every path that was ever touched; unchanged ones are left out.
    """
    changed = {}
    for directory, subdirectories, files in os.walk(machine.layer):
        for each in (*subdirectories, *files):
            path = Path(directory, each)
            real = Path("/", path.relative_to(machine.layer))
            entry = _entry(path)
            if entry != _entry(real):
                changed[str(real)] = entry
            elif _hides(path):
                changed |= {str(hidden): Entry(GONE) for hidden in _hidden(path, real)}
    return changed


def _entry(path: Path) -> Entry:
    try:
        state = path.lstat()
    except OSError:
        return Entry(GONE)
    if stat.S_ISCHR(state.st_mode) and state.st_rdev == 0:  # an overlay's mark of a removal
        return Entry(GONE)
    content = ""
    if stat.S_ISREG(state.st_mode):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
    elif stat.S_ISLNK(state.st_mode):
        content = str(path.readlink())
    return Entry(stat.filemode(state.st_mode), (state.st_uid, state.st_gid), content)


def _hidden(path: Path, real: Path) -> Iterator[Path]:
    """The paths that were in a directory before it was recreated, and are not now."""
    return (each for each in real.iterdir() if not os.path.lexists(path / each.name))


def _hides(path: Path) -> bool:
    """Whether a directory was removed and recreated: then its old content is hidden."""
    try:
        return os.getxattr(path, "trusted.overlay.opaque", follow_symlinks=False) == b"y"
    except OSError:
        return False
