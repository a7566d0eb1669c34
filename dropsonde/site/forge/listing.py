"""The list of public modules and the result of refreshing it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta

DEFAULT_URL = "https://forgeapi.puppet.com"
SLUG = re.compile(r"[a-zA-Z0-9]+-[a-z][a-z0-9_]*")


@dataclass(frozen=True)
class ForgeList:
    """The public modules.

    Attributes:
        slugs: names as ``author-name``; empty when there is no list.
        updated: when the list was last brought up to date (aware, UTC); None when unknown.
        source: URL of the Forge that gave it, without user and password; None without a list.
        fresh: whether this process has just fetched it.
    """

    slugs: frozenset[str] = frozenset()
    updated: datetime | None = None
    source: str | None = None
    fresh: bool = field(default=False, compare=False)


@dataclass(frozen=True)
class Refresh:
    """The result of a refresh.

    Attributes:
        forge_list: the list as it is now.
        requests: HTTP requests made, retries included.
        bytes: received on the wire, without headers.
        added: modules that were not in the list before.
        removed: modules that are no longer in it.
    """

    forge_list: ForgeList
    requests: int = 0
    bytes: int = 0
    added: int = 0
    removed: int = 0


def public_slugs(names: frozenset[str]) -> frozenset[str]:
    """Keep the names that are valid slugs of the Forge."""
    return frozenset(name for name in names if SLUG.fullmatch(name))


def is_recent(moment: datetime | None, now: datetime, limit: timedelta) -> bool:
    """Whether a moment lies less than a limit ago; a future one, from a wrong clock, does not."""
    return moment is not None and moment <= now < moment + limit
