"""Decide which modules and classes are public.

A module is public when its slug is on the Forge's list and its directory is named for it. That does
not cover its files: sites add classes to public modules' directories. So a class is public only
when the MD5 of the manifest that defines it matches the published one, in the module's
checksums.json (or metadata.json, in old modules: today's build tools write neither) or in dpkg's
md5sums (Debian's packages). With the evidence "installed", every manifest of a public module
counts, for sites that deploy from git.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections import defaultdict
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dropsonde.common.files import read_bounded
from dropsonde.schema.model import Domain
from dropsonde.settings.options import INSTALLED
from dropsonde.site.puppet import ruby_json
from dropsonde.site.puppet.manifests import ManifestError, class_names
from dropsonde.site.puppet.modules import MAX_METADATA, METADATA

if TYPE_CHECKING:
    from dropsonde.site.puppet.modules import Module

MAX_DEPTH = 32  # nested directories of manifests
DPKG_INFO = Path("/var/lib/dpkg/info")


@dataclass(frozen=True, order=True)
class PublicModule:
    """A module that the Forge lists; the version is None where it is no valid Forge version."""

    name: str
    slug: str
    version: str | None


def public_module(module: Module, slugs: Container[str]) -> PublicModule | None:
    """The public identity of a module on disk; None for a private one."""
    metadata = module.metadata
    if metadata is None or metadata.slug is None or metadata.slug not in slugs:
        return None
    if metadata.slug.partition("-")[2] != module.name:
        return None
    version = metadata.version
    if version is not None and not Domain.VERSION.admits(version):
        version = None
    return PublicModule(module.name, metadata.slug, version)


@dataclass(frozen=True)
class _Published:
    """The published manifests: path below the module to MD5 (None: any content counts).

    Copies of one release share the key, so a manifest read in one copy is not read in all.
    """

    key: object
    digests: Mapping[str, str | None]


class PublicClasses:
    """The classes that copies of public modules define in manifests as published.

    Give every copy to :meth:`add` before you call :meth:`defines`.
    """

    def __init__(self, evidence: str, dpkg_info: Path = DPKG_INFO) -> None:
        self._installed = evidence == INSTALLED
        self._dpkg_info = dpkg_info
        self._dpkg: Mapping[str, str] | None = None
        self._published: dict[Path, _Published] = {}
        self._releases: dict[str, _Published] = {}  # by the digest of their checksums.json
        # Per release: manifest path -> the classes it defines, for unchanged manifests.
        self._seen: dict[object, dict[str, frozenset[str]]] = defaultdict(dict)
        self._intact: dict[tuple[Path, str], bool] = {}
        self._on_disk: dict[object, set[str]] = defaultdict(set)
        self.unparsed = 0
        self.unread = 0  # directories

    def add(self, copy: Path, module: PublicModule) -> None:
        """Index one copy of a public module; skip manifests read in a copy of the same release."""
        if copy in self._published:
            return
        on_disk, unread = _manifests(copy)
        self.unread += unread
        published = self._published[copy] = self._what_was_published(copy, module, on_disk)
        seen = self._seen[published.key]
        for path, digest in published.digests.items():
            if path not in seen and path in on_disk:
                self._read(copy, path, digest, seen)
        self._on_disk[published.key] |= on_disk

    def defines(self, copy: Path, name: str) -> bool:
        """Whether this copy defines the class in a manifest as published."""
        published = self._published[copy]
        return any(
            self._is_intact(copy, path, published.digests[path])
            for path, names in self._seen[published.key].items()
            if name in names
        )

    def names(self) -> frozenset[str]:
        """Every public class, of all copies."""
        return frozenset().union(
            *(names for seen in self._seen.values() for names in seen.values())
        )

    def defines_any(self, copy: Path) -> bool:
        """Whether this copy's release is known to define a class at all."""
        return any(self._seen[self._published[copy].key].values())

    def withheld(self) -> int:
        """The number of manifests on disk that are changed, added, or without a checksum."""
        return sum(len(paths - set(self._seen[key])) for key, paths in self._on_disk.items())

    def _read(
        self, copy: Path, path: str, digest: str | None, seen: dict[str, frozenset[str]]
    ) -> None:
        data = read_bounded(copy / path)
        intact = data is not None and digest in {None, _md5(data)}
        self._intact[copy, path] = intact
        if data is None or not intact:
            return
        try:
            seen[path] = frozenset(
                name for name in class_names(data) if name.partition("::")[0] == copy.name
            )
        except ManifestError:
            seen[path] = frozenset()
            self.unparsed += 1

    def _is_intact(self, copy: Path, path: str, digest: str | None) -> bool:
        key = (copy, path)
        if key not in self._intact:
            data = read_bounded(copy / path)
            self._intact[key] = data is not None and digest in {None, _md5(data)}
        return self._intact[key]

    def _what_was_published(
        self, copy: Path, module: PublicModule, on_disk: set[str]
    ) -> _Published:
        if self._installed:
            return _Published(copy, dict.fromkeys(sorted(on_disk)))
        # A version that the Forge cannot have marks the site's own build, with its own checksums.
        if module.version is None:
            return _Published(copy, {})
        data = read_bounded(copy / "checksums.json")
        if data is not None:
            return self._released(data, _checksums)
        data = read_bounded(copy / METADATA, MAX_METADATA)
        if data is not None and b'"checksums"' in data:
            return self._released(data, _checksums_in_metadata)
        return self._packaged(copy, on_disk)

    def _released(
        self, data: bytes, read: Callable[[bytes], Mapping[str, str | None]]
    ) -> _Published:
        digest = _md5(data)
        if digest not in self._releases:
            self._releases[digest] = _Published(digest, read(data))
        return self._releases[digest]

    def _packaged(self, copy: Path, on_disk: set[str]) -> _Published:
        """A packaged module's checksums from dpkg; its directories are reached through symlinks."""
        if self._dpkg is None:
            self._dpkg = _dpkg_md5sums(self._dpkg_info)
        real = os.path.realpath(copy).lstrip("/")
        known = ((path, self._dpkg.get(f"{real}/{path}")) for path in on_disk)
        return _Published(real, {path: digest for path, digest in known if digest is not None})


def _manifests(copy: Path) -> tuple[set[str], int]:
    """The paths of a module's manifests, below the module; and the number of directories not read.

    No link to a directory is followed, so there are no loops. Unreadable directories, and those
    nested deeper than MAX_DEPTH, are left out.
    """
    found: set[str] = set()
    unread, pending = 0, [("manifests", 1)]
    while pending:
        below, depth = pending.pop()
        try:
            with os.scandir(f"{copy}/{below}") as entries:
                for entry in entries:
                    if not entry.is_dir():
                        if entry.name.endswith(".pp"):
                            found.add(f"{below}/{entry.name}")
                    elif not entry.is_symlink():
                        if depth < MAX_DEPTH:
                            pending.append((f"{below}/{entry.name}", depth + 1))
                        else:
                            unread += 1
        except (FileNotFoundError, NotADirectoryError):
            continue  # a module without manifests
        except OSError:
            unread += 1
    return found, unread


def _md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def _checksums(data: bytes) -> dict[str, str | None]:
    """The manifests in a checksums.json; none for a malformed file."""
    return _digests(_object(data))


def _checksums_in_metadata(data: bytes) -> dict[str, str | None]:
    """The same of a metadata.json, where build tools wrote them before 2014."""
    return _digests(_object(data).get("checksums"))


def _object(data: bytes) -> dict[str, Any]:
    try:
        document = ruby_json.loads(data)
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


def _digests(document: Any) -> dict[str, str | None]:
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
