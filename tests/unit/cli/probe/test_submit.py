"""`submit`: what preview showed is what an endpoint gets, and nothing is lost on the way."""

from __future__ import annotations

import json
import re
import stat
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest

from dropsonde.common.files import locked
from tests.doubles.authority import Authority
from tests.doubles.endpoint import Act, LoopbackEndpoint, Reply, nobody_listens
from tests.support.submitting import AWAY, QUICK, files, next_second, to

if TYPE_CHECKING:
    from tests.support.program import Program

TIME = re.compile(rb'"timestamp":"[^"]*"')


def test_the_endpoint_gets_the_bytes_that_preview_shows(site: Program) -> None:
    shown = site.run("preview", "--format", "json", "--no-update")
    with LoopbackEndpoint() as endpoint:
        sent = site.run(*to(endpoint))
    assert (sent.code, sent.err) == (0, "")
    (request,) = endpoint.received
    # Only the moment of gathering differs between two runs.
    assert TIME.sub(b"", request.report) == TIME.sub(b"", shown.out.encode())
    (report, receipt) = files(site, "sent")
    assert report.read_bytes() == request.report
    assert json.loads(receipt.read_text())["status"] == 200
    assert files(site, "outbox") == []


def test_the_made_up_report_goes_only_where_it_is_told_to(site: Program) -> None:
    shown = site.run("preview", "--demo", "--format", "json")
    with LoopbackEndpoint() as endpoint:
        (site.home / "telemetry.yaml").write_text(f":endpoint: {endpoint.url}\n")
        unnamed = site.run("submit", "--demo")
        assert (unnamed.code, "no endpoint is named" in unnamed.complaint) == (2, True)
        assert endpoint.received == []
        sent = site.run("submit", "--demo", "--endpoint", endpoint.url)
    assert (sent.code, sent.err) == (0, "")
    (request,) = endpoint.received
    assert TIME.sub(b"", request.report) == TIME.sub(b"", shown.out.encode())
    assert [files(site, place) for place in ("outbox", "sent", "quarantine")] == [[], [], []]


def test_a_made_up_report_that_is_not_taken_is_not_kept(site: Program) -> None:
    with LoopbackEndpoint(Reply(404)) as endpoint:
        refused = site.run("submit", "--demo", "--endpoint", endpoint.url)
    with nobody_listens() as url:
        away = site.run("submit", "--demo", "--endpoint", url, "--max-wait", "0")
    assert (refused.code, away.code) == (11, 10)
    for result in (refused, away):
        assert "nothing is kept of a made-up report" in result.complaint
        assert (result.out, files(site, "outbox"), files(site, "quarantine")) == ("", [], [])


def test_what_output_writes_input_sends(site: Program) -> None:
    written = site.run("submit", "--output", "a report.json", "--no-update")
    assert written.code == 0
    data = (site.home / "a report.json").read_bytes()
    with LoopbackEndpoint() as endpoint:
        assert site.run(*to(endpoint, "--input", "a report.json")).code == 0
    assert [request.report for request in endpoint.received] == [data]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"a": 1}', '{"self-service-analytics": 1}'])
def test_only_a_report_can_be_carried_in(site: Program, text: str) -> None:
    (site.home / "odd.json").write_text(text)
    site.send_to()
    result = site.run("submit", "--input", "odd.json", *QUICK)
    assert (result.code, result.complaint) == (
        2,
        "odd.json: not a report: --input takes what --output wrote",
    )
    assert site.run("submit", "--input", "none.json", *QUICK).code == 8
    assert files(site, "outbox") == []


def test_a_dry_run_sends_and_keeps_nothing(site: Program) -> None:
    with LoopbackEndpoint() as endpoint:
        result = site.run(*to(endpoint, "--dry-run"))
    assert result.code == 0
    assert result.out.startswith("would send ")
    assert endpoint.received == []
    assert files(site, "outbox") == files(site, "sent") == []


def test_a_report_waits_for_the_endpoint_and_goes_first(site: Program) -> None:
    with nobody_listens() as url:
        failed = site.run("submit", "--endpoint", url, *QUICK)
    assert failed.code == 10
    assert "1 report(s) wait and go first next time" in failed.complaint
    (waiting,) = files(site, "outbox")
    data = waiting.read_bytes()
    assert stat.S_IMODE(waiting.stat().st_mode) == 0o600
    assert stat.S_IMODE(waiting.parent.stat().st_mode) == 0o700
    # A second may not have passed; two reports of one second would be in no order.
    day = f"{datetime.now(timezone.utc) - timedelta(days=1):%Y%m%d}"
    waiting.rename(waiting.with_name(day + waiting.name[8:]))
    with LoopbackEndpoint() as endpoint:
        assert site.run(*to(endpoint, "--disable", "puppetfiles")).code == 0
    assert endpoint.received[0].report == data
    assert len(endpoint.received) == 2
    assert files(site, "outbox") == []


def test_a_refused_report_is_kept_with_the_answer(site: Program) -> None:
    with LoopbackEndpoint(Reply(status=413, body=b"too large")) as endpoint:
        result = site.run(*to(endpoint))
    assert result.code == 11
    assert "refused the report with status 413" in result.complaint
    (report, receipt) = files(site, "quarantine")
    assert report.read_bytes() == endpoint.received[0].report
    assert json.loads(receipt.read_text())["answer"] == "too large"
    assert site.run("status", "--no-update").code == 14


def test_an_endpoint_that_takes_no_gzip_is_remembered(site: Program) -> None:
    with LoopbackEndpoint(Reply(status=415), Reply()) as endpoint:
        assert site.run(*to(endpoint)).code == 0
        next_second()
        assert site.run(*to(endpoint)).code == 0
    packed = [request.headers["Content-Encoding"] for request in endpoint.received]
    assert packed == ["gzip", None, None]


def test_an_odd_answer_counts_with_a_warning(site: Program) -> None:
    with LoopbackEndpoint(Reply(body=b"<html>")) as endpoint:
        result = site.run(*to(endpoint))
    assert result.code == 0
    assert "its answer is no JSON object" in result.complaint
    assert len(files(site, "sent")) == 2


def test_an_incomplete_report_is_tried_again_later(site: Program) -> None:
    with LoopbackEndpoint() as endpoint:
        away = ("--puppetdb", "http://127.0.0.1:1")
        result = site.run(*to(endpoint, *away))
        assert result.code == 6
        assert "the report is incomplete and was not sent" in result.complaint
        assert endpoint.received == []
        assert site.run(*to(endpoint, *away, "--partial")).code == 0
    (request,) = endpoint.received
    assert b"class_platforms" not in request.report


def test_two_at_once_send_once(site: Program) -> None:
    with LoopbackEndpoint() as endpoint, locked(site.cache / "submit.lock"):
        result = site.run(*to(endpoint))
    assert (result.code, endpoint.received) == (12, [])
    assert result.complaint.startswith("another submission is running")


def test_a_kill_while_the_endpoint_is_silent_loses_nothing(site: Program) -> None:
    with LoopbackEndpoint(Reply(act=Act.SILENCE)) as silent:
        process = site.start(*to(silent))
        while not silent.received:
            assert process.poll() is None
        process.kill()
        process.communicate()
    next_second()
    with LoopbackEndpoint() as endpoint:
        assert site.run(*to(endpoint)).code == 0
    first = silent.received[0]
    again = endpoint.received[0]
    assert again.report == first.report
    assert again.headers["Idempotency-Key"] == first.headers["Idempotency-Key"]


def test_an_incomplete_report_is_not_carried_out_either(site: Program) -> None:
    assert site.run("submit", "--output", "r.json", "--no-update", *AWAY).code == 6
    assert not (site.home / "r.json").exists()
    assert site.run("submit", "--output", "r.json", "--partial", "--no-update", *AWAY).code == 0
    assert (site.home / "r.json").exists()


def test_a_newer_version_is_told_with_its_link(site: Program) -> None:
    body = b'{"newer": true, "link": "https://example.com/new", "message": "Hello."}'
    with LoopbackEndpoint(Reply(body=body)) as endpoint:
        result = site.run(*to(endpoint))
    assert result.out.splitlines()[1:] == [
        "Hello.",
        "A newer version is available: https://example.com/new",
    ]


def test_the_authority_may_be_named_and_none_is_trusted_unasked(
    site: Program, tmp_path_factory: pytest.TempPathFactory
) -> None:
    authority = Authority.make(tmp_path_factory.mktemp("authority"))
    with LoopbackEndpoint(tls=authority.server("endpoint")) as endpoint:
        unknown = site.run(*to(endpoint))
        assert unknown.code == 10
        assert "unknown authority" in unknown.complaint
        assert endpoint.received == []
        next_second()
        assert site.run(*to(endpoint, "--cacert", authority.file)).code == 0
        named = {"REQUESTS_CA_BUNDLE": authority.file}
        next_second()
        assert site.run(*to(endpoint), environ=named).code == 0
    assert len(endpoint.received) == 3  # the first one waited and went with the second


def test_a_report_without_a_list_of_public_modules_is_not_sent(program: Program) -> None:
    with LoopbackEndpoint() as endpoint:
        result = program.run(*to(endpoint))
        assert (result.code, endpoint.received) == (6, [])
        assert "there is no list of public modules yet" in result.err
        assert program.run(*to(endpoint, "--partial")).code == 0
    assert len(endpoint.received) == 1
