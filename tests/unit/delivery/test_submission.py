"""Whose reports were delivered when, and what a report says of itself."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dropsonde.delivery.outbox import Outbox, Place
from dropsonde.delivery.submission import last_delivery, receipt_of
from dropsonde.protocol.report import Content, content

if TYPE_CHECKING:
    from dropsonde.delivery.outbox import Settled

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=timezone.utc)
DAY = timedelta(days=1)
OURS, THEIRS = "a" * 128, "b" * 128


def report(site_id: str, *columns: str) -> bytes:
    snapshots = {name: {"value": 1} for name in columns}
    document = {"site_id": site_id, "self-service-analytics": {"snapshots": snapshots}}
    return json.dumps(document).encode()


def deliver(
    outbox: Outbox,
    made: datetime,
    taken: datetime,
    data: bytes | None = None,
    place: Settled = Place.SENT,
) -> None:
    entry = outbox.add(report(OURS) if data is None else data, made)
    outbox.settle(entry, place, receipt_of("https://endpoint.example", taken, 200, ""))


@pytest.fixture
def outbox(tmp_path: Path) -> Outbox:
    return Outbox(tmp_path)


def test_a_site_that_never_sent_has_no_last_delivery(outbox: Outbox) -> None:
    assert last_delivery(outbox, OURS, NOW) is None


def test_the_last_delivery_is_when_it_was_taken_not_made(outbox: Outbox) -> None:
    deliver(outbox, NOW - 9 * DAY, NOW - 8 * DAY)
    deliver(outbox, NOW - 5 * DAY, NOW - 2 * DAY)
    assert last_delivery(outbox, OURS, NOW) == NOW - 2 * DAY


def test_a_refused_report_was_not_delivered(outbox: Outbox) -> None:
    deliver(outbox, NOW - DAY, NOW - DAY, place=Place.QUARANTINE)
    assert last_delivery(outbox, OURS, NOW) is None


def test_what_was_carried_in_from_another_site_does_not_count(outbox: Outbox) -> None:
    deliver(outbox, NOW - 5 * DAY, NOW - 5 * DAY)
    deliver(outbox, NOW - DAY, NOW - DAY, report(THEIRS))
    deliver(outbox, NOW - DAY, NOW - DAY, b"damaged")
    assert last_delivery(outbox, OURS, NOW) == NOW - 5 * DAY


def test_a_clock_that_was_ahead_does_not_silence_the_site(outbox: Outbox) -> None:
    deliver(outbox, NOW - 5 * DAY, NOW - 5 * DAY)
    deliver(outbox, NOW + 3650 * DAY, NOW + 3650 * DAY)
    assert last_delivery(outbox, OURS, NOW) == NOW - 5 * DAY


def test_a_report_says_whose_it_is_and_what_it_holds() -> None:
    expected = Content(OURS, frozenset({"modules", "classes"}))
    assert content(report(OURS, "modules", "classes")) == expected


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"[]", b"1", b'{"site_id": "a"}', b'{"self-service-analytics": 1}', b"[" * 100_000],
)
def test_what_is_no_report_says_nothing(data: bytes) -> None:
    assert content(data) is None
