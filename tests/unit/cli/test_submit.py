"""`submit`: what preview showed is what an endpoint gets, and nothing is lost on the way."""

from __future__ import annotations

import json
import os
import pty
import re
import stat
import subprocess
import time
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest

from dropsonde.files import locked
from tests.doubles.authority import Authority
from tests.doubles.endpoint import Act, LoopbackEndpoint, Reply, nobody_listens
from tests.program import PATIENCE

if TYPE_CHECKING:
    from pathlib import Path

    from tests.program import Program

QUICK = ("--no-update", "--max-wait", "0")
TIME = re.compile(rb'"timestamp":"[^"]*"')


@pytest.fixture
def site(program: Program) -> Program:
    """A site of one public module."""
    program.list_public("puppetlabs-ntp")
    module = program.home / "code/environments/production/modules/ntp"
    module.mkdir()
    (module / "metadata.json").write_text('{"name": "puppetlabs-ntp", "version": "1.2.3"}')
    return program


def next_second() -> None:
    """The same report of the same second is one report, and goes once."""
    time.sleep(1.01 - time.time() % 1)


def files(program: Program, place: str) -> list[Path]:
    directory = program.cache / place
    return sorted(directory.iterdir()) if directory.is_dir() else []


def to(endpoint: LoopbackEndpoint, *more: str) -> tuple[str, ...]:
    return ("submit", "--endpoint", endpoint.url, *QUICK, *more)


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
    with LoopbackEndpoint() as endpoint:
        assert site.run(*to(endpoint)).code == 0
    first = silent.received[0]
    again = endpoint.received[0]
    assert again.report == first.report
    assert again.headers["Idempotency-Key"] == first.headers["Idempotency-Key"]


def scheduled(endpoint: LoopbackEndpoint, *more: str) -> tuple[str, ...]:
    return to(endpoint, "--scheduled", "--splay", "0", *more)


def columns(data: bytes) -> set[str]:
    document: dict[str, Any] = json.loads(data)
    return set(document["self-service-analytics"]["snapshots"])


def test_a_schedule_delivers_once_in_an_interval(site: Program) -> None:
    with LoopbackEndpoint() as endpoint:
        first = site.run(*scheduled(endpoint))
        second = site.run(*scheduled(endpoint))
    assert (first.code, first.err) == (0, "")
    assert first.out.count("\n") == 1
    assert "the next one is due" in first.out
    assert (second.code, second.out, second.err) == (0, "", "")
    assert len(endpoint.received) == 1


def test_a_broken_endpoint_does_not_pile_up_scheduled_reports(site: Program) -> None:
    with nobody_listens() as url:
        run = ("submit", "--endpoint", url, *QUICK, "--scheduled", "--splay", "0")
        assert [site.run(*run).code for _ in range(3)] == [10, 10, 10]
    assert len(files(site, "outbox")) == 1


def test_new_columns_wait_for_consent(site: Program) -> None:
    with LoopbackEndpoint() as endpoint:
        few = ("--disable", "puppetfiles", "--interval", "0")
        assert site.run(*scheduled(endpoint, *few)).code == 0
        next_second()
        assert site.run(*scheduled(endpoint, "--interval", "0")).code == 0
        status = json.loads(site.run("status", "--format", "json", "--no-update").out)
        accepted = site.run("accept", "--no-update")
        next_second()
        assert site.run(*scheduled(endpoint, "--interval", "0")).code == 0
    before, still, after = (columns(request.report) for request in endpoint.received)
    assert still == before
    assert after - before == {"puppetfile_ruby_methods"}
    assert status["withheld_columns"] == ["puppetfile_ruby_methods"]
    assert accepted.out == "accepted: puppetfile_ruby_methods\n"
    assert site.run("accept").out == "nothing new to accept\n"


def test_accept_all_needs_no_question(site: Program) -> None:
    with LoopbackEndpoint() as endpoint:
        few = ("--disable", "puppetfiles", "--interval", "0")
        assert site.run(*scheduled(endpoint, *few)).code == 0
        next_second()
        assert site.run(*scheduled(endpoint, "--interval", "0", "--accept", "all")).code == 0
    assert "puppetfile_ruby_methods" in columns(endpoint.received[1].report)


def test_nothing_from_before_the_opt_in_goes_on_schedule(site: Program) -> None:
    with nobody_listens() as url:
        assert site.run("submit", "--endpoint", url, *QUICK).code == 10
    (old,) = files(site, "outbox")
    older = old.with_name(old.name.replace(old.name[:8], "20200101"))
    old.rename(older)
    with LoopbackEndpoint() as endpoint:
        assert site.run(*scheduled(endpoint)).code == 0
    assert len(endpoint.received) == 1
    assert files(site, "outbox") == [older]


def test_forget_asks_for_deletion_and_starts_anew(site: Program) -> None:
    with LoopbackEndpoint() as endpoint:
        assert site.run(*scheduled(endpoint)).code == 0
        result = site.run("forget", "--endpoint", endpoint.url)
        assert (result.code, result.err) == (0, "")
        assert site.run(*to(endpoint)).code == 0
    sent, asked, anew = endpoint.received
    old = json.loads(sent.report)["site_id"]
    assert (asked.method, asked.path) == ("DELETE", f"/v1/sites/{old}")
    assert json.loads(anew.report)["site_id"] != old
    assert not (site.cache / "consent.json").exists()
    assert len(files(site, "sent")) == 2


def test_forget_says_when_there_is_no_deletion(site: Program) -> None:
    with LoopbackEndpoint(Reply(), Reply(status=404)) as endpoint:
        assert site.run(*to(endpoint)).code == 0
        result = site.run("forget", "--endpoint", endpoint.url)
    assert result.code == 13
    assert "this endpoint offers no deletion" in result.complaint
    assert files(site, "sent") == []


def test_forget_throws_nothing_away_while_the_endpoint_is_away(site: Program) -> None:
    with LoopbackEndpoint() as endpoint:
        assert site.run(*to(endpoint)).code == 0
    with nobody_listens() as url:
        assert site.run("forget", "--endpoint", url).code == 10
    assert len(files(site, "sent")) == 2
    assert (site.cache / "seed").exists()


def test_forget_says_that_a_configured_seed_stays(site: Program) -> None:
    with LoopbackEndpoint() as endpoint:
        result = site.run("forget", "--endpoint", endpoint.url, "--seed", "a made-up seed")
    assert "the site id stays the same: change seed, which command line sets" in result.out
    assert "a made-up seed" not in result.out + result.err


def test_status_of_a_site_that_never_sent(site: Program) -> None:
    result = site.run("status")
    assert (result.code, result.err) == (0, "")
    assert "Scheduled: no submission was ever scheduled" in result.out
    assert "Last delivery: none" in result.out


def test_status_shows_no_secret(site: Program) -> None:
    (site.home / "telemetry.yaml").write_text(
        ":seed: hush\n:endpoint: https://user:secret@endpoint.example\n"
    )
    for form in ("human", "json"):
        result = site.run("status", "--format", form)
        assert result.code == 0
        assert "endpoint.example" in result.out
        assert not {"hush", "secret"} & set(re.findall(r"\w+", result.out + result.err))


def test_status_names_a_consent_that_cannot_be_read(site: Program) -> None:
    (site.cache / "consent.json").write_text("{")
    result = site.run("status")
    assert result.code == 14
    assert "no column counts as accepted" in result.complaint
    with LoopbackEndpoint() as endpoint:
        assert site.run(*scheduled(endpoint)).code == 3
    assert endpoint.received == []


AWAY = ("--puppetdb", "http://127.0.0.1:1")


def test_an_incomplete_report_is_not_carried_out_either(site: Program) -> None:
    assert site.run("submit", "--output", "r.json", "--no-update", *AWAY).code == 6
    assert not (site.home / "r.json").exists()
    assert site.run("submit", "--output", "r.json", "--partial", "--no-update", *AWAY).code == 0
    assert (site.home / "r.json").exists()


def test_a_schedule_tries_an_incomplete_report_again(site: Program) -> None:
    with LoopbackEndpoint() as endpoint:
        assert site.run(*scheduled(endpoint, *AWAY)).code == 6
        assert endpoint.received == []
        assert site.run(*scheduled(endpoint)).code == 0
    assert len(endpoint.received) == 1


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


def test_nobody_sleeps_at_a_terminal(site: Program) -> None:
    terminal, theirs = pty.openpty()
    with LoopbackEndpoint() as endpoint:
        done = subprocess.run(
            [*site.command, *to(endpoint, "--scheduled", "--splay", "86400")],
            env=site.environ,
            stdin=theirs,
            capture_output=True,
            timeout=PATIENCE,
            check=False,
        )
    os.close(theirs)
    os.close(terminal)
    assert (done.returncode, len(endpoint.received)) == (0, 1)


def test_a_receipt_that_somebody_edited_stops_nothing(site: Program) -> None:
    with LoopbackEndpoint() as endpoint:
        assert site.run(*to(endpoint)).code == 0
        (_, receipt) = files(site, "sent")
        receipt.write_text(receipt.read_text().replace('"time": "2', '"time": "x'))
        assert site.run(*scheduled(endpoint)).out == ""
        assert site.run("status").code == 0
        receipt.write_text("{")
        assert site.run("status").code == 0
    assert len(endpoint.received) == 1


def test_status_names_what_is_overdue_and_withheld(site: Program) -> None:
    with LoopbackEndpoint() as endpoint:
        assert site.run(*scheduled(endpoint, "--disable", "puppetfiles")).code == 0
    old = {"accepted": ["modules"], "since": "2020-01-01T00:00:00+00:00"}
    (site.cache / "consent.json").write_text(json.dumps(old))
    for file in files(site, "sent"):
        text = re.sub(rb'"time": "20[^"]*"', b'"time": "2020-01-01T00:00:00Z"', file.read_bytes())
        file.write_bytes(text)
    result = site.run("status")
    assert (result.code, result.complaint) == (
        14,
        "a scheduled submission is overdue: see docs/delivery.md",
    )
    assert "Withheld until `dropsonde accept`: dependencies, environment_count" in result.out


def test_forget_waits_for_a_submission(site: Program) -> None:
    with locked(site.cache / "submit.lock"):
        assert site.run("forget").code == 12


def test_accept_replaces_a_consent_that_cannot_be_read(site: Program) -> None:
    (site.cache / "consent.json").write_text("{")
    assert site.run("accept").out.startswith("accepted: class_platforms, classes")
    assert site.run("status").code == 0
