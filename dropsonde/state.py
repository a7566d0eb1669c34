"""Where dropsonde keeps its state: its seed, its list of modules, its reports."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

NAMES = ("dropsonde", "dropsonde-state")


def state_directory(vardir: Path) -> Path:
    """The directory ``dropsonde`` in Puppet's vardir, or one beside it where that is a package's.

    Puppet's own packages for Debian and Ubuntu have a gem of this name there, in a directory of
    root's to which Puppet Server's user cannot write.
    """
    directory, beside = (vardir / name for name in NAMES)
    try:
        roots = directory.lstat().st_uid == 0 != vardir.stat().st_uid
        (directory / "gems").lstat()
    except OSError:  # missing, or no gem's
        return directory
    return beside if roots else directory
