"""A scheduled submission is decided below the command line."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dropsonde import http
from dropsonde.common.errors import (
    BusyError,
    DeliveryError,
    IncompleteError,
    NotOptedInError,
    OperatorChangedError,
)
from dropsonde.delivery import consent
from dropsonde.delivery.endpoint import Delivery, Limits
from dropsonde.delivery.operator import ask
from dropsonde.delivery.outbox import Place
from dropsonde.delivery.scheduled import Site, next_due, submit_due
from dropsonde.delivery.submission import Endpoint, Made, Submission
from dropsonde.protocol.report import Snapshot, to_bytes
from tests.doubles.endpoint import Act, LoopbackEndpoint, Reply, nobody_listens, run_by

if TYPE_CHECKING:
    from dropsonde.protocol.about import About

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=timezone.utc)
WEEK = timedelta(days=7)
OURS, THEIRS = "a" * 128, "b" * 128
COLUMNS = ("classes", "modules")


def report(columns: Collection[str] = COLUMNS, site_id: str = OURS) -> bytes:
    return to_bytes(site_id, {name: Snapshot([], NOW) for name in sorted(columns)})


class Home:
    """A site's cache path, and a clock that stands still until it is set."""

    def __init__(self, cachepath: Path) -> None:
        self.now = NOW
        self.made: list[frozenset[str]] = []
        self.lacking: IncompleteError | None = None
        self.cachepath = cachepath
        self.enabled = True
        self.site = Site(
            site_id=OURS,
            cachepath=cachepath,
            columns=lambda: COLUMNS,
            accept_all=False,
            interval=WEEK,
            slot=True,
            splay=0,
            opted_in=self._opted_in,
        )

    def _opted_in(self) -> None:
        if not self.enabled:
            raise NotOptedInError("nothing is sent")

    def make(self, columns: Collection[str]) -> Made:
        self.made.append(frozenset(columns))
        return Made(report(columns), self.lacking)

    def submission(self, url: str) -> Submission:
        def delivery(plain: bool) -> Delivery:
            return Delivery(
                lambda: http.session(retries=0),
                url,
                clock=lambda: self.now,
                sleep=lambda _: None,
                jitter=lambda: 1.0,
                limits=Limits(max_wait=0),
                wants_plain=plain,
            )

        def about() -> About:
            return ask(lambda: http.session(retries=0), url)

        return Submission(self.cachepath, lambda: self.now, Endpoint(url, delivery, about))

    def submit(self, url: str) -> int | None:
        """How many reports were delivered; None when nothing is due."""
        sent = submit_due(self.submission(url), self.site, self.make, sleeps=False)
        return None if sent is None else len(sent.delivered)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


@pytest.fixture
def endpoint() -> Iterator[LoopbackEndpoint]:
    with LoopbackEndpoint(Reply()) as running:
        yield running


def columns_of(data: bytes) -> set[str]:
    return set(json.loads(data)["self-service-analytics"]["snapshots"])


def test_the_first_is_due_at_once_and_the_next_in_the_site_s_slot(
    home: Home, endpoint: LoopbackEndpoint
) -> None:
    assert home.submit(endpoint.url) == 1
    assert home.submit(endpoint.url) is None
    due = next_due(home.submission(endpoint.url).outbox, home.site, home.now)
    assert due is not None
    home.now = due - timedelta(seconds=1)
    assert home.submit(endpoint.url) is None
    home.now = due
    assert home.submit(endpoint.url) == 1
    assert home.made == [frozenset(COLUMNS)] * 2


def test_what_waits_stands_for_its_interval_and_goes_alone(
    home: Home, endpoint: LoopbackEndpoint
) -> None:
    with nobody_listens() as url:
        assert [home.submit(url), home.submit(url)] == [0, 0]
    assert len(home.made) == 1
    assert home.submit(endpoint.url) == 1
    assert [columns_of(request.report) for request in endpoint.received] == [set(COLUMNS)]


def test_a_report_of_before_the_opt_in_or_with_more_columns_stays(
    home: Home, endpoint: LoopbackEndpoint
) -> None:
    submission = home.submission(endpoint.url)
    home.now -= timedelta(days=1)
    submission.add(report())
    home.now = NOW
    consent.accept(home.cachepath, COLUMNS, NOW, None)
    submission.add(report((*COLUMNS, "of_tomorrow")))
    submission.add(b"damaged")
    submission.add(report(site_id=THEIRS))
    assert home.submit(endpoint.url) == 2  # the other site's, and one of now
    assert len(submission.outbox.entries(Place.OUTBOX)) == 3
    assert all(columns_of(request.report) == set(COLUMNS) for request in endpoint.received)


def test_new_columns_stay_home_until_they_are_accepted(
    home: Home, endpoint: LoopbackEndpoint
) -> None:
    assert home.submit(endpoint.url) == 1
    home.now += 2 * WEEK
    home.site = replace(home.site, columns=lambda: (*COLUMNS, "of_tomorrow"))
    assert home.submit(endpoint.url) == 1
    home.now += 2 * WEEK
    home.site = replace(home.site, accept_all=True)
    assert home.submit(endpoint.url) == 1
    assert home.made == [frozenset(COLUMNS)] * 2 + [frozenset({*COLUMNS, "of_tomorrow"})]


def test_a_report_that_lacks_columns_is_not_sent_and_what_waits_is(
    home: Home, endpoint: LoopbackEndpoint
) -> None:
    consent.accept(home.cachepath, COLUMNS, NOW - 2 * WEEK, None)
    submission = home.submission(endpoint.url)
    home.now -= WEEK
    submission.add(report())
    home.now = NOW
    home.lacking = IncompleteError("the report is incomplete")
    sent = submit_due(submission, home.site, home.make, sleeps=False)
    assert sent is not None
    assert len(sent.delivered) == 1
    assert sent.fault is home.lacking


def test_nothing_goes_without_an_opt_in(home: Home, endpoint: LoopbackEndpoint) -> None:
    home.enabled = False
    with pytest.raises(NotOptedInError):
        home.submit(endpoint.url)
    assert (home.made, endpoint.received) == ([], [])
    assert list(home.cachepath.iterdir()) == []


def test_the_same_report_of_one_second_goes_once(home: Home, endpoint: LoopbackEndpoint) -> None:
    submission = home.submission(endpoint.url)
    for _ in range(2):
        submission.submit(Made(report()))
    with nobody_listens() as url:
        waits = home.submission(url)
        home.now += timedelta(seconds=1)
        for _ in range(2):
            assert waits.submit(Made(report())).waiting == 1
    assert [request.report for request in endpoint.received] == [report()]
    assert len(submission.submit(Made(report())).delivered) == 1
    assert len(submission.outbox.entries(Place.SENT)) == 2


def test_a_clock_that_was_set_back_keeps_the_order(home: Home, endpoint: LoopbackEndpoint) -> None:
    submission = home.submission(endpoint.url)
    submission.add(report(COLUMNS[:1]))
    home.now -= timedelta(hours=1)
    submission.submit(Made(report()))
    assert [columns_of(each.report) for each in endpoint.received] == [
        set(COLUMNS),
        set(COLUMNS[:1]),
    ]


def test_one_submission_at_a_time(home: Home, endpoint: LoopbackEndpoint) -> None:
    with home.submission(endpoint.url).locked(), pytest.raises(BusyError):
        home.submit(endpoint.url)
    assert endpoint.received == []


def test_the_fault_says_how_many_wait(home: Home) -> None:
    with nobody_listens() as url:
        sent = submit_due(home.submission(url), home.site, home.make, sleeps=False)
    assert sent is not None
    assert "; 1 report(s) wait and go first next time" in str(sent.fault)


def operator_of(home: Home) -> str | None:
    agreed = consent.read(home.cachepath)
    return None if agreed is None else agreed.operator


@pytest.mark.parametrize(
    ("first", "then"),
    [
        (run_by("Vox Pupuli"), run_by("Acme Ads")),
        (run_by("Vox Pupuli"), Reply(status=404)),  # it vanished
        (run_by("Vox Pupuli"), Reply(body=b"<html>")),
        (run_by("Vox Pupuli"), run_by("")),
        (Reply(status=404), run_by("Acme Ads")),
    ],
)
def test_another_operator_gets_nothing_until_it_is_accepted(
    home: Home, endpoint: LoopbackEndpoint, first: Reply, then: Reply
) -> None:
    endpoint.about = first
    assert home.submit(endpoint.url) == 1
    accepted = operator_of(home)
    assert accepted is not None
    home.submission(endpoint.url).add(report(site_id=THEIRS))  # waits
    home.now += 2 * WEEK
    endpoint.about = then
    with pytest.raises(OperatorChangedError, match="nothing was sent: look at"):
        home.submit(endpoint.url)
    assert (len(endpoint.received), len(home.made)) == (1, 1)
    assert operator_of(home) == accepted
    waiting = home.submission(endpoint.url).outbox.entries(Place.OUTBOX)
    assert len(waiting) == 1
    endpoint.about = first  # what was accepted is back
    assert home.submit(endpoint.url) == 2


def test_an_endpoint_that_cannot_be_asked_has_not_changed_and_gets_nothing(
    home: Home, endpoint: LoopbackEndpoint
) -> None:
    endpoint.about = run_by("Vox Pupuli")
    assert home.submit(endpoint.url) == 1
    home.now += 2 * WEEK
    for fault in (Reply(status=503), Reply(act=Act.DROP), Reply(status=302), Reply(status=429)):
        endpoint.about = fault
        sent = submit_due(home.submission(endpoint.url), home.site, home.make, sleeps=False)
        assert sent is not None
        assert (sent.delivered, sent.waiting) == ((), 1)
        assert isinstance(sent.fault, DeliveryError)
    assert len(endpoint.received) == 1
    endpoint.about = run_by("Vox Pupuli")
    assert home.submit(endpoint.url) == 1


def test_a_consent_of_before_operators_were_known_takes_todays(
    home: Home, endpoint: LoopbackEndpoint
) -> None:
    consent.accept(home.cachepath, COLUMNS, NOW, None)
    assert operator_of(home) is None
    endpoint.about = run_by("Vox Pupuli")
    assert home.submit(endpoint.url) == 1
    assert operator_of(home) == "Vox Pupuli"


def test_who_runs_the_endpoint_is_asked_before_a_report_goes(
    home: Home, endpoint: LoopbackEndpoint
) -> None:
    assert home.submit(endpoint.url) == 1
    (asked,) = endpoint.asked
    assert (asked.method, asked.path, asked.body) == ("GET", "/v1/about", b"")
    told = " ".join(f"{name}: {value}" for name, value in asked.headers.items())
    assert OURS not in told
    assert operator_of(home) == ""
