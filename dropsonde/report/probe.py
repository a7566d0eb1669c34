"""Assemble the parts of one run from its settings; each is made on first use."""

from __future__ import annotations

import logging
import os
import random
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from dropsonde.common.clock import utc_now
from dropsonde.common.errors import (
    DeliveryError,
    FileError,
    NoEndpointError,
    PuppetDBError,
    SiteIdError,
)
from dropsonde.common.files import read_file
from dropsonde.common.state import state_directory
from dropsonde.common.urls import shown, with_port
from dropsonde.delivery import operator
from dropsonde.delivery.endpoint_key import KEY_BYTES, key_file
from dropsonde.protocol.about import About
from dropsonde.report.public_knowledge import PublicKnowledge
from dropsonde.site.forge import authorization
from dropsonde.site.puppet.environments import find_environments
from dropsonde.site.puppet.hostname import full_hostname
from dropsonde.site.puppet.settings import read_settings
from dropsonde.site.puppetdb import PuppetDB, read_server_urls
from dropsonde.site.site_id import (
    deletion_key,
    read_or_make_seed,
    read_seed,
    read_shared_seed,
    site_id,
)

if TYPE_CHECKING:
    import requests

    from dropsonde.delivery.endpoint import Delivery
    from dropsonde.delivery.fetching import Offer
    from dropsonde.metrics import Metric
    from dropsonde.report.build import Report
    from dropsonde.settings.resolve import Settings
    from dropsonde.site.context import Context
    from dropsonde.site.inventory import Inventory
    from dropsonde.site.puppet.settings import PuppetSettings
    from dropsonde.site.server import Server
    from dropsonde_puppetserver.default_endpoint import Default
    from dropsonde_puppetserver.switch import Off

log = logging.getLogger(__name__)

RETRIES = 3  # of a request that changes nothing


class Probe:
    """One run's parts.

    Args:
        settings: the run's settings.
        environ: the environment's variables.
        uid: the user that started this run, whose Puppet directories and metrics count; None for
            the effective user.
        writes: False for a read-only run: it makes no seed, and refreshes no list.
        off: what switches dropsonde off: then neither the Forge nor the endpoint is asked.
        clock: returns the time, in UTC.
        server: tells what Puppet Server there is; by default, this host's.
    """

    def __init__(
        self,
        settings: Settings,
        environ: Mapping[str, str],
        *,
        uid: int | None = None,
        writes: bool = True,
        off: Off | None = None,
        clock: Callable[[], datetime] = utc_now,
        server: Callable[[], Server | None] | None = None,
    ) -> None:
        self._server = server or _this_server
        self.settings = settings
        self._uid = os.geteuid() if uid is None else uid
        self._writes = writes
        self._off = off
        self._environ = environ
        self._clock = clock

    @cached_property
    def puppet(self) -> PuppetSettings:
        """Puppet's own settings."""
        return read_settings(self._environ, uid=self._uid, home=Path.home(), hostname=full_hostname)

    @cached_property
    def metrics(self) -> tuple[Metric, ...]:
        """The metrics to run."""
        from dropsonde.report import plugins  # noqa: PLC0415  # a scheduled run that is not due
        # does without them

        found = plugins.load(self.settings.plugins, self._uid)
        return plugins.choose(found, self.settings.enable, self.settings.disable)

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns that the metrics to run can fill."""
        return tuple(column.name for metric in self.metrics for column in metric.columns)

    @property
    def cachepath(self) -> Path:
        """The directory of the module list and the seed."""
        return self.settings.cachepath or state_directory(self.puppet.vardir)

    @cached_property
    def public(self) -> PublicKnowledge:
        """What is known of the Forge."""
        return PublicKnowledge(
            self.settings,
            self.cachepath,
            self.puppet.module_repository,
            self._to_the_forge,
            self._clock,
            writes=self._writes and self._off is None,
        )

    @cached_property
    def puppetdb(self) -> PuppetDB | None:
        """PuppetDB, where one is configured."""
        if self.settings.puppetdb is not None:
            return PuppetDB((self.settings.puppetdb,), self._to_puppetdb)
        try:
            urls = read_server_urls(self.puppet.confdir)
        except PuppetDBError as error:  # costs the columns that need PuppetDB, and no others
            return PuppetDB((), self._to_puppetdb, fault=error)
        return PuppetDB(urls, self._to_puppetdb) if urls else None

    @cached_property
    def context(self) -> Context:
        """The site as metrics see it."""
        from dropsonde.site.context import Context  # noqa: PLC0415  # the lexer's patterns, and more:
        # a scheduled run that is not due does without them

        slugs = self.public.forge_list.slugs
        return Context(self.inventory, slugs, self.puppetdb, self._server)

    @cached_property
    def inventory(self) -> Inventory:
        """The modules on disk, private ones included."""
        from dropsonde.site.inventory import Inventory  # noqa: PLC0415  # as above

        environments = find_environments(self.puppet)
        return Inventory(environments, self.public.forge_list.slugs, self.public.evidence)

    def fetch_vocabulary(self) -> Offer | None:
        """Fetch the vocabulary from the endpoint now.

        Puppet's own endpoint has none, and is not asked.

        Returns:
            what the endpoint offers; None where none is named, or Puppet's own.

        Raises:
            DeliveryError: no answer, or one that cannot be used.
            FileError: the endpoint's key, or the file of the vocabulary, cannot be used.
        """
        if self.asks_puppets_endpoint:
            return None
        return self.public.fetch(self.to_endpoint, self.endpoint, self._endpoint_key())

    def refresh_vocabulary(self) -> None:
        """Fetch the vocabulary if it is due, before a report that is sent; a fault is a warning."""
        if not self.public.is_due:
            return
        try:
            self.fetch_vocabulary()
        except (DeliveryError, FileError) as error:
            # The delivery meets an endpoint that is away, too, and explains it.
            away = isinstance(error, DeliveryError) and isinstance(error.__cause__, OSError)
            level = logging.INFO if away else logging.WARNING
            log.log(level, "the vocabulary was not refreshed: %s", error)

    def _endpoint_key(self) -> bytes | None:
        """The endpoint's key, where this site keeps it; one that is there has to be readable."""
        file = key_file(self.cachepath, self.endpoint_shown)
        try:
            return read_file(file, KEY_BYTES)
        except FileNotFoundError:
            return None
        except OSError as error:
            advice = "restore it, or delete it to trust TLS alone"
            raise FileError(f"{file}: {error.strerror}", advice) from error

    @cached_property
    def site_id(self) -> str:
        """The site's id, 128 hexadecimal digits; makes the seed when it is missing.

        Raises:
            SiteIdError: it cannot be computed, or there is none and this run is read-only.
        """
        known = self.known_site_id
        if known is None and not self._writes:
            raise SiteIdError("this site has no id yet", "`dropsonde preview` gives it one")
        return known or self._site_id(read_or_make_seed)

    @cached_property
    def known_site_id(self) -> str | None:
        """The site's id; None while it has none. Writes nothing."""
        try:
            return self._site_id(read_seed)
        except FileNotFoundError:
            return None

    def _site_id(self, kept_seed: Callable[[Path], bytes]) -> str:
        if self.settings.siteid is not None:
            return self.settings.siteid
        return site_id(*self._secret(kept_seed))

    @property
    def deletion_key(self) -> bytes | None:
        """The key that proves possession of the site's seed; None for an id from the settings."""
        if self.settings.siteid is not None:
            return None
        return deletion_key(*self._secret(read_or_make_seed))

    def _secret(self, kept_seed: Callable[[Path], bytes]) -> tuple[tuple[Path, ...], bytes]:
        """The inputs of the id and the key: candidate paths of certificates, and the seed."""
        if self.settings.seed is not None:
            seed = self.settings.seed.encode()
        elif self.settings.seed_file is not None:
            seed = read_shared_seed(self.settings.seed_file)
        else:
            seed = kept_seed(self.cachepath)
        return (self.puppet.localcacert, self.puppet.cacert), seed

    @cached_property
    def default_endpoint(self) -> Default:
        """The endpoint of a site that names none, by this host's Puppet Server."""
        from dropsonde_puppetserver.default_endpoint import default_endpoint  # noqa: PLC0415  # zipfile

        return default_endpoint()

    @property
    def asks_puppets_endpoint(self) -> bool:
        """Whether the settings leave the endpoint to the default, or write that one down."""
        from dropsonde_puppetserver.default_endpoint import URL  # noqa: PLC0415  # zipfile

        return self.settings.endpoint in {None, URL}

    @property
    def endpoint_or_none(self) -> str | None:
        """The URL to send reports to, which may hold a user and a password; None without one."""
        url = self.settings.endpoint or self.default_endpoint.url
        return with_port(url, self.settings.port) if url else None

    @property
    def endpoint(self) -> str:
        """The URL to send reports to; it may hold a user and a password.

        Raises:
            NoEndpointError: no endpoint is named, and there is no default one.
        """
        if (url := self.endpoint_or_none) is None:
            raise NoEndpointError(
                f"there is no endpoint ({self.default_endpoint.why}), so nothing is sent",
                "name one with `:endpoint:` in telemetry.yaml or with --endpoint",
            )
        return url

    @property
    def endpoint_shown(self) -> str:
        """The endpoint without user and password, for messages.

        Raises:
            NoEndpointError: there is no endpoint.
        """
        return shown(self.endpoint)

    def delivery(self, *, wants_plain: bool) -> Delivery:
        """Make the delivery of one run.

        Args:
            wants_plain: whether an earlier run learned that the endpoint refuses gzip.
        """
        from dropsonde.delivery.endpoint import Delivery, Limits  # noqa: PLC0415  # as above

        return Delivery(
            self.to_endpoint,
            self.endpoint,
            clock=self._clock,
            sleep=time.sleep,
            jitter=random.random,
            limits=Limits(max_wait=self.settings.max_wait),
            wants_plain=wants_plain,
        )

    def to_endpoint(self) -> requests.Session:
        """Make a session for the endpoint; the delivery decides on retries."""
        return self._outside(self.settings.cacert, retries=0)

    def about(self) -> About:
        """Ask the endpoint who runs it, and remember the answer; Puppet's own is not asked.

        Raises:
            NoEndpointError: there is no endpoint.
            DeliveryError: it cannot be asked now.
        """
        url, where = self.endpoint, self.endpoint_shown
        if self.asks_puppets_endpoint:
            from dropsonde_puppetserver.default_endpoint import OPERATOR  # noqa: PLC0415  # as above

            return About(OPERATOR)
        retries = min(self.settings.max_wait, RETRIES)
        told = operator.ask(lambda: self._outside(self.settings.cacert, retries=retries), url)
        operator.remember(self.cachepath, where, told, self._clock())
        return told

    def report(self) -> Report:
        """Gather all metrics into a report."""
        metrics, context, site_id = self.metrics, self.context, self.site_id
        # From here on nothing but a metric's own fault keeps it from asking.
        context.ask_ahead(name for metric in metrics for name in metric.asks)
        from dropsonde.report.build import build_report  # noqa: PLC0415  # jsonschema, when it is needed

        return build_report(metrics, context, site_id, self._clock)

    def _to_the_forge(self) -> requests.Session:
        """Make a session for the Forge, with its token where there is one.

        Raises:
            ForgeError: the token cannot be used.
        """
        token, url = self._forge_token(), self.public.forge.url
        session = self._outside(None, retries=RETRIES)
        if token is not None:
            authorization.require_private(url)
            session.auth = authorization.Authorization(url, token)
        return session

    def _forge_token(self) -> str | None:
        """The token for the Forge; Puppet's own is for the server of its module_repository."""
        if self.settings.forge_token_file is not None:
            return authorization.read_token(self.settings.forge_token_file)
        token, given = self.puppet.forge_authorization, self.settings.forge
        if not token:
            return None
        if given and not authorization.is_same_server(given, self.puppet.module_repository):
            return None
        return authorization.checked(token, "forge_authorization in puppet.conf")

    def _outside(self, authorities: Path | None, *, retries: int) -> requests.Session:
        """Make a session for a server that is not the site's own.

        Raises:
            SwitchedOffError: dropsonde is switched off.
        """
        if self._off is not None:
            raise self._off.error()
        from dropsonde import http  # noqa: PLC0415  # requests only when a server is asked

        return http.session(
            verify=str(authorities) if authorities else http.authorities(self._environ),
            proxies=http.puppet_proxies(self.puppet, self._environ),
            retries=retries,
        )

    def _to_puppetdb(self) -> requests.Session:
        from dropsonde import http  # noqa: PLC0415  # requests only when PuppetDB is asked

        plain = (self.settings.puppetdb or "").startswith("http://")
        host = (str(self.puppet.hostcert), str(self.puppet.hostprivkey))
        return http.session(
            verify=str(self.puppet.localcacert),
            cert=None if plain else host,
            retries=0,  # the next server is tried instead
        )


def _this_server() -> Server | None:
    """This host's Puppet Server, and what it runs on; None without one."""
    from dropsonde.site.server import Server, operating_system  # noqa: PLC0415  # with a report
    from dropsonde_puppetserver.identity import identity  # noqa: PLC0415  # zipfile

    found = identity()
    return Server(*found, *operating_system()) if found else None
