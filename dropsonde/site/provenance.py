"""Decide which modules, versions and classes are public.

A module is public when its slug is on the Forge's list and its directory is named for it. A version
is public when it is a published version of that module. A class is public when some release that
the Forge published of that very module defines it, whatever the manifests on disk are: a site adds
classes of its own to public modules' directories.

Where nothing is known of a module's releases, a manifest on disk counts if it is, byte for byte,
the one that a distribution's package or the module's own checksums name. With the evidence
"installed", every manifest of a public module counts.
"""

from __future__ import annotations

from collections.abc import Collection, Container
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from dropsonde.common.files import read_bounded
from dropsonde.schema.model import Domain
from dropsonde.settings.options import INSTALLED
from dropsonde.site.checksums import Checksums, Manifests, manifests, md5
from dropsonde.site.puppet.manifests import ManifestError, class_names
from dropsonde.site.vocabulary.known import NO_CLASSES, Known

if TYPE_CHECKING:
    from dropsonde.site.puppet.modules import Module


@dataclass(frozen=True, order=True)
class PublicModule:
    """A module that the Forge lists; the version is None unless it is public, too."""

    name: str
    slug: str
    version: str | None


def public_slug(module: Module, slugs: Container[str]) -> str | None:
    """The slug of a module on disk; None for a private module."""
    slug = module.metadata.slug if module.metadata else None
    if slug is None or slug not in slugs or slug.partition("-")[2] != module.name:
        return None
    return slug


@dataclass(frozen=True)
class Classes:
    """The classes of one copy of a public module.

    Attributes:
        here: the public ones that this copy defines.
        public: all public ones of the module, also if this copy lacks them.
        private: those that this copy defines and that are not public.
        unparsed: the number of manifests that cannot be read, or do not parse.
        unread: the number of directories of manifests that were not read.
    """

    here: frozenset[str]
    public: frozenset[str]
    private: frozenset[str] = field(default=NO_CLASSES, repr=False)
    unparsed: int = 0
    unread: int = 0


class Evidence:
    """What proves that a version or a class is public.

    Args:
        kind: "published" or "installed", a setting.
        known: the published releases of this site's modules.
        checksums: of manifests that this server has.
    """

    def __init__(self, kind: str, known: Known, checksums: Checksums) -> None:
        self._installed = kind == INSTALLED
        self._known = known
        self._checksums = checksums
        self._copies: dict[Path, tuple[Manifests, dict[str, str]]] = {}
        self._lexed: dict[str, frozenset[str] | None] = {}  # by the manifest's MD5

    def knows(self, slug: str) -> bool:
        """Whether anything says which classes of a module are public, wherever a copy is."""
        return self._installed or self._known.reads(slug)

    def lists(self, slug: str) -> bool:
        """Whether the module's published versions are known, wherever a copy is."""
        return self._installed or self._known.lists(slug)

    def version(self, module: Module, slug: str) -> str | None:
        """The version of a copy, if it is public."""
        version = module.metadata.version if module.metadata else None
        if version is None or not Domain.VERSION.admits(version):
            return None
        if self._known.lists(slug) and not self._installed:
            return version if self._known.published(slug, version) else None
        if self._installed:
            return version
        _, digests = self._on_disk(module, slug)
        return version if digests else None

    def classes(self, module: Module, slug: str) -> Classes:
        """The classes of a copy. Its manifests are read only if its release is not known."""
        version = module.metadata.version if module.metadata else None
        public = self._known.classes(slug)
        release = self._known.release(slug, version)
        if release is not None and not self._installed:
            return Classes(release, public)
        found, digests = self._on_disk(module, slug)
        here: set[str] = set()
        private: set[str] = set()
        unparsed = 0
        for path in sorted(found.paths):
            data = read_bounded(module.path / path)
            digest = md5(data) if data is not None else ""
            defined = self._defined(digest, data) if data is not None else None
            if defined is None:
                unparsed += 1
                continue
            names = {name for name in defined if name.partition("::")[0] == module.name}
            proved = self._installed or digest == digests.get(path)
            here |= names if proved else names & public
            private |= names
        return Classes(
            frozenset(here), public | here, frozenset(private - here), unparsed, found.unread
        )

    def _defined(self, digest: str, data: bytes) -> frozenset[str] | None:
        """The classes in a manifest, read once for all copies; None if it does not parse.

        A manifest without the keyword defines none, and holds none back that does not parse.
        """
        if b"class" not in data:
            return NO_CLASSES
        if digest not in self._lexed:
            try:
                self._lexed[digest] = class_names(data)
            except ManifestError:
                self._lexed[digest] = None
        return self._lexed[digest]

    def _on_disk(self, module: Module, slug: str) -> tuple[Manifests, dict[str, str]]:
        """A copy's manifests, and the MD5s of those that were published; looked for once."""
        if module.path not in self._copies:
            version = module.metadata.version if module.metadata else None
            found = manifests(module.path)
            digests = self._digests(module.path, slug, version, found.paths)
            self._copies[module.path] = found, digests
        return self._copies[module.path]

    def _digests(
        self, path: Path, slug: str, version: str | None, on_disk: Collection[str]
    ) -> dict[str, str]:
        """The MD5s of the published manifests of a copy.

        A package's always count. The module's own count only where no release of it is known, and
        not for a version that the Forge cannot have, which marks the site's own build.
        """
        if self._installed:
            return {}
        packaged = self._checksums.packaged(path, on_disk)
        if packaged or self._known.reads(slug):
            return packaged
        if version is None or not Domain.VERSION.admits(version):
            return {}
        if self._known.lists(slug) and not self._known.published(slug, version):
            return {}
        return self._checksums.released(path)
