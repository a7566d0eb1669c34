"""`submit --scheduled`: when it is due, and only what was agreed to."""

from __future__ import annotations

import json
import os
import pty
import shlex
import subprocess
from typing import TYPE_CHECKING

import pytest

from dropsonde.collector.intake.wire import metric_columns
from dropsonde.common.clock import utc_now
from dropsonde.common.errors import NotOptedInError
from dropsonde.schema import published
from tests.doubles.endpoint import LoopbackEndpoint, nobody_listens
from tests.support.patience import PATIENCE
from tests.support.submitting import AWAY, QUICK, columns, files, next_second, scheduled, to

if TYPE_CHECKING:
    from tests.support.program import Program


# Starts the schedule, but does something else (argument 1) in place of the sleep.
MEANWHILE = """
import subprocess, sys, time
meanwhile = sys.argv.pop(1)
time.sleep = lambda seconds: subprocess.run(["sh", "-c", meanwhile], check=True)
from dropsonde.cli.probe import main
sys.exit(main())
"""
# What Puppet Server's own service runs.
LOOK = "import sys; from dropsonde_puppetserver.scheduled import main; sys.exit(main())"


@pytest.fixture(autouse=True)
def _opted_in(site: Program) -> None:
    site.opt_in()


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


def test_the_columns_of_a_newer_release_wait_for_consent(site: Program) -> None:
    """The consent is that of a probe of version 0.1.0, before this one was installed over it."""
    before = {column.name for column in metric_columns(published.load()["0.1.0"])}
    consent = {"accepted": sorted(before), "since": f"{utc_now():%Y-%m-%dT%H:%M:%S+00:00}"}
    (site.cache / "consent.json").write_text(json.dumps(consent))
    with LoopbackEndpoint() as endpoint:
        assert site.run(*scheduled(endpoint, "--interval", "0")).code == 0
        accepted = site.run("accept", "--no-update")
        next_second()
        assert site.run(*scheduled(endpoint, "--interval", "0")).code == 0
    old, new = (columns(request.report) for request in endpoint.received)
    assert old <= before
    assert "servers" in new - old
    assert accepted.out == "accepted: agents, operating_systems, servers\n"


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


def test_a_schedule_tries_an_incomplete_report_again(site: Program) -> None:
    with LoopbackEndpoint() as endpoint:
        assert site.run(*scheduled(endpoint, *AWAY)).code == 6
        assert endpoint.received == []
        assert site.run(*scheduled(endpoint)).code == 0
    assert len(endpoint.received) == 1


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


def test_accept_replaces_a_consent_that_cannot_be_read(site: Program) -> None:
    (site.cache / "consent.json").write_text("{")
    assert site.run("accept").out.startswith("accepted: agents, class_platforms, classes")
    assert site.run("status", "--endpoint", "https://endpoint.example").code == 0


@pytest.mark.parametrize("value", ["false", "yes", "1", "[true]", "}"])
def test_without_a_clear_opt_in_nothing_is_sent(site: Program, value: str) -> None:
    site.opt_in(value)
    with LoopbackEndpoint() as endpoint:
        result = site.run(*scheduled(endpoint))
    assert (result.code, endpoint.received) == (15, [])
    assert "nothing is sent" in result.complaint
    assert not (site.cache / "consent.json").exists()


def test_an_opt_out_counts_at_once(site: Program) -> None:
    opt_out = "echo 'dropsonde: { enabled: false }' > conf.d/puppetserver.conf"
    with LoopbackEndpoint() as endpoint:
        result = site.python(MEANWHILE, opt_out, *to(endpoint, "--scheduled"))
    assert (result.code, endpoint.received) == (15, [])
    assert files(site, "outbox") == []


def test_nobody_waits_for_a_sleeper_and_nothing_goes_twice(site: Program) -> None:
    with LoopbackEndpoint() as endpoint:
        by_hand = shlex.join((*site.command, *to(endpoint)))
        result = site.python(MEANWHILE, by_hand, *to(endpoint, "--scheduled"))
    assert (result.code, result.err) == (0, "")
    assert len(endpoint.received) == 1


def test_a_report_by_hand_with_columns_not_agreed_to_waits_for_a_hand(site: Program) -> None:
    with LoopbackEndpoint() as endpoint:
        few = ("--disable", "puppetfiles", "--interval", "0")
        assert site.run(*scheduled(endpoint, *few)).code == 0
        next_second()
        with nobody_listens() as url:
            assert site.run("submit", "--endpoint", url, *QUICK).code == 10
        next_second()
        assert site.run(*scheduled(endpoint, "--interval", "0")).code == 0
        held = [columns(request.report) for request in endpoint.received]
        (waiting,) = files(site, "outbox")
        next_second()
        assert site.run(*to(endpoint)).code == 0
    assert held[0] == held[1] == held[0] - {"puppetfile_ruby_methods"}
    assert "puppetfile_ruby_methods" in columns(endpoint.received[2].report)
    assert waiting.name in {file.name for file in files(site, "sent")}


def test_a_consent_of_a_day_to_come_is_one_of_today(site: Program) -> None:
    agreed = {"accepted": ["modules"], "since": "2199-01-01T00:00:00+00:00"}
    (site.cache / "consent.json").write_text(json.dumps(agreed))
    with LoopbackEndpoint() as endpoint:
        assert site.run(*scheduled(endpoint)).code == 0
    assert [columns(request.report) for request in endpoint.received] == [{"modules"}]


def test_away_from_a_puppet_server_whoever_schedules_it_has_opted_in(site: Program) -> None:
    site.opt_in("false")
    with LoopbackEndpoint() as endpoint:
        assert site.run(*scheduled(endpoint), environ={"CONFIG": ""}).code == 0
    assert len(endpoint.received) == 1


def test_nothing_goes_without_the_yes_of_the_second_parser(site: Program) -> None:
    """The look does without it: what it starts asks, before the site has an id, and each time."""
    plain, odd = "dropsonde: { enabled: true }\n", '"dropsonde"."enabled" = true\n'
    with LoopbackEndpoint() as endpoint:
        settings = f":endpoint: {endpoint.url}\n:update: false\n:interval: 0\n:max_wait: 0\n"
        (site.home / "telemetry.yaml").write_text(settings)
        for text, code, received in (
            (odd, NotOptedInError.exit_code, 0),
            (plain, 0, 1),
            (odd, NotOptedInError.exit_code, 1),
        ):
            (site.confd / "puppetserver.conf").write_text(text)
            result = site.python(LOOK, "--from-server")
            assert (result.code, len(endpoint.received)) == (code, received), result.err
            assert ("in an unusual way" in result.err) == (text == odd)
            assert (site.cache / "seed").exists() == (received == 1)
