"""Dropsonde in Debian's Puppet Server: package, subcommand, schedule, removal."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.doubles.endpoint import Act, LoopbackEndpoint, Reply, nobody_listens
from tests.doubles.forge import LoopbackForge
from tests.real.built import built_deb
from tests.real.fill import title_of
from tests.real.packaged_site import packaged_slugs
from tests.real.puppetserver import CONF_D, USER, real_puppetserver
from tests.real.server_files import Entry, differences
from tests.real.server_machine import ENVIRON, Machine, private_machine
from tests.real.server_site import (
    PRIVATE_WORDS,
    STATE,
    TELEMETRY,
    install,
    lay_out,
    opt_in,
    telemetry,
)
from tests.real.server_units import run_unit
from tests.support.patience import PATIENCE

if TYPE_CHECKING:
    from tests.acceptance.conftest import FilledPuppetDB

pytestmark = [pytest.mark.real, pytest.mark.each_debian]

SUBCOMMAND = ("puppetserver", "dropsonde")
SERVICE = "dropsonde.service"
USERS = (None, USER)
SPACES = "/run/a b/c"
LATIN = "de_DE.ISO-8859-1"
EXPOSURE = 1.4  # of 10, by `systemd-analyze security`; less is better
# What dpkg and its helpers keep for themselves, and what every Debian host rewrites by itself.
BOOKKEEPING = (
    "/etc/hosts",
    "/var/cache/debconf",
    "/var/cache/ldconfig",
    "/var/cache/man",
    "/var/lib/dpkg",
    "/var/lib/systemd/deb-systemd-helper-",
    "/var/log",
)


@pytest.fixture(scope="module")
def forge() -> Iterator[str]:
    """A Forge that lists the packaged modules."""
    with LoopbackForge(packaged_slugs().values()) as listed:
        yield listed.url


@pytest.fixture(scope="module")
def installed(filled_puppetdb: FilledPuppetDB) -> Iterator[Machine]:
    """A machine with a filled site, on which the package is installed."""
    with private_machine() as machine:
        lay_out(machine, filled_puppetdb.server)
        install(machine, built_deb())
        yield machine


@pytest.fixture
def endpoint() -> Iterator[LoopbackEndpoint]:
    with LoopbackEndpoint() as listening:
        yield listening


@pytest.fixture
def site(installed: Machine, forge: str, endpoint: LoopbackEndpoint) -> Machine:
    """The same, opted in, before its first submission."""
    installed.do("find", f"/{STATE}", "-mindepth", "1", "-delete")
    opt_in(installed, "enabled: true")
    telemetry(installed, endpoint=endpoint.url, forge=forge, splay=0, max_wait=0)
    return installed


def snapshots(report: str | bytes) -> Mapping[str, Any]:
    columns = json.loads(report)["self-service-analytics"]["snapshots"]
    return {name: snapshot["value"] for name, snapshot in columns.items()}


def complaint(done: subprocess.CompletedProcess[str]) -> str:
    """What stands on stderr, which must be one line in the program's name."""
    assert done.stderr.count("\n") == 1, done.stderr
    assert done.stderr.startswith("dropsonde: "), done.stderr
    return done.stderr


def assert_nothing_private(report: bytes) -> None:
    text = report.decode().lower()
    assert not [word for word in PRIVATE_WORDS if word in text]


def test_puppet_server_lists_the_subcommand(site: Machine) -> None:
    assert "   dropsonde\n" in site.run("puppetserver", "--help").stdout


@pytest.mark.parametrize("user", USERS)
def test_the_subcommand_works(
    site: Machine, endpoint: LoopbackEndpoint, filled_puppetdb: FilledPuppetDB, user: str | None
) -> None:
    def run(*arguments: str) -> str:
        done = site.run(*SUBCOMMAND, *arguments, user=user)
        assert (done.stderr, done.returncode) == ("", 0)
        return done.stdout

    assert "platforms" in run("list")
    shown = snapshots(run("preview", "--format", "json"))
    counted = {row["name"]: row["count"] for row in shown["classes"]}
    nodes = [
        count
        for (title, _), count in filled_puppetdb.expected.classes.items()
        if title == title_of(next(iter(counted)))
    ]
    assert counted[next(iter(counted))] == sum(nodes)
    assert shown["environment_count"] == 3
    assert {row["slug"] for row in shown["modules"]} == set(packaged_slugs().values())
    assert endpoint.received == []
    assert "delivered" in run("submit")
    (received,) = endpoint.received
    assert snapshots(received.report) == shown
    assert_nothing_private(received.report)
    assert "Sent: 1 report," in run("status")


def test_root_and_puppet_are_one_site(site: Machine, endpoint: LoopbackEndpoint) -> None:
    reports = [
        site.run(*SUBCOMMAND, "preview", "--format", "json", user=user).stdout
        for user in (None, USER, None)
    ]
    assert len({json.loads(report)["site_id"] for report in reports}) == 1
    for user in (None, USER, None):
        assert site.run(*SUBCOMMAND, "submit", user=user).returncode == 0
    assert len(endpoint.received) == 3
    status = json.loads(site.run(*SUBCOMMAND, "status", "--format", "json", user=USER).stdout)
    assert status["sent"]["reports"] == 3
    owners = site.do("find", f"/{STATE}", "-printf", "%u:%g %m\\n")
    assert {line.split()[0] for line in owners.splitlines()} == {f"{USER}:{USER}"}
    assert {line.split()[1] for line in owners.splitlines()} == {"600", "700"}


def test_the_unit_delivers_once_in_an_interval(site: Machine, endpoint: LoopbackEndpoint) -> None:
    first = run_unit(site, SERVICE)
    assert (first.stderr, first.returncode) == ("", 0)
    assert "delivered 1 report" in first.stdout
    (received,) = endpoint.received
    assert len(snapshots(received.report)["classes"]) > 100
    assert_nothing_private(received.report)
    second = run_unit(site, SERVICE)
    assert (second.stdout, second.stderr, second.returncode) == ("", "", 0)
    assert len(endpoint.received) == 1


def test_status_and_the_schedule_read_the_servers_own_variables(
    site: Machine, endpoint: LoopbackEndpoint
) -> None:
    """They are in a file; neither a root shell nor cron nor dropsonde's own unit has them."""
    python = ("/usr/lib/dropsonde/bin/python", "-I", "-m")
    defaults = site.root / "etc/default/puppetserver"
    packaged = defaults.read_text()
    conf = site.root / CONF_D / "puppetserver.conf"
    packaged_conf = conf.read_text()
    conf.write_text(
        packaged_conf.replace(
            "server-var-dir: /var/lib/puppetserver", "server-var-dir: ${SERVER_VAR}"
        )
    )

    def answers() -> list[int]:
        status = [
            site.run(*command, "status", user=user).returncode
            for command in ((*python, "dropsonde"), SUBCOMMAND)
            for user in USERS
        ]
        cron = site.run(*python, "dropsonde_puppetserver.scheduled", user=USER)
        return [*status, cron.returncode, run_unit(site, SERVICE).returncode]

    try:
        assert answers() == [14] * 2 + [4] * 4
        # A shell, which the subcommand comes from, and systemd read this differently.
        defaults.write_text(f'{packaged}\nSERVER_VAR="/var/lib/puppetserver"# ours\n')
        assert answers() == [14] * 2 + [4] * 4
        assert endpoint.received == []
        defaults.write_text(f'{packaged}\nSERVER_VAR="/var/lib/puppetserver"\n')
        assert answers() == [0] * 6
        assert len(endpoint.received) == 1
        for command in ((*python, "dropsonde"), SUBCOMMAND):
            for user in USERS:  # the state of the schedule
                assert "Sent: 1 report," in site.run(*command, "status", user=user).stdout
    finally:
        defaults.write_text(packaged)
        conf.write_text(packaged_conf)


@pytest.mark.parametrize("stanza", [None, "enabled: false", "interval: 1"])
def test_without_an_opt_in_nothing_is_sent(
    site: Machine, endpoint: LoopbackEndpoint, stanza: str | None
) -> None:
    opt_in(site, stanza)
    done = run_unit(site, SERVICE)
    assert (done.stdout, done.stderr, done.returncode) == ("", "", 0)
    assert endpoint.received == []
    assert not any((site.root / STATE).iterdir())


@pytest.mark.parametrize("stanza", ["enabled: yes", 'enabled: "false"', "enabled: true, }} ]"])
def test_what_is_no_clear_opt_in_is_named_and_nothing_sent(
    site: Machine, endpoint: LoopbackEndpoint, stanza: str
) -> None:
    opt_in(site, stanza)
    done = run_unit(site, SERVICE)
    assert done.returncode == 15
    assert f"/{CONF_D}" in complaint(done)
    assert endpoint.received == []


def test_an_endpoint_that_is_away_gets_it_next_time(
    site: Machine, endpoint: LoopbackEndpoint, forge: str
) -> None:
    with nobody_listens() as url:
        telemetry(site, endpoint=url, forge=forge, splay=0, max_wait=0)
        away = run_unit(site, SERVICE)
    assert away.returncode == 10
    assert "1 report(s) wait" in complaint(away)
    telemetry(site, endpoint=endpoint.url, forge=forge, splay=0, max_wait=0)
    assert run_unit(site, SERVICE).returncode == 0
    assert len(endpoint.received) == 1


def test_preview_needs_no_opt_in_and_no_clean_conf_d(site: Machine) -> None:
    opt_in(site, "enabled: true, }} ]")
    shown = site.run(*SUBCOMMAND, "preview", "--format", "json")
    assert (shown.returncode, shown.stderr) == (0, "")
    assert len(snapshots(shown.stdout)["classes"]) > 100


@pytest.mark.parametrize(
    ("arguments", "says"), [((), "required"), (("previw",), "invalid choice: 'previw'")]
)
def test_a_wrong_command_line(site: Machine, arguments: tuple[str, ...], says: str) -> None:
    done = site.run(*SUBCOMMAND, *arguments)
    assert done.returncode == 2
    assert says in done.stderr


def test_telemetry_yaml_that_puppet_cannot_read(site: Machine) -> None:
    site.do("chmod", "0600", f"/{TELEMETRY}")
    site.do("chown", "root:root", f"/{TELEMETRY}")
    done = site.run(*SUBCOMMAND, "preview", user=USER)
    assert (done.stdout, done.returncode) == ("", 3)
    assert f"/{TELEMETRY}: Permission denied" in complaint(done)


def test_a_closed_pipe(site: Machine) -> None:
    script = 'puppetserver dropsonde preview | head -n 1; echo "${PIPESTATUS[0]}"'
    done = site.run("bash", "-c", script)
    assert done.stderr == ""
    assert done.stdout.splitlines()[-1] == "141"


@pytest.mark.parametrize("locale", ["C", LATIN])
def test_a_locale_that_is_not_utf_8(site: Machine, locale: str) -> None:
    if locale == LATIN:
        site.do("localedef", "--inputfile=de_DE", "--charmap=ISO-8859-1", LATIN)
    done = site.run(*SUBCOMMAND, "preview", environ={"LC_ALL": locale})
    assert (done.stderr, done.returncode) == ("", 0)
    assert "To be sent:" in done.stdout


@pytest.mark.parametrize("user", USERS)
def test_a_directory_with_spaces(site: Machine, user: str | None) -> None:
    site.do("rm", "-rf", SPACES)
    site.do("install", "--directory", f"--owner={user or 'root'}", SPACES)
    if user is None:  # root runs it as the server's user, who may not write there
        refused = site.run(*SUBCOMMAND, "submit", "--output", "a report", cwd=SPACES)
        assert refused.returncode == 8
        assert "Permission denied for user puppet" in complaint(refused)
        script = 'puppetserver dropsonde submit --output - > "a report"'
        done = site.run("bash", "-c", script, cwd=SPACES)
    else:
        done = site.run(*SUBCOMMAND, "submit", "--output", "a report", user=user, cwd=SPACES)
    assert (done.stderr, done.returncode) == ("", 0)
    assert snapshots((site.root / SPACES.lstrip("/") / "a report").read_text())


def test_ctrl_c(site: Machine, forge: str) -> None:
    with LoopbackEndpoint(Reply(act=Act.SILENCE)) as silent:
        telemetry(site, endpoint=silent.url, forge=forge)
        process = subprocess.Popen(
            site.command("env", "--default-signal=INT", *SUBCOMMAND, "submit"),
            env=ENVIRON,
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,  # for the signal goes to all that the terminal runs
        )
        while not silent.received:
            assert process.poll() is None
            time.sleep(0.02)
        os.killpg(process.pid, signal.SIGINT)
        told = process.communicate(timeout=PATIENCE)[1]
    assert (told.count("\n"), process.returncode) == (1, 130), told
    status = json.loads(site.run(*SUBCOMMAND, "status", "--format", "json").stdout)
    assert (status["outbox"]["reports"], status["sent"]["reports"]) == (1, 0)


def test_systemd_finds_no_fault_in_the_units(site: Machine) -> None:
    for unit in (SERVICE, "dropsonde.timer"):
        found = site.run("systemd-analyze", "verify", "--man=yes", f"/lib/systemd/system/{unit}")
        assert (found.stdout, found.stderr, found.returncode) == ("", "", 0)


def test_the_service_is_confined(site: Machine) -> None:
    told = site.do(
        *("systemd-analyze", "security", "--offline=true", "--no-pager"),
        f"/lib/systemd/system/{SERVICE}",
    )
    score = float(told.splitlines()[-1].split("dropsonde.service: ")[1].split()[0])
    assert score <= EXPOSURE, told


def test_puppet_server_compiles_with_it(
    filled_puppetdb: FilledPuppetDB, endpoint: LoopbackEndpoint, tmp_path: Path
) -> None:
    with private_machine() as machine:
        lay_out(machine, filled_puppetdb.server)
        install(machine, built_deb())
        opt_in(machine, "enabled: true, interval: 86400")
        telemetry(machine, endpoint=endpoint.url)
        output = tmp_path / "puppetserver.log"
        with real_puppetserver(machine, filled_puppetdb.server.authority, output) as server:
            catalog = server.catalog("production")
            log = server.log
    classes = {each["title"] for each in catalog["resources"] if each["type"] == "Class"}
    # The first two are Puppet's own: every catalog has them, whatever is declared.
    assert {"main", "Settings", "Acme_base", "Ntp", "Ntp::Config"} <= classes
    assert "compiled for acme" in log
    assert "Not submitting module metrics via Dropsonde -- unsupported on Debian." in log
    assert " ERROR " not in log
    assert endpoint.received == []


def test_a_purge_leaves_nothing(
    filled_puppetdb: FilledPuppetDB, forge: str, endpoint: LoopbackEndpoint
) -> None:
    def own(found: Mapping[str, Entry]) -> Mapping[str, Entry]:
        return {path: entry for path, entry in found.items() if not path.startswith(BOOKKEEPING)}

    with private_machine() as machine:
        lay_out(machine, filled_puppetdb.server)
        opt_in(machine, "enabled: true")
        telemetry(machine, endpoint=endpoint.url, forge=forge, splay=0)
        machine.do("find", "/opt", "-mindepth", "1", "-delete")  # as on most servers
        before = own(differences(machine))
        install(machine, built_deb())
        assert run_unit(machine, SERVICE).returncode == 0
        assert machine.run(*SUBCOMMAND, "status").returncode == 0
        between = own(differences(machine))
        assert {"/usr/share/puppetserver/cli/apps/dropsonde", f"/{STATE}/seed"} <= set(between)
        machine.do("dpkg", "--remove", "dropsonde")
        kept = set(own(differences(machine))) - set(before)
        assert {path for path in kept if not path.startswith(f"/{STATE}")} == set()
        machine.do("dpkg", "--purge", "dropsonde")
        assert own(differences(machine)) == before
