"""How many new sites a network may add in a week: nobody can make sites up by the thousand.

A site that has a row is known, and never limited. The numbers are in memory alone: the collector
writes no address to the disk or the log, and after a restart it counts anew.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING

from dropsonde.collector.web.rate_limit import network_of
from dropsonde.collector.web.responses import Refusal, unavailable
from dropsonde.common.errors import DropsondeError
from dropsonde.common.weeks import first_moment, week_of

if TYPE_CHECKING:
    from dropsonde.collector.store.known_sites import KnownSites
    from dropsonde.collector.web.limits import Limits
    from dropsonde.collector.web.rate_limit import Network

# The sites of the directory take some seconds to read; a probe waits so long within its run.
_SOON = 30


@dataclass
class _Count:
    """The new sites of a week, by network."""

    week: str = ""
    complete: bool = False  # whether the known sites were read
    networks: dict[Network, int] = field(default_factory=dict)


@dataclass
class _Place:
    """One site's place among its network's new sites; its reports under way share it.

    Args:
        count: it is counted in.
        network: whose place it is.
        reports: how many are under way.
        stored: whether one of them was stored.
    """

    count: _Count
    network: Network
    reports: int = 0
    stored: bool = False


class NewSites:
    """Limits the new sites of each network.

    Args:
        known: the sites that are never limited; it is watched from now on if there is a limit.
        limits: has the number of new sites, 0 for no limit, and the number of networks.
    """

    def __init__(self, known: KnownSites, limits: Limits) -> None:
        self._known = known
        self._most, self._networks = limits.new_sites, limits.new_site_networks
        self._lock = threading.Lock()
        self._count = _Count()
        self._fault = ""  # of the last reading
        self._places: dict[bytes, _Place] = {}  # of the reports under way
        if self._most:
            known.watch()

    def __len__(self) -> int:
        """The number of networks that are counted."""
        return len(self._count.networks)

    def look(self, now: datetime) -> None:
        """Drop the count of a week that is over, and read the known sites if that is due.

        Reading may take long.

        Raises:
            DropsondeError: not all can be read now, for another reason than the last time.
        """
        if not self._most:
            return
        with self._lock:
            self._current(week_of(now))
        try:
            self._known.look()
        except DropsondeError as error:
            before, self._fault = self._fault, str(error)
            if self._fault != before:
                raise
        else:
            self._fault = ""

    def limited(
        self, host: str, site_id: bytes, now: datetime, submit: Callable[[], Future[bool]]
    ) -> Future[bool]:
        """Submit a valid report, unless its site is one new site too many.

        Args:
            host: the sender's address; all invalid addresses are one network.
            site_id: the report's site.
            now: the time (aware).
            submit: submits it to the store; its error gives the place back, as the future's does.

        Raises:
            Refusal: 429, the network has added all its new sites of this week; or 503, the known
                sites are being read, and the network has sent too many that may be new.
        """
        place = self._place(host, site_id, now) if self._most else None
        if place is None:
            return submit()
        try:
            kept = submit()
        except BaseException:
            self._settle(site_id, place, stored=False)
            raise
        kept.add_done_callback(lambda done: self._settle(site_id, place, stored=_is_stored(done)))
        return kept

    def _place(self, host: str, site_id: bytes, now: datetime) -> _Place | None:
        """The site's place, for one more report; None for a known site."""
        with self._lock:
            # With the lock: a stored site is known before its place is settled.
            if site_id in self._known:
                return None
            place = self._places.get(site_id)
            if place is None:
                place = self._places[site_id] = self._taken(network_of(host), now)
            place.reports += 1
            return place

    def _taken(self, network: Network, now: datetime) -> _Place:
        count = self._current(week_of(now))
        used = count.networks.get(network, 0)
        # When so many networks have added sites, somebody makes up networks, too: then networks
        # without a place get none. Forgetting one instead would give it all its places again, and
        # counting no further would let any number in. Known sites report in any case.
        full = not used and len(count.networks) >= self._networks
        if full or used >= self._most:
            whence = "all networks" if full else "this network"
            raise _too_many(whence, now) if count.complete else _unread()
        count.networks[network] = used + 1
        return _Place(count, network)

    def _settle(self, site_id: bytes, place: _Place, *, stored: bool) -> None:
        """End a report; its site's place is given back if none of its reports was stored."""
        with self._lock:
            place.reports -= 1
            place.stored |= stored
            if place.reports:
                return
            del self._places[site_id]
            if not place.stored:
                place.count.networks[place.network] -= 1
                if not place.count.networks[place.network]:
                    del place.count.networks[place.network]

    def _current(self, week: str) -> _Count:
        """The count, begun anew with a week, and when the known sites have been read.

        Until then any site may look new. Such sites are counted as new, so a network cannot add
        more of them than otherwise; but they must not use up the places of sites that are.
        """
        complete = self._known.ready
        if (week, complete) != (self._count.week, self._count.complete):
            self._count = _Count(week, complete)
        return self._count


def _is_stored(done: Future[bool]) -> bool:
    return not done.cancelled() and done.exception() is None


def _too_many(whence: str, now: datetime) -> Refusal:
    until = first_moment(week_of(now)) + timedelta(weeks=1)
    return Refusal(
        HTTPStatus.TOO_MANY_REQUESTS,
        "new_sites",
        f"too many new sites from {whence} in a week: send the report again after "
        f"{until:%Y-%m-%d %H:%M} UTC, or ask the collector's operator for a higher limit",
        headers={"Retry-After": str(math.ceil((until - now).total_seconds()))},
    )


def _unread() -> Refusal:
    return unavailable(
        "reading",
        "the collector is still reading which sites it knows: send the report again later",
        _SOON,
    )
