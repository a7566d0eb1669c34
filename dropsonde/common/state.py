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
    """``dropsonde`` in Puppet's vardir, or ``dropsonde-state`` if a package owns the former.

    Puppet's own packages for Debian and Ubuntu install a gem of this name there, in a directory
    of root's that Puppet Server's user cannot write to.

    Args:
        vardir: Puppet's.
        look: returns the ``lstat`` of a path; None if it does not exist.
    """
    directory, beside = (vardir / name for name in NAMES)
    own, above = look(directory), look(vardir)
    of_root = own is not None and above is not None and own.st_uid == 0 != above.st_uid
    return beside if of_root and look(directory / "gems") is not None else directory
