"""The token buckets: a network has its share, others theirs, and nobody is remembered for long."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from dropsonde.collector.web.limits import Limits
from dropsonde.collector.web.rate_limit import RateLimit
from dropsonde.collector.web.responses import Refusal
from tests.unit.collector.web.serving import QUICK, served


class Clock:
    """Stands still until it is set."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def buckets(clock: Clock, **limits: int) -> RateLimit:
    return RateLimit(Limits(rate=2, burst=3)._replace(**limits), clock)


def wait(found: RateLimit, host: str) -> int:
    """Ask for a token; give 0 when there was one, else the seconds after which to ask again."""
    try:
        found.take(host)
    except Refusal as refusal:
        assert refusal.headers is not None  # noqa: PT017 - one of two outcomes
        return int(refusal.headers["Retry-After"])
    return 0


def test_a_burst_goes_through_and_then_what_flows_in(clock: Clock) -> None:
    found = buckets(clock)
    assert [wait(found, "192.0.2.1") for _ in range(4)] == [0, 0, 0, 1]
    clock.now += 0.5
    assert [wait(found, "192.0.2.1") for _ in range(2)] == [0, 1]
    clock.now += 1000
    assert [wait(found, "192.0.2.1") for _ in range(4)] == [0, 0, 0, 1]


def test_who_waits_as_long_as_told_gets_through(clock: Clock) -> None:
    found = RateLimit(Limits(rate=0.02, burst=1), clock)
    assert [wait(found, "::1"), wait(found, "::1")] == [0, 50]
    clock.now += 50
    assert wait(found, "::1") == 0


@pytest.mark.parametrize(
    ("one", "other", "shared"),
    [
        ("192.0.2.1", "192.0.2.254", True),
        ("192.0.2.1", "192.0.3.1", False),
        ("2001:db8:1:1::1", "2001:db8:1:2::2", True),
        ("2001:db8:1::", "2001:db8:2::", False),
        ("::ffff:192.0.2.1", "192.0.2.2", True),
        ("192.0.2.1", "0:c000:200::", False),
        ("fe80::1%eth0", "fe80::2%eth1", True),
        ("", "unknown", True),
        ("unknown", "0.0.0.1", False),
    ],
)
def test_a_network_shares_a_bucket(clock: Clock, one: str, other: str, shared: bool) -> None:
    found = buckets(clock, burst=1)
    assert wait(found, one) == 0
    assert (wait(found, other) > 0) is shared


def test_who_was_costly_owes_for_it_and_nobody_else_does(clock: Clock) -> None:
    found = buckets(clock)
    assert wait(found, "192.0.2.1") == 0
    found.charge("192.0.2.1", 12)  # of the two that are left
    with pytest.raises(Refusal):
        found.check("192.0.2.7")
    assert [wait(found, host) for host in ("192.0.2.7", "192.0.3.1")] == [6, 0]
    clock.now += 5.4
    assert wait(found, "192.0.2.1") == 1
    found.check("192.0.2.1")
    clock.now += 0.1
    assert [wait(found, "192.0.2.1") for _ in range(2)] == [0, 1]


def test_a_debt_is_not_forgotten_before_it_is_paid(clock: Clock) -> None:
    found = buckets(clock, burst=1)
    found.charge("192.0.2.1", 1000)
    clock.now += 100
    assert wait(found, "192.0.3.1") == 0
    assert wait(found, "192.0.2.1") > 0


def test_networks_are_forgotten_once_that_makes_no_difference(clock: Clock) -> None:
    found = buckets(clock)
    for number in range(10):
        wait(found, f"192.0.{number}.1")
    assert len(found) == 10
    clock.now += 1.5
    wait(found, "198.51.100.1")
    assert len(found) == 1


def test_only_so_many_networks_are_remembered_the_latest_ones(clock: Clock) -> None:
    found = buckets(clock, networks=3, burst=1)
    for number in range(10):
        assert wait(found, f"192.0.{number}.1") == 0
    assert len(found) == 3
    assert wait(found, "192.0.9.1") > 0


def test_no_rate_is_no_limit(clock: Clock) -> None:
    found = buckets(clock, rate=0)
    assert not any(wait(found, "192.0.2.1") for _ in range(100))
    assert len(found) == 0


def test_too_many_requests_are_429_before_their_body_counts(tmp_path: Path) -> None:
    limits = QUICK._replace(rate=0.02, burst=2)
    with served(tmp_path, limits) as collector:
        # Requests that take a token each: what a report takes depends on the machine.
        codes = [collector.get("/healthz").status_code for _ in range(2)]
        report = collector.post()
        assert [*codes, report.status_code] == [200, 200, 429]
        assert 1 <= int(report.headers["Retry-After"]) <= 50
        assert collector.rows() == [(0,)]
        assert collector.get("/healthz").status_code == 429


def test_only_a_trusted_proxy_says_whose_request_it_is(tmp_path: Path) -> None:
    limits = QUICK._replace(rate=0.02, burst=1)
    codes = {}
    for proxies in ((), ("127.0.0.0/8",)):
        place = tmp_path / f"{len(proxies)}"
        place.mkdir()
        with served(place, limits, proxies=proxies) as collector:
            codes[len(proxies)] = [
                httpx.get(
                    f"{collector.url}/healthz", headers={"X-Forwarded-For": forwarded}
                ).status_code
                # Only the last address is the proxy's word.
                for forwarded in ("192.0.2.1", "198.51.100.1", "203.0.113.9, 192.0.2.2", "junk")
            ]
    assert codes == {0: [200, 429, 429, 429], 1: [200, 200, 429, 200]}
