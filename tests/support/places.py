"""Test directories that other users have to reach."""

from __future__ import annotations

from pathlib import Path


def let_others_in(path: Path) -> None:
    """Let every user enter and list a directory, and all above it."""
    for directory in (path, *path.parents):
        mode = directory.stat().st_mode
        if mode & 0o055 != 0o055:
            directory.chmod(mode | 0o055)
