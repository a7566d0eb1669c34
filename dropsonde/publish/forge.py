"""What the Forge says of modules, whatever reports say: all of it is public."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from dropsonde.site.vocabulary.deprecated import Deprecated


class Forge(NamedTuple):
    """What is known of a Forge.

    Attributes:
        modules: every one that it published; None if that is not known.
        deprecated: what it says of those that are.
    """

    modules: Collection[str] | None = None
    deprecated: Mapping[str, Deprecated] = {}

    def is_deprecated(self, slug: str) -> bool | None:
        """Whether a module is; None if that is not known, as of one that the Forge has no more."""
        known = self.modules is not None and slug in self.modules
        return slug in self.deprecated if known else None

    def said_of(self, slug: str) -> Deprecated | None:
        """What the Forge says of a deprecated module; None of others, and where it is not known."""
        return self.deprecated.get(slug) if self.is_deprecated(slug) else None


UNKNOWN = Forge()
