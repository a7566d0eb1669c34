"""The list of public modules, cached on disk and refreshed from the Forge.

This list decides what is public, and so what may leave the site. Hence a list from one Forge is
never used for another, and an implausible answer leaves the list unchanged.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from dropsonde.common import state
from dropsonde.common.errors import FileError, ForgeError
from dropsonde.common.files import locked, private_directory
from dropsonde.common.urls import shown
from dropsonde.site.forge import cache
from dropsonde.site.forge.listing import DEFAULT_URL, ForgeList, Refresh, is_recent

if TYPE_CHECKING:
    import requests

__all__ = ["DEFAULT_URL", "Forge", "ForgeList", "Refresh"]

log = logging.getLogger(__name__)

# Asked for again at each refresh: covers this clock's error, and the zone of the Forge's days.
OVERLAP = timedelta(days=1)


def _silent(_done: int, _total: int) -> None:
    """Report no progress."""


@dataclass(frozen=True)
class Forge:
    """The list of one Forge's modules; loads and refreshes it.

    Attributes:
        directory: where ``forge.json`` is kept; made when needed.
        connect: makes the session; called only when the Forge is asked.
        clock: gives the time (aware).
        url: address of the Forge; its user and password, if any, stay out of cache and messages.
        ttl: age at which a list is refreshed.
        lifetime: age at which all of it is fetched again, which drops removed modules.
    """

    directory: Path
    connect: Callable[[], requests.Session]
    clock: Callable[[], datetime]
    url: str = DEFAULT_URL
    ttl: timedelta = timedelta(days=7)
    lifetime: timedelta = timedelta(days=30)

    @property
    def path(self) -> Path:
        """The file that holds the list."""
        return self.directory / state.FORGE

    def load(self) -> ForgeList:
        """Read the cached list, however old; empty when there is none.

        Raises:
            FileError: the file exists and may not be read.
        """
        stored = cache.read(self.path, self.clock())
        if stored is None:
            return ForgeList()
        if not self._ours(stored):
            log.warning(
                "%s was made from another Forge and is not used: run `dropsonde update`", self.path
            )
            return ForgeList()
        return stored.forge_list

    def current(self, *, update: bool) -> ForgeList:
        """Return the list to report with; refresh it first when that is due and allowed.

        An unreachable Forge, or a cache that cannot be written, only causes a warning.

        Raises:
            FileError: the file exists and may not be read.
        """
        known = self.load()
        trouble = ""
        if update and not is_recent(known.updated, self.clock(), self.ttl):
            try:
                return self.refresh().forge_list
            except (ForgeError, FileError) as error:
                trouble = str(error)
        if not known.slugs:
            log.warning(
                "there is no list of the Forge's modules, so nothing is reported of modules; %s",
                trouble or "run `dropsonde update`",
            )
        elif trouble:
            log.warning("the list of the Forge's modules is %s; %s", self._age(known), trouble)
        return known

    def refresh(
        self, progress: Callable[[int, int], None] = _silent, *, force: bool = False
    ) -> Refresh:
        """Refresh the list, unless it is recent (another process may have refreshed it).

        Args:
            progress: called with the number of modules known so far and in all.
            force: ask the Forge even when the list is younger than ``ttl``.

        Raises:
            ForgeError: no answer, or an implausible one; the old list is unchanged.
            FileError: the cache directory cannot be used.
        """
        private_directory(self.directory)
        with locked(self.directory / state.FORGE_LOCK):
            # Taken before the first request, so that no release is missed; in whole seconds,
            # as the file keeps it.
            now = self.clock().astimezone(timezone.utc).replace(microsecond=0)
            old = cache.read(self.path, now, set_aside=True)
            if old is not None and not self._ours(old):
                old = None
            if old and not force and is_recent(old.forge_list.updated, now, self.ttl):
                return Refresh(old.forge_list)
            return self._fetch(old, now, progress)

    def _fetch(
        self, old: cache.Stored | None, now: datetime, progress: Callable[[int, int], None]
    ) -> Refresh:
        from dropsonde.site.forge.api import Api  # noqa: PLC0415 - requests, only when it is needed
        from dropsonde.site.forge.client import Client  # noqa: PLC0415 - the same

        before = old.forge_list.slugs if old else frozenset()
        with contextlib.closing(self.connect()) as session:
            client = Client(session, self.url)
            api = Api(client, progress)
            since = self._incremental_from(old, now)
            if old and since:
                slugs, full = before | api.released_since(since), old.full_refresh
            else:
                slugs, full = api.all_modules(now - OVERLAP), now
                self._check(slugs, before)
        log.debug(
            "Forge: %d requests, %d bytes, %s", client.requests, client.bytes, self.clock() - now
        )
        new = ForgeList(slugs, now, shown(self.url), fresh=True)
        cache.write(self.path, cache.Stored(new, full))
        return Refresh(new, client.requests, client.bytes, len(slugs - before), len(before - slugs))

    def _incremental_from(self, old: cache.Stored | None, now: datetime) -> datetime | None:
        """The moment since which to ask for releases; None when all must be fetched."""
        if old is None or not is_recent(old.full_refresh, now, self.lifetime):
            return None
        updated = old.forge_list.updated
        return updated - OVERLAP if is_recent(updated, now, self.lifetime) and updated else None

    def _check(self, slugs: frozenset[str], before: frozenset[str]) -> None:
        if not slugs:
            raise ForgeError(f"{shown(self.url)}: it lists no module", "check the address")
        if len(slugs) < len(before) / 2:
            raise ForgeError(
                f"{shown(self.url)}: it lists {len(slugs)} modules, {len(before)} before",
                f"if that is right, delete {self.path} to accept it",
            )

    def _ours(self, stored: cache.Stored) -> bool:
        return stored.forge_list.source == shown(self.url)

    def _age(self, known: ForgeList) -> str:
        if known.updated is None or known.updated > self.clock():
            return "of unknown age"
        return f"{(self.clock() - known.updated).days} days old"
