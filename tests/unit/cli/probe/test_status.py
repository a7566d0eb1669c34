"""`status`: what is sent, when, and what wants looking at."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.doubles.endpoint import LoopbackEndpoint, nobody_listens
from tests.support.submitting import QUICK, files, scheduled, to

if TYPE_CHECKING:
    from tests.support.program import Program


def test_status_of_a_site_that_never_sent(site: Program) -> None:
    result = site.run("status")
    assert (result.code, result.err) == (0, "")
    assert f"Enabled: no, by {site.confd}: " in result.out
    assert "First scheduled submission: none yet" in result.out
    assert "Last delivery: none" in result.out
    assert "Next due: never" in result.out
    assert re.search(
        r"^Endpoint: none \(.+\): nothing is sent until `:endpoint:` names",
        result.out,
        re.MULTILINE,
    )
    assert "Run by" not in result.out


def test_status_complains_when_what_is_enabled_goes_nowhere(site: Program) -> None:
    site.opt_in()
    result = site.run("status", "--format", "json")
    assert (result.code, json.loads(result.out)["endpoint"]) == (14, None)
    assert "there is no endpoint, so nothing is sent" in result.complaint
    named = site.run("status", "--endpoint", "https://endpoint.example")
    assert named.code == 0
    assert "Endpoint: https://endpoint.example (named by command line)" in named.out


def test_status_says_what_enables_submissions(site: Program) -> None:
    site.opt_in()
    site.send_to()
    result = site.run("status")
    assert result.code == 0
    assert f"Enabled: yes, by {site.confd / 'puppetserver.conf'}: " in result.out
    assert "Next due: at once" in result.out
    state = json.loads(site.run("status", "--format", "json").out)
    assert (state["enabled"], state["interval"]) == (True, 604_800)


def test_status_and_the_schedule_agree_whatever_variables_they_have(site: Program) -> None:
    """The server's unit has a variable that neither a shell nor cron has."""
    site.opt_in()
    site.send_to()
    (site.confd / "webserver.conf").write_text("webserver: { ssl-host: ${PUPPETSERVER_HOST} }\n")
    variable = {"PUPPETSERVER_HOST": "0.0.0.0"}  # noqa: S104  # nothing listens
    states = []
    with LoopbackEndpoint() as endpoint:
        assert site.run(*scheduled(endpoint)).code == 0
        for environ in ({}, variable):
            assert site.run(*scheduled(endpoint), environ=environ).out == ""
            status = site.run("status", "--format", "json", environ=environ)
            assert status.code == 0
            states.append(json.loads(status.out))
    assert states[0] == states[1]
    assert states[0]["enabled"] is True
    assert len(endpoint.received) == 1


def test_status_names_a_directory_that_would_end_the_schedule(site: Program) -> None:
    site.opt_in()
    site.send_to()
    file = site.confd / "puppet.conf"
    file.write_text("jruby-puppet: { server-log-dir: ${NOPE} }\n")
    assert site.run("status").code == 0  # PUPPET_LOGDIR is set here
    result = site.run("status", environ={"PUPPET_LOGDIR": ""})
    assert result.code == 14
    assert f"{file}: line 1: jruby-puppet.server-log-dir substitutes something that is not set" in (
        result.complaint
    )


def test_status_names_an_opt_in_that_is_not_clear(site: Program) -> None:
    site.opt_in("yes")
    result = site.run("status")
    assert result.code == 14
    assert "does not clearly say yes or no" in result.complaint
    assert f"Enabled: no, by {site.confd / 'puppetserver.conf'}: " in result.out


def test_status_names_an_interval_that_is_none(site: Program) -> None:
    (site.confd / "a.conf").write_text("dropsonde: { enabled: true, interval: weekly }\n")
    result = site.run("status", "--format", "json")
    assert (result.code, json.loads(result.out)["interval"]) == (14, 604_800)
    assert "dropsonde.interval is no whole number of seconds" in result.complaint


def test_the_server_sets_the_interval_unless_the_command_line_does(site: Program) -> None:
    (site.confd / "a.conf").write_text("dropsonde: { enabled: true, interval: 86400 }\n")
    (site.home / "telemetry.yaml").write_text(":interval: 3600\n")
    assert json.loads(site.run("status", "--format", "json").out)["interval"] == 86_400
    given = site.run("status", "--format", "json", "--interval", "7200")
    assert json.loads(given.out)["interval"] == 7200


def test_a_schedule_that_never_delivered_is_overdue_some_day(site: Program) -> None:
    site.opt_in()
    site.send_to()
    old = {"accepted": ["modules"], "since": "2020-01-01T00:00:00+00:00"}
    (site.cache / "consent.json").write_text(json.dumps(old))
    result = site.run("status")
    assert (result.code, "overdue" in result.complaint) == (14, True)
    site.opt_in("false")
    assert site.run("status").code == 0


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
    site.opt_in()
    (site.cache / "consent.json").write_text("{")
    result = site.run("status")
    assert result.code == 14
    assert "no column counts as accepted" in result.complaint
    with LoopbackEndpoint() as endpoint:
        assert site.run(*scheduled(endpoint)).code == 3
    assert endpoint.received == []


def test_status_names_what_is_overdue_and_withheld(site: Program) -> None:
    site.opt_in()
    site.send_to()
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
        "a scheduled submission is overdue: puppetserver-dropsonde(8) says more",
    )
    assert "Withheld until `dropsonde accept`: dependencies, environment_count" in result.out


def test_a_receipt_that_somebody_edited_stops_nothing(site: Program) -> None:
    site.opt_in()
    site.send_to()
    with LoopbackEndpoint() as endpoint:
        assert site.run(*to(endpoint)).code == 0
        (_, receipt) = files(site, "sent")
        receipt.write_text(receipt.read_text().replace('"time": "2', '"time": "x'))
        assert site.run(*scheduled(endpoint)).out == ""
        assert site.run("status").code == 0
        receipt.write_text("{")
        assert site.run("status").code == 0
    assert len(endpoint.received) == 1


def plugin(site: Program, code: int) -> str:
    """The line of the monitoring plugin: all that it prints, wherever."""
    result = site.run("status", "--format", "nagios")
    assert (result.code, result.err, result.out.count("\n")) == (code, "", 1)
    return result.out


def test_a_monitoring_plugin_of_each_state(site: Program) -> None:
    assert plugin(site, 0).startswith("DROPSONDE OK - disabled, by ")
    site.opt_in()
    assert "DROPSONDE CRITICAL - reports are enabled, but there is no endpoint" in plugin(site, 2)
    site.send_to()
    assert plugin(site, 0).startswith("DROPSONDE OK - nothing was delivered yet, next due at once")
    (site.home / "dropsonde.disabled").touch()
    assert plugin(site, 0).startswith("DROPSONDE OK - switched off: ")
    (site.home / "dropsonde.disabled").unlink()
    site.opt_in("yes")
    assert plugin(site, 1).startswith("DROPSONDE WARNING - Puppet Server's configuration does not")
    (site.home / "telemetry.yaml").write_text(":colour: red\n")
    assert plugin(site, 3).startswith("DROPSONDE UNKNOWN - ")


@pytest.mark.parametrize(("days", "code"), [(1, 0), (3, 1), (8, 2)])
def test_a_plugin_of_a_schedule_that_is_late(site: Program, days: int, code: int) -> None:
    """The first submission was due at once."""
    site.opt_in()
    site.send_to()
    since = datetime.now(timezone.utc) - timedelta(days=days)
    consent = {"accepted": ["modules"], "since": since.isoformat()}
    (site.cache / "consent.json").write_text(json.dumps(consent))
    assert ("overdue" in plugin(site, code)) == (code > 0)


def test_a_report_that_waits_for_days_needs_attention(site: Program) -> None:
    with nobody_listens() as url:
        assert site.run("submit", "--endpoint", url, *QUICK).code == 10
    assert site.run("status").code == 0
    (waiting,) = files(site, "outbox")
    old = datetime.now(timezone.utc) - timedelta(days=3)
    waiting.rename(waiting.with_name(f"{old:%Y%m%d}{waiting.name[8:]}"))
    result = site.run("status")
    assert (result.code, "has waited for more than 2 days" in result.complaint) == (14, True)
    assert plugin(site, 1).startswith("DROPSONDE WARNING - a report has waited")


def test_prometheus_is_told_numbers_alone(site: Program) -> None:
    site.opt_in()
    result = site.run("status", "--format", "prometheus")
    assert (result.code, result.err) == (0, "")  # the numbers say that there is no endpoint
    found = {
        sample.name: sample
        for family in text_string_to_metric_families(result.out)
        for sample in family.samples
    }
    assert found["dropsonde_probe_status"].value == 2
    assert found["dropsonde_probe_enabled"].value == 1
    assert {name for sample in found.values() for name in sample.labels} == {"version", "place"}
    assert str(site.home) not in result.out
