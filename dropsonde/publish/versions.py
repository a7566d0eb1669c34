"""The versions of the public files, beside the public root.

``DIR`` is a symbolic link to the version that readers have: ``.DIR.<digest><0 or 1>``, the digest
of what its files are made from. So a version of that name need not be made again, unless somebody
changed it: then another of the same digest takes its place, in the one step that all have.
"""

from __future__ import annotations

import glob
import hashlib
import json
import os
import shutil
import time
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from dropsonde.common.errors import PublicRootError
from dropsonde.common.files import sync_directory
from dropsonde.publish.program import makers

if TYPE_CHECKING:
    from dropsonde.publish.forge import Forge
    from dropsonde.publish.weeks import Source

_DIGITS = 16  # of a name
_TICK = 0.02  # seconds: file systems have the time of the kernel's last tick, 1 to 10 ms ago


def current(root: Path) -> Path | None:
    """The version that readers have now.

    Raises:
        PublicRootError: something else is there.
    """
    if not os.path.lexists(root):
        return None
    if root.is_symlink():
        target = root.parent / root.readlink()
        if target in root.parent.glob(_pattern(root)):
            return target
    raise PublicRootError(
        f"{root} is there and was not made by publishing", "name a path that does not exist"
    )


def names(root: Path, found: Sequence[Source], site: str, forge: Forge) -> tuple[Path, Path]:
    """The two paths that a version made from all of this may have."""
    known = None if forge.modules is None else sorted(forge.modules)
    deprecated = sorted(forge.deprecated.items())
    weeks = [(each.week, each.digest) for each in found]
    made_from = json.dumps([makers(), weeks, site, known, deprecated])
    digest = hashlib.sha256(made_from.encode()).hexdigest()[: _DIGITS - 1]
    return root.with_name(f".{root.name}.{digest}0"), root.with_name(f".{root.name}.{digest}1")


def untouched(root: Path, version: Path) -> int | None:
    """Count the files of the version that readers have.

    Returns:
        None if a file or a directory was changed since readers have it: a directory is once
        something in it comes or goes. What was written in the very moment may be either, and
        counts as changed.
    """
    shown, files = root.lstat().st_mtime_ns, 0
    for directory, _, inside in os.walk(version):
        for path in (directory, *(f"{directory}/{name}" for name in inside)):
            if os.lstat(path).st_mtime_ns >= shown:
                return None
        files += len(inside)
    return files


def show(root: Path, version: Path) -> None:
    """Switch readers to a version in one step."""
    time.sleep(_TICK)  # or the link could be as old as the last file: see ``untouched``
    link = root.with_name(f".{root.name}.link")
    link.unlink(missing_ok=True)
    link.symlink_to(version.name)
    link.replace(root)
    sync_directory(root.parent)


def sweep(root: Path, keep: Collection[Path | None]) -> None:
    """Remove directories that neither readers nor the next run need."""
    for pattern in (f".{glob.escape(root.name)}.new-*", _pattern(root)):
        for path in root.parent.glob(pattern):
            if path not in keep:
                shutil.rmtree(path)


def _pattern(root: Path) -> str:
    return f".{glob.escape(root.name)}.{'[0-9a-f]' * _DIGITS}"
