"""The counting itself, compared with a simple model, and without a server."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dropsonde.collector.store.known_sites import KnownSites
from dropsonde.collector.web.limits import Limits
from dropsonde.collector.web.new_sites import NewSites
from dropsonde.collector.web.responses import Refusal
from dropsonde.common.errors import StoreFullError, StoreUnavailableError
from tests.unit.collector.store.making import NOW, WEEK, fill, opened, row, site

if TYPE_CHECKING:
    from dropsonde.collector.store import Store

MOST, NETWORKS = 2, 3
LIMITS = Limits(new_sites=MOST, new_site_networks=NETWORKS)
HOSTS = ("192.0.2.1", "::ffff:192.0.2.9", "192.0.3.1", "2001:db8:1:1::1", "2001:db8:1:2::", "x")
NETWORK_OF = dict(zip(HOSTS, (0, 0, 1, 2, 2, 3), strict=True))
FULL = StoreFullError("it is full", "wait")

reports = st.tuples(
    st.just("report"),
    st.sampled_from(HOSTS),
    st.integers(0, 7),
    st.sampled_from([True, True, False]),
)
forgets = st.tuples(st.just("forget"), st.just(""), st.integers(0, 7), st.just(True))
weeks = st.tuples(st.just("week"), st.just(""), st.just(0), st.just(True))
steps = st.lists(reports | reports | reports | reports | forgets | weeks, max_size=40)


@contextmanager
def store_of(*numbers: int) -> Iterator[Store]:
    """A store with some sites, of which none is read yet."""
    with tempfile.TemporaryDirectory() as name:
        with opened(Path(name) / "data") as store:
            fill(store, numbers, NOW)
        with opened(Path(name) / "data") as store:
            yield store


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    """An empty one."""
    with store_of() as found:
        yield found


def empty(store: Store) -> tuple[KnownSites, NewSites]:
    """The known sites of the empty store, which were read, and their counts."""
    known = KnownSites(store._directory, store._files, None)
    found = NewSites(known, LIMITS)
    found.look(NOW)
    return known, found


def end(known: KnownSites, number: int, kept: Future[bool], *, stored: bool) -> None:
    """What the store does at the end of a report."""
    if stored:
        known.add(site(number))
        kept.set_result(True)
    else:
        kept.set_exception(FULL)


def code(known: KnownSites, found: NewSites, host: str, number: int, *, stored: bool = True) -> int:
    """The status of a report that is stored at once, or is not."""
    kept: Future[bool] = Future()
    try:
        found.limited(host, site(number), NOW, lambda: kept)
    except Refusal as refusal:
        return refusal.status_code
    end(known, number, kept, stored=stored)
    return 200


@settings(max_examples=60, deadline=None)
@given(steps)
def test_it_counts_as_a_simple_model_does(
    store: Store, found_steps: list[tuple[str, str, int, bool]]
) -> None:
    known, found = empty(store)
    there: set[int] = set()
    used: Counter[int] = Counter()
    now = NOW
    for kind, host, number, stored in found_steps:
        if kind == "week":
            now += WEEK
            used.clear()
        elif kind == "forget":
            known.remove(site(number))
            there.discard(number)
        else:
            network = NETWORK_OF[host]
            new = number not in there
            room = used[network] < MOST if used[network] else len(+used) < NETWORKS
            kept: Future[bool] = Future()
            if new and not room:
                with pytest.raises(Refusal):
                    found.limited(host, site(number), now, lambda: kept)  # noqa: B023 - used here
                continue
            found.limited(host, site(number), now, lambda: kept)  # noqa: B023 - likewise
            end(known, number, kept, stored=stored)
            if stored:
                used[network] += new
                there.add(number)
    found.look(now)
    assert len(found) == len(+used)


class UnderWay:
    """Reports that are not on disk yet, and what they cost whom.

    Attributes:
        reports: site and future of each.
        charged: network to its new sites that were stored.
    """

    def __init__(self, known: KnownSites) -> None:
        self.known = known
        self.reports: list[tuple[int, Future[bool]]] = []
        self.charged: dict[int, set[int]] = {}
        self._pays: dict[int, int] = {}

    @property
    def stored(self) -> set[int]:
        return {number for sites in self.charged.values() for number in sites}

    def begin(self, found: NewSites, host: str, number: int) -> None:
        """Send a report; who sends a new site's first one pays."""
        kept: Future[bool] = Future()
        try:
            found.limited(host, site(number), NOW, lambda: kept)
        except Refusal:
            assert number not in self.stored
            return
        if all(number != other for other, _ in self.reports):
            self._pays[number] = NETWORK_OF[host]
        self.reports.append((number, kept))

    def end(self, place: int, how: str) -> None:
        number, kept = self.reports.pop(place % len(self.reports))
        if how == "cancelled":
            assert kept.cancel()
            return
        if how == "stored" and number not in self.stored:
            self.charged.setdefault(self._pays[number], set()).add(number)
        end(self.known, number, kept, stored=how == "stored")


ends = st.lists(st.tuples(st.integers(0, 9), st.sampled_from(["stored", "failed", "cancelled"])))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(HOSTS), st.integers(0, 7), ends), max_size=30))
def test_reports_that_end_in_any_order_take_no_more_than_the_places(
    store: Store,
    sent: list[tuple[str, int, list[tuple[int, str]]]],
) -> None:
    known, found = empty(store)
    now = UnderWay(known)
    for host, number, those in sent:
        now.begin(found, host, number)
        for place, how in those[: len(now.reports)]:
            now.end(place, how)
    while now.reports:
        now.end(0, "failed")
    assert all(len(sites) <= MOST for sites in now.charged.values())
    assert len(found) == len(now.charged) <= NETWORKS
    for host, network in NETWORK_OF.items():  # and nothing else was used up
        used = len(now.charged.get(network, ()))
        room = used < MOST if used else len(now.charged) < NETWORKS
        assert code(known, found, host, 9, stored=False) == (200 if room else 429)


def test_an_error_of_the_store_gives_the_place_back(store: Store) -> None:
    def fails() -> Future[bool]:
        raise FULL

    known, found = empty(store)
    for number in range(5):
        with pytest.raises(StoreFullError):
            found.limited(HOSTS[0], site(number), NOW, fails)
    assert len(found) == 0
    assert [code(known, found, HOSTS[0], number) for number in range(3)] == [200, 200, 429]


def test_until_the_sites_are_read_none_is_refused_for_good() -> None:
    with store_of(0, 1, 2, 3) as store:
        found = NewSites(store.known, LIMITS)

        def send(number: int) -> None:
            submit = partial(store.submit, row(number))
            found.limited(HOSTS[0], site(number), NOW, submit).result()

        for number in (3, 5, 3, 5):
            send(number)
        with pytest.raises(Refusal) as refused:
            send(2)
        assert refused.value.status_code == 503
        assert refused.value.headers == {"Retry-After": "30"}
        found.look(NOW)
        for number in range(7):  # site 3 looked new, and has used up nothing
            send(number)
        with pytest.raises(Refusal) as refused:
            send(7)
        assert refused.value.status_code == 429


def test_the_numbers_of_a_week_go_with_it(store: Store) -> None:
    known, found = empty(store)
    for number, host in enumerate(HOSTS):
        code(known, found, host, number)
    assert len(found) == NETWORKS
    found.look(NOW + timedelta(days=5))
    assert len(found) == NETWORKS
    found.look(NOW + WEEK)
    assert len(found) == 0


def test_when_too_many_networks_add_sites_no_further_one_does(store: Store) -> None:
    known, found = empty(store)
    assert [code(known, found, f"192.0.{n}.1", n) for n in range(5)] == [
        200,
        200,
        200,
        429,
        429,
    ]
    assert [code(known, found, f"192.0.{n}.1", 10 + n) for n in range(3)] == [200, 200, 200]
    assert [code(known, found, "198.51.100.1", n) for n in range(5)] == [
        200,
        200,
        200,
        429,
        429,
    ]


def test_the_refusal_says_whose_sites_are_too_many(store: Store) -> None:
    known, found = empty(store)
    for number in range(NETWORKS):
        code(known, found, f"192.0.{number}.1", number)
    code(known, found, "192.0.1.1", 10)
    for host, whence in (("192.0.1.1", "this network"), ("192.0.9.1", "all networks")):
        with pytest.raises(Refusal, match=f"^429: too many new sites from {whence} in a week"):
            found.limited(host, site(11), NOW, Future)


def test_why_the_sites_cannot_be_read_is_said_once() -> None:
    with store_of(1) as store:
        found = NewSites(store.known, LIMITS)
        spool = store._directory.spool
        away = spool.with_name("away")
        spool.rename(away)
        with pytest.raises(StoreUnavailableError):
            found.look(NOW)
        found.look(NOW)
        assert not store.known.ready
        away.rename(spool)
        found.look(NOW)
        assert store.known.ready
        assert site(1) in store.known
