"""The limit of new sites: nobody makes sites up by the thousand, and nobody loses a report."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.support.program import Program as Probe
from tests.support.submitting import files, next_second
from tests.support.waiting import wait_for
from tests.unit.collector.intake.reports import COLUMNS, report, to_bytes
from tests.unit.collector.store.making import files_with
from tests.unit.collector.web.serving import JSON, NOW, QUICK, Program, Served, deletion, served

if TYPE_CHECKING:
    from collections.abc import Callable

    from dropsonde.collector.web.limits import Limits

TWO = QUICK._replace(new_sites=2)
MONDAY = datetime(2026, 11, 23, tzinfo=timezone.utc)  # the first moment after NOW's week
HERE, THERE = "127.0.0.9", "127.0.1.9"  # of two networks


@pytest.fixture
def probe(tmp_path: Path) -> Probe:
    site = Probe(tmp_path / "site")
    site.list_public("puppetlabs-ntp")
    return site


@contextmanager
def ready(
    directory: Path,
    limits: Limits = TWO,
    *,
    clock: Callable[[], datetime] = lambda: NOW,
    proxies: tuple[str, ...] = (),
) -> Iterator[Served]:
    """A collector that has read which sites it knows."""
    with served(directory, limits, clock=clock, proxies=proxies) as collector:
        wait_for(lambda: collector.store.known.ready)
        yield collector


def key(number: int) -> bytes:
    """A site's deletion key."""
    return f"{number:064}".encode()


def body(number: int, **columns: object) -> bytes:
    """The report of a site."""
    site_id = deletion(key(number))[0].rpartition("/")[2]
    return to_bytes({**report({**COLUMNS, **columns}), "site_id": site_id})


def send(url: str, data: bytes, of: str = HERE, **headers: str) -> httpx.Response:
    """Send a report from an address of loopback."""
    with httpx.Client(transport=httpx.HTTPTransport(local_address=of)) as client:
        return client.post(url, content=data, headers={**JSON, **headers})


def code(collector: Served | Program, number: int, of: str = HERE) -> int:
    return send(collector.url, body(number), of).status_code


def refusals(collector: Served, reason: str) -> float:
    return next(
        sample.value
        for family in text_string_to_metric_families(collector.metrics().text)
        for sample in family.samples
        if sample.labels.get("reason") == reason
    )


def test_a_network_adds_so_many_new_sites_and_no_more(tmp_path: Path) -> None:
    with ready(tmp_path) as collector:
        assert [code(collector, number) for number in range(4)] == [200, 200, 429, 429]
        assert code(collector, 2, "127.0.0.10") == 429  # of the same network
        assert [code(collector, number, THERE) for number in range(4)] == [200, 200, 200, 200]
        assert code(collector, 4, THERE) == 429
        assert collector.rows() == [(4,)]


def test_a_known_site_is_never_limited(tmp_path: Path) -> None:
    with ready(tmp_path) as collector:
        assert [code(collector, number) for number in range(3)] == [200, 200, 429]
        assert [code(collector, number) for number in (0, 1, 0, 1)] == [200] * 4
    days = [NOW]
    with ready(tmp_path, clock=lambda: days[-1]) as collector:
        assert [code(collector, number) for number in (0, 1, 2, 3)] == [200] * 4
        assert code(collector, 4) == 429
        days.append(NOW + timedelta(hours=12))
        assert [code(collector, number) for number in range(5)] == [*[200] * 4, 429]


def test_a_site_of_a_finished_week_is_known_after_a_restart(tmp_path: Path) -> None:
    now = [MONDAY - timedelta(hours=1)]
    with ready(tmp_path, clock=lambda: now[-1]) as collector:
        assert [code(collector, number) for number in (0, 1)] == [200, 200]
    now.append(MONDAY + timedelta(hours=2))
    with ready(tmp_path, clock=lambda: now[-1]) as collector:
        wait_for(lambda: collector.store.depth() == 0)
    with ready(tmp_path, clock=lambda: now[-1]) as collector:
        # Two new ones use up the places, and the old ones need none.
        codes = [code(collector, number) for number in (7, 8, 9, 0, 1)]
        assert codes == [200, 200, 429, 200, 200]


def test_the_refusal_says_why_and_until_when(tmp_path: Path) -> None:
    with ready(tmp_path) as collector:
        for number in range(2):
            code(collector, number)
        answer = send(collector.url, body(2))
        assert answer.status_code == 429
        assert answer.json() == {
            "message": "too many new sites from this network in a week: send the report again "
            "after 2026-11-23 00:00 UTC, or ask the collector's operator for a higher limit"
        }
        assert NOW + timedelta(seconds=int(answer.headers["Retry-After"])) == MONDAY
        assert (refusals(collector, "new_sites"), refusals(collector, "too_many")) == (1, 0)


def test_who_waits_as_long_as_told_gets_through(tmp_path: Path) -> None:
    now = [MONDAY - timedelta(hours=2, microseconds=-1)]
    with ready(tmp_path, clock=lambda: now[-1]) as collector:
        for number in range(2):
            code(collector, number)
        answer = send(collector.url, body(2))
        wait = int(answer.headers["Retry-After"])
        assert (answer.status_code, wait) == (429, 7200)
        now.append(now[0] + timedelta(seconds=wait - 1))
        assert code(collector, 2) == 429
        now.append(now[0] + timedelta(seconds=wait))
        assert [code(collector, number) for number in (2, 3, 4)] == [200, 200, 429]


def test_several_reports_of_a_site_count_once(tmp_path: Path) -> None:
    with ready(tmp_path) as collector:
        assert [code(collector, number) for number in (0, 0, 0, 1, 2)] == [*[200] * 4, 429]


def test_a_report_that_is_not_taken_uses_no_place(tmp_path: Path) -> None:
    with ready(tmp_path) as collector:
        for number in range(5):
            assert send(collector.url, body(number, modules=1)).status_code == 400
        assert [code(collector, number) for number in range(3)] == [200, 200, 429]


def test_a_report_that_the_store_does_not_keep_uses_no_place(tmp_path: Path) -> None:
    now = [NOW]
    with ready(tmp_path, clock=lambda: now[-1]) as collector:
        now.append(NOW - timedelta(days=2))  # a jump: nothing is kept until it is back
        assert [code(collector, number) for number in range(3)] == [503] * 3
        now.append(NOW)
        assert [code(collector, number) for number in range(3)] == [200, 200, 429]


def test_a_forgotten_site_is_a_new_one(tmp_path: Path) -> None:
    with ready(tmp_path) as collector:
        assert [code(collector, number) for number in range(2)] == [200, 200]
        path, proof = deletion(key(0))
        assert httpx.delete(collector.url + path, headers=proof).status_code == 204
        assert [code(collector, number) for number in (0, 1)] == [429, 200]
        assert code(collector, 0, THERE) == 200


def test_only_a_trusted_proxy_says_of_which_network_a_site_is(tmp_path: Path) -> None:
    forwarded = ("2001:db8:1:1::1", "2001:db8:1:2::1", "2001:db8:1::5", "2001:db8:2::1", "x")
    codes = {}
    for proxies in ((), ("127.0.0.0/8",)):
        place = tmp_path / str(len(proxies))
        place.mkdir()
        with ready(place, TWO, proxies=proxies) as collector:
            codes[proxies] = [
                send(collector.url, body(number), HERE, **{"X-Forwarded-For": address}).status_code
                for number, address in enumerate(forwarded)
            ]
    assert list(codes.values()) == [[200, 200, 429, 429, 429], [200, 200, 429, 200, 200]]


def test_the_probe_keeps_a_report_that_is_one_new_site_too_many(
    tmp_path: Path, probe: Probe
) -> None:
    with ready(tmp_path) as collector:
        assert [code(collector, number) for number in range(3)] == [200, 200, 429]
        refused = probe.run("submit", "--endpoint", collector.url, "--no-update")
        assert refused.code == 10
        assert "answered 429 (Too Many Requests)" in refused.complaint
        assert "1 report(s) wait and go first next time" in refused.complaint
        (report,) = files(probe, "outbox")
        waiting = report.read_bytes()
        assert files(probe, "quarantine") == files(probe, "sent") == []
    next_second()  # the next one is another report
    with ready(tmp_path) as collector:
        sent = probe.run("submit", "--endpoint", collector.url, "--no-update")
        assert (sent.code, sent.err) == (0, "")
        assert files(probe, "outbox") == []
        assert waiting in {path.read_bytes() for path in files(probe, "sent")}
        assert collector.rows() == [(3,)]


def test_nobody_writes_down_who_added_which_site(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """An address as text; as bytes, four might be anywhere."""
    with caplog.at_level(logging.DEBUG), ready(tmp_path) as collector:
        codes = [code(collector, number, of) for of in (HERE, THERE) for number in range(3)]
        assert codes == [200, 200, 429, 200, 200, 200]
        assert code(collector, 9, THERE) == 200
        assert code(collector, 10, THERE) == 429
        for address in (HERE, THERE):
            assert files_with(tmp_path / "data", address.rpartition(".")[0].encode()) == []
    ours = [record for record in caplog.records if record.name.startswith(("dropsonde", "uvicorn"))]
    said = "\n".join(record.getMessage() for record in ours)
    assert "Finished server process" in said
    assert "127.0." not in said


def test_no_limit_is_none_and_nothing_is_remembered(tmp_path: Path) -> None:
    with served(tmp_path) as collector:
        assert {code(collector, number) for number in range(30)} == {200}
        assert bytes.fromhex(deletion(key(1))[0].rpartition("/")[2]) not in collector.store.known


def test_the_program_limits_unless_it_is_told_not_to(tmp_path: Path) -> None:
    """Right after the start, too: then sites that look new get the places, and a 503 after that."""
    with Program(tmp_path, "--rate", "0") as collector:
        codes = [code(collector, number) for number in range(50)]
        assert codes.count(200) in range(20, 41)  # twice 20 if the sites were read in between
        others = itertools.count(100)
        wait_for(lambda: code(collector, next(others)) == 429)
        assert [code(collector, number) for number in range(20)] == [200] * 20
    with Program(tmp_path, "--rate", "0", "--new-sites", "0") as collector:
        assert {code(collector, number) for number in range(50)} == {200}
