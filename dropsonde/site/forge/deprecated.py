"""Which modules their owners marked as deprecated, and what takes their place.

The Forge's specification (``/v3/openapi.json``) has the two fields.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from dropsonde.schema.model import Domain
from dropsonde.site.forge.cache import parse_time


class Deprecated(NamedTuple):
    """What the Forge says of a deprecated module.

    Attributes:
        since: the day (UTC, ISO 8601).
        successor: the module that its owner names in its place; None without one.
    """

    since: str
    successor: str | None


def deprecated(entry: Any) -> Deprecated | None:
    """What an entry of the Forge's list of modules says; None if it is not deprecated.

    A time or a name in another form is one that the Forge did not give.
    """
    said = entry.get("deprecated_at") if isinstance(entry, dict) else None
    when = parse_time(said) if isinstance(said, str) else None
    if when is None:
        return None
    other = entry.get("superseded_by")
    name = other.get("slug") if isinstance(other, dict) else None
    slug = name.replace("/", "-") if isinstance(name, str) else ""  # the Forge admits both
    return Deprecated(when.date().isoformat(), slug if Domain.FORGE_SLUG.admits(slug) else None)
