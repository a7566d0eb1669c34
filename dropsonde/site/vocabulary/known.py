"""The published releases of some modules, as far as they are known here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dropsonde.protocol.vocabulary import Release

NO_CLASSES: frozenset[str] = frozenset()


class Known:
    """Looks up releases by module; one that no source knows is not published.

    Args:
        releases: of all sources; of two for one version, one that was read counts.
    """

    def __init__(self, releases: Iterable[Release] = ()) -> None:
        self._modules: dict[str, dict[str, frozenset[str] | None]] = defaultdict(dict)
        for release in releases:
            versions = self._modules[release.slug]
            if versions.get(release.version) is None:
                versions[release.version] = release.classes

    def lists(self, slug: str) -> bool:
        """Whether the module's published versions are known."""
        return slug in self._modules

    def published(self, slug: str, version: str) -> bool:
        """Whether that is known to be a published version of the module."""
        return version in self._modules.get(slug, {})

    def release(self, slug: str, version: str | None) -> frozenset[str] | None:
        """The classes that a release defines; None if it was not read, or is not known."""
        return self._modules.get(slug, {}).get(version or "")

    def reads(self, slug: str) -> bool:
        """Whether any release of the module was read."""
        return any(classes is not None for classes in self._modules.get(slug, {}).values())

    def classes(self, slug: str) -> frozenset[str]:
        """The module's public classes: those that any of its known releases defines."""
        return NO_CLASSES.union(
            *(classes for classes in self._modules.get(slug, {}).values() if classes)
        )
