"""Expand directory patterns, which a modulepath in environment.conf may hold.

They match as in Ruby's ``Dir.glob``: ``**`` follows no links. The number of directories scanned is
bounded: a short pattern such as ``/**/**`` would scan the whole system repeatedly, and links that
lead back make any tree endless.
"""

from __future__ import annotations

import contextlib
import errno
import fnmatch
import os
import re
from collections.abc import Iterator

MAX_LOOKS = 10_000  # directories
_MAGIC = re.compile(r"[*?\[]")
_LONGEST_PART = 1024  # characters; a name has 255 bytes at most


class Matcher:
    """Expands all patterns of one modulepath.

    Args:
        looks: how many directories may be scanned, for all patterns together.
    """

    def __init__(self, looks: int = MAX_LOOKS) -> None:
        self._left = looks

    def matches(self, pattern: str) -> list[str]:
        """The paths that match an absolute pattern, sorted by their parts.

        Raises:
            OSError: too many directories would have to be scanned.
        """
        found = {""}
        for part in filter(None, pattern.replace("[^", "[!").split("/")):
            found = {path for base in found for path in self._below(base, part)}
        return sorted(found, key=lambda path: path.split("/"))

    def _below(self, base: str, part: str) -> Iterator[str]:
        """The paths below a base that match one part of a pattern."""
        if part == "**":
            yield base
            yield from self._all_below(base)
        elif _MAGIC.search(part):
            if len(part) > _LONGEST_PART:
                raise OSError(errno.ENAMETOOLONG, "a pattern in its modulepath is too long")
            shown = part.startswith(".")
            fits = re.compile(fnmatch.translate(part)).match
            for entry in self._entries(base):
                if fits(entry.name) and (shown or not entry.name.startswith(".")):
                    yield entry.path
        elif os.path.lexists(f"{base}/{part}"):
            yield f"{base}/{part}"

    def _all_below(self, base: str) -> Iterator[str]:
        pending = [base]
        while pending:
            for entry in self._entries(pending.pop()):
                if not entry.name.startswith(".") and entry.is_dir(follow_symlinks=False):
                    pending.append(entry.path)
                    yield entry.path

    def _entries(self, directory: str) -> list[os.DirEntry[str]]:
        if self._left == 0:
            raise OSError(errno.E2BIG, "its modulepath matches more directories than are looked at")
        self._left -= 1
        with contextlib.suppress(OSError), os.scandir(f"{directory}/") as entries:
            return list(entries)
        return []
