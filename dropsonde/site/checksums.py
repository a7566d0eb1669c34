"""Manifests that are on disk as they were published, by the checksums that came with them.

They count only where nothing is known of a module's releases: today's build tools write none.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from dropsonde.common.files import read_bounded
from dropsonde.site.puppet import ruby_json
from dropsonde.site.puppet.modules import MAX_METADATA, METADATA

MAX_DEPTH = 32  # nested directories of manifests
DPKG_INFO = Path("/var/lib/dpkg/info")


class Manifests(NamedTuple):
    """A module's manifests on disk.

    Attributes:
        paths: below the module.
        unread: the number of directories that were not read.
    """

    paths: frozenset[str]
    unread: int


def manifests(module: Path) -> Manifests:
    """Find a module's manifests.

    No link to a directory is followed, so there are no loops. Unreadable directories, and those
    nested deeper than MAX_DEPTH, are left out.
    """
    paths: set[str] = set()
    unread, pending = 0, [("manifests", 1)]
    while pending:
        below, depth = pending.pop()
        try:
            with os.scandir(f"{module}/{below}") as entries:
                for entry in entries:
                    if not entry.is_dir():
                        if entry.name.endswith(".pp"):
                            paths.add(f"{below}/{entry.name}")
                    elif not entry.is_symlink():
                        if depth < MAX_DEPTH:
                            pending.append((f"{below}/{entry.name}", depth + 1))
                        else:
                            unread += 1
        except (FileNotFoundError, NotADirectoryError):
            continue  # a module without manifests
        except OSError:
            unread += 1
    return Manifests(frozenset(paths), unread)


def md5(data: bytes) -> str:
    """The digest that such checksums have."""
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


class Checksums:
    """The MD5s of published manifests that this server has.

    Args:
        dpkg_info: dpkg's directory.
    """

    def __init__(self, dpkg_info: Path = DPKG_INFO) -> None:
        self._dpkg_info = dpkg_info
        self._dpkg: Mapping[str, str] | None = None

    def packaged(self, module: Path, paths: Iterable[str]) -> dict[str, str]:
        """Manifest to MD5, of a module in a package of the distribution.

        Its directories are reached through symbolic links.
        """
        if self._dpkg is None:
            self._dpkg = _dpkg_md5sums(self._dpkg_info)
        real = os.path.realpath(module).lstrip("/")
        known = ((path, self._dpkg.get(f"{real}/{path}")) for path in paths)
        return {path: digest for path, digest in known if digest is not None}

    def released(self, module: Path) -> dict[str, str]:
        """Manifest to MD5, from the module's own files.

        They are in checksums.json, or in metadata.json, where build tools wrote them before 2014.
        Empty without them. They are as believable as the module.
        """
        data = read_bounded(module / "checksums.json")
        if data is not None:
            return _digests(_object(data))
        data = read_bounded(module / METADATA, MAX_METADATA)
        return _digests(_object(data).get("checksums")) if data is not None else {}


def _object(data: bytes) -> dict[str, Any]:
    try:
        document = ruby_json.loads(data)
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


def _digests(document: Any) -> dict[str, str]:
    if not isinstance(document, dict):
        return {}
    # A build on Windows wrote its own separators.
    paths = {path.replace("\\", "/"): digest for path, digest in document.items()}
    return {
        path: digest.lower()
        for path, digest in paths.items()
        if path.startswith("manifests/") and path.endswith(".pp") and isinstance(digest, str)
    }


def _dpkg_md5sums(info: Path) -> dict[str, str]:
    """Path (without leading slash) to MD5, of every packaged Puppet module."""
    sums = {}
    for file in sorted(info.glob("puppet-module-*.md5sums")):
        for line in (read_bounded(file) or b"").decode("utf-8", "replace").splitlines():
            if match := re.fullmatch(r"([0-9a-f]{32})  (.+\.pp)", line):
                sums[match[2]] = match[1]
    return sums
