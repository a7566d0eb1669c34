"""Expand paths as Puppet does, and list directories that may be missing or unreadable."""

from __future__ import annotations

import logging
import os
from pathlib import Path

logger = logging.getLogger(__name__)


def expand(text: str, home: Path, base: Path = Path("/")) -> Path:
    """Make a path absolute as Ruby's ``File.expand_path`` does, without looking at the disk.

    Args:
        text: the path as written; ``~`` and ``~/…`` are below ``home``.
        home: the home directory of the user that runs dropsonde.
        base: what a relative path starts from. Puppet takes the current directory, which is ``/``
            for a service; so does this.

    Raises:
        ValueError: for ``~user`` and for a NUL character; the message does not hold the path.
    """
    if "\0" in text:
        raise ValueError("it holds a NUL character")
    if text == "~" or text.startswith("~/"):
        text = f"{home}{text[1:]}"
    elif text.startswith("~"):
        raise ValueError("it starts with ~ and a user's name; write the path in full")
    # `..` is resolved in the text, never on the disk, and a leading `//` counts as `/`.
    return Path("/" + os.path.normpath(f"{base}/{text}" if text[:1] != "/" else text).lstrip("/"))


def exists(path: Path) -> bool:
    """Tell whether a path exists; False when access is denied, as in Ruby."""
    try:
        path.stat()
    except (OSError, ValueError):
        return False
    return True


def is_directory(path: Path) -> bool:
    """Tell whether a path leads to a directory; False when access is denied, as in Ruby."""
    return exists(path) and path.is_dir()


def children(directory: Path) -> list[Path]:
    """List a directory by name; empty for a missing one and, with a warning, an unreadable one.

    Puppet stops at a directory that it may not read. A report goes on without it.
    """
    return [directory / name for name, _ in _listed(directory)]


def subdirectories(directory: Path) -> list[str]:
    """Name the subdirectories and links to directories; as :func:`children` otherwise.

    It costs one system call per entry: a server may have tens of thousands of modules.
    """
    return [name for name, is_one in _listed(directory) if is_one]


def _listed(directory: Path) -> list[tuple[str, bool]]:
    """The sorted names in a directory, each with whether it leads to a directory."""
    if not is_directory(directory):
        return []
    try:
        with os.scandir(directory) as entries:
            return sorted((entry.name, _leads_to_directory(entry)) for entry in entries)
    except OSError as error:
        logger.warning(
            "a directory of environments or modules cannot be read (%s) and is left out; "
            "run as a user that may read all of environmentpath and modulepath",
            error.strerror,
        )
        return []


def _leads_to_directory(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False
