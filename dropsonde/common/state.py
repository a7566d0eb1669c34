"""Where dropsonde keeps its state: its seed, its list of modules, its reports."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

NAMES = ("dropsonde", "dropsonde-state")


def _look(path: Path) -> os.stat_result | None:
    try:
        return path.lstat()
    except OSError:
        return None


def state_directory(vardir: Path, look: Callable[[Path], os.stat_result | None] = _look) -> Path:
    """The directory ``dropsonde`` in Puppet's vardir, or one beside it where that is a package's.

    Puppet's own packages for Debian and Ubuntu have a gem of this name there, in a directory of
    root's to which Puppet Server's user cannot write.

    Args:
        vardir: Puppet's.
        look: gives what stands at a path itself; None for nothing.
    """
    directory, beside = (vardir / name for name in NAMES)
    own, above = look(directory), look(vardir)
    of_root = own is not None and above is not None and own.st_uid == 0 != above.st_uid
    return beside if of_root and look(directory / "gems") is not None else directory
