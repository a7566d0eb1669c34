"""What this site knows of the Forge: the public modules, and which releases define which classes.

It is refreshed as a whole, when the list of modules is due: a server without a network then waits
for the Forge once per refresh, and not at each run.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from dropsonde.common.errors import ConfigError
from dropsonde.common.files import read_bounded, write_atomically
from dropsonde.common.urls import shown
from dropsonde.protocol.vocabulary import MAX_BYTES
from dropsonde.site.forge import DEFAULT_URL, Forge
from dropsonde.site.vocabulary.files import Files

if TYPE_CHECKING:
    import requests

    from dropsonde.delivery.fetching import Offer
    from dropsonde.settings.resolve import Settings
    from dropsonde.site.forge import ForgeList, Refresh
    from dropsonde.site.inventory import Inventory
    from dropsonde.site.provenance import Evidence
    from dropsonde.site.vocabulary.learning import Learned

log = logging.getLogger(__name__)

# The public Forge: what its API is called, and the website's names, where the API was before.
PUBLIC_FORGES = frozenset(
    f"https://{host}" for host in ("forgeapi.puppet.com", "forgeapi.puppetlabs.com")
)
_WEBSITES = frozenset({"forge.puppet.com", "forge.puppetlabs.com"})

Progress = Callable[[int, int], None]


def public_forge(url: str) -> str | None:
    """The public Forge's API, if the URL names the public Forge; else None."""
    url = url.rstrip("/").lower()
    if url.partition("://")[2] in _WEBSITES:
        return DEFAULT_URL
    return url if url in PUBLIC_FORGES else None


def _same(url: str) -> str:
    """One name for all names of the public Forge; any other URL as it is."""
    return DEFAULT_URL if public_forge(url) else url.rstrip("/")


def _silent(_done: int, _total: int) -> None:
    """Report no progress."""


class PublicKnowledge:
    """The list of one Forge's modules, and its releases.

    Args:
        settings: the run's.
        directory: where all of it is kept.
        repository: Puppet's setting module_repository.
        connect: makes a session for the Forge.
        clock: returns the time (aware).
        writes: False for a read-only run, which refreshes nothing.
    """

    def __init__(
        self,
        settings: Settings,
        directory: Path,
        repository: str,
        connect: Callable[[], requests.Session],
        clock: Callable[[], datetime],
        *,
        writes: bool,
    ) -> None:
        self._settings = settings
        self._connect = connect
        self._writes = writes
        self.progress: Progress = _silent  # called while a report has releases read
        # None when Puppet names the site's own, unconfirmed repository: the modules on the list
        # count as public, and a site's own repository may list its own modules.
        self._url = settings.forge or public_forge(repository)
        self.forge = Forge(
            directory, connect, clock, self._url or DEFAULT_URL, timedelta(days=settings.ttl)
        )
        self.files = Files(directory, _same(shown(self.forge.url)), settings.vocabulary)

    @cached_property
    def forge_list(self) -> ForgeList:
        """The public modules, refreshed first when that is due and allowed."""
        if self._url is None:
            log.warning("%s", self._unconfirmed())
        update = self._settings.update and self._writes and self._url is not None
        return self.forge.current(update=update)

    @property
    def was_refreshed(self) -> bool:
        """Whether this run refreshed the list, and so refreshes the releases, too."""
        return self.forge_list.fresh

    @property
    def is_due(self) -> bool:
        """Whether the vocabulary has to be fetched, too; not where the settings name a file."""
        return self.was_refreshed and self._settings.vocabulary is None

    def update(self, progress: Progress) -> Refresh:
        """Refresh the list now, whatever its age.

        Raises:
            ConfigError: Puppet names a repository that is not confirmed to be public.
            ForgeError: the Forge did not return its list.
        """
        if self._url is None:
            raise self._unconfirmed()
        return self.forge.refresh(progress, force=True)

    def _unconfirmed(self) -> ConfigError:
        return ConfigError(
            "puppet.conf names a module_repository of this site, whose modules may be private; "
            "it is not asked",
            "if it lists public modules only, set `:forge:` in telemetry.yaml to its URL; "
            f"else to {DEFAULT_URL}",
        )

    def fetch(
        self, session: Callable[[], requests.Session], endpoint: str, key: bytes | None
    ) -> Offer:
        """Fetch the vocabulary that an endpoint offers, if it is another one than is here.

        Args:
            session: makes a session for the endpoint.
            endpoint: its URL.
            key: its public key in PEM, where this site keeps it.

        Raises:
            DeliveryError: no answer, or one that cannot be used; the file here stays as it is.
            FileError: the file cannot be written.
        """
        from dropsonde.delivery.fetching import fetch  # noqa: PLC0415  # requests

        here = read_bounded(self.files.shared, MAX_BYTES)
        offer = fetch(session, endpoint, here=here, forge=self.files.forge, key=key)
        if offer.data is not None:
            write_atomically(self.files.shared, offer.data)
        return offer

    def learn(self, inventory: Inventory, progress: Progress) -> Learned:
        """Read the releases of this site's modules that are not known, as far as settings allow.

        Args:
            inventory: the modules on disk.
            progress: called with the number of modules done and in all.

        Raises:
            FileError: the file of releases cannot be used.
        """
        from dropsonde.site.vocabulary.learning import BOUNDS, Learned, learn  # noqa: PLC0415  # requests
        from dropsonde.site.vocabulary.wanted import wanted  # noqa: PLC0415  # the Puppetfiles' parser

        known = self.files.known(inventory.slugs)
        asked = wanted(inventory, known, self._settings.releases, self._is_forge)
        if not asked or self._url is None:
            return Learned(0, 0, 0, 0)
        from dropsonde.site.forge.client import Client  # noqa: PLC0415  # requests

        with contextlib.closing(self._connect()) as session:
            return learn(Client(session, self._url, BOUNDS), self.files, asked, progress)

    def evidence(self, inventory: Inventory) -> Evidence:
        """What proves that versions and classes are public; releases are read first when due."""
        from dropsonde.site.checksums import Checksums  # noqa: PLC0415  # with what lexes manifests
        from dropsonde.site.provenance import Evidence  # noqa: PLC0415  # the same

        if self.was_refreshed:
            learned = self.learn(inventory, self.progress)
            if learned.fault is not None:
                log.warning("some releases were not read from the Forge: %s", learned.fault)
        known = self.files.known(inventory.slugs)
        return Evidence(self._settings.evidence, known, Checksums())

    def _is_forge(self, url: str) -> bool:
        """Whether a URL is that of the Forge of the list, under any of its names."""
        return self._url is not None and _same(url) == _same(self._url)
