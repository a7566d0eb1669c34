"""The Puppet module, by Puppet itself: what its runs do to a host with Debian's Puppet Server."""

from __future__ import annotations

import grp
import json
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from dropsonde.settings.resolve import resolve
from dropsonde.settings.telemetry_yaml import read
from dropsonde_puppetserver import confd
from tests.acceptance.puppet_module_site import (
    CHANGED,
    CONFD,
    FAILED,
    PACKAGE,
    SETTINGS,
    UNCHANGED,
    Site,
    site,
)

pytestmark = [pytest.mark.real, pytest.mark.each_debian]

OFF = "enabled => false"
WORDS_IN_HIERA = """
version: 5
hierarchy:
  - { name: Words, data_hash: json_data, datadir: /opt, path: words.json }
"""
ALL = (
    "enable => ['modules', 'dependencies', 'platforms']",
    "disable => ['platforms']",
    r"cachepath => '/var/cache/it\'s here'",
    "ttl => 3",
    "update => false",
    "seed => 'banana pancakes'",
    "endpoint => 'https://telemetry.example.com:8443/in/'",
    "evidence => 'installed'",
    "accept => 'all'",
)


@pytest.fixture(scope="module")
def shared() -> Iterator[Site]:
    """A host for the tests that say all they need by the class's parameters."""
    with site(package=True) as host:
        host.settle(OFF)
        yield host


@pytest.fixture
def host(shared: Site) -> Iterator[Site]:
    """The shared host, with Puppet Server's configuration as the packages brought it."""
    before = {path.name for path in shared.path(CONFD).iterdir()} - {"dropsonde.conf"}
    yield shared
    for path in shared.path(CONFD).iterdir():
        if path.name not in before:
            path.unlink()


@pytest.fixture
def fresh() -> Iterator[Site]:
    """A host of one test's own, without the program."""
    with site(package=True) as host:
        yield host


def copied(host: Site, path: str, directory: Path) -> Path:
    """A file with its mode, out here: links on the way to the host's own lead elsewhere."""
    return Path(shutil.copy(host.path(path), directory))


def server(host: Site, directory: str = CONFD) -> confd.ServerConf:
    """What our own reader finds in Puppet Server's configuration."""
    return confd.read(host.path(directory), {})


def opted_in(host: Site, directory: str = CONFD) -> bool:
    found = server(host, directory).opt_in
    assert not found.problem, found.why
    return found.enabled


def test_declaring_the_class_installs_and_opts_in_and_a_second_run_changes_nothing(
    fresh: Site,
) -> None:
    fresh.settle()
    assert opted_in(fresh)
    assert len(fresh.scheduled()) == 1
    assert fresh.machine.run("dropsonde", "integrate", "--check").returncode == 0
    assert fresh.machine.run("dropsonde", "status").stdout.startswith("Enabled: yes")


def test_not_enabled_leaves_no_schedule_though_the_package_brings_one(fresh: Site) -> None:
    first = fresh.settle(OFF)
    assert first.code == CHANGED
    assert "dropsonde.timer]/ensure: removed" in first.said
    assert not opted_in(fresh)
    assert fresh.scheduled() == []
    assert fresh.machine.run("dropsonde", "list").returncode == 0


def test_the_opt_in_goes_off_and_on_again(host: Site) -> None:
    for enabled in (True, False, True):
        host.settle(f"enabled => {str(enabled).lower()}")
        assert opted_in(host) is enabled
        assert len(host.scheduled()) == int(enabled)


def test_upstreams_server_runs_it_itself_and_has_no_timer(fresh: Site) -> None:
    directory = "/etc/puppetlabs/puppetserver/conf.d"
    fresh.write(f"{directory}/product.conf", "product: { check-for-updates: false }\n")
    (jar,) = fresh.path("/usr/share/puppetserver").glob("puppetserver-*.jar")
    fresh.write(
        "/opt/puppetlabs/server/apps/puppetserver/puppet-server-release.jar", jar.read_bytes()
    )
    fresh.path("/opt/puppetlabs/server/apps/puppetserver/cli/apps").mkdir(parents=True)
    fresh.path("/opt/puppetlabs/server/data/puppetserver").mkdir(parents=True, exist_ok=True)
    fresh.settle("interval => 86400", environ={"FACTER_aio_agent_version": "8.10.0"})
    assert opted_in(fresh, directory)
    assert server(fresh, directory).interval == 86_400
    assert fresh.path("/etc/puppetlabs/telemetry.yaml").exists()
    assert not fresh.path(SETTINGS).exists()
    assert fresh.scheduled() == []
    assert fresh.machine.run("dropsonde", "integrate", "--check").returncode == 0


def test_nothing_is_opted_in_before_the_program_and_its_settings_are_there(fresh: Site) -> None:
    fresh.path(PACKAGE).unlink()
    assert fresh.declare().code & FAILED
    assert not fresh.path(f"{CONFD}/dropsonde.conf").exists()
    assert fresh.declare(OFF).code & FAILED
    assert "false" in fresh.path(f"{CONFD}/dropsonde.conf").read_text()


def test_the_cron_entry_of_the_ruby_programs_module_goes(fresh: Site) -> None:
    fresh.write(
        "/opt/crontab",
        "5 5 * * * true\n# Puppet Name: submit Puppet telemetry report\n"
        "1 2 * * 3 /opt/puppetlabs/puppet/bin/dropsonde submit\n",
    )
    fresh.machine.do("crontab", "-u", "root", "/opt/crontab")
    assert fresh.fact() == {"bundled": False, "version": "", "cron": True, "enterprise": False}
    fresh.settle("manage_package => false", OFF)
    left = fresh.machine.do("crontab", "-u", "root", "-l")
    assert "5 5 * * * true" in left
    assert "dropsonde submit" not in left
    assert fresh.fact() is None


def test_noop_changes_nothing(fresh: Site) -> None:
    assert fresh.declare(*ALL, options=("--noop",)).code == UNCHANGED
    assert not fresh.path(SETTINGS).exists()
    assert not fresh.path(f"{CONFD}/dropsonde.conf").exists()
    assert not fresh.path("/usr/bin/dropsonde").exists()


def test_the_settings_are_the_programs_own(
    host: Site, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    host.settle(OFF, *ALL)
    found = resolve({}, copied(host, SETTINGS, tmp_path), required=True)
    assert found.enable == ("modules", "dependencies", "platforms")
    assert found.disable == ("platforms",)
    assert str(found.cachepath) == "/var/cache/it's here"
    assert (found.ttl, found.update, found.seed) == (3, False, "banana pancakes")
    assert found.endpoint == "https://telemetry.example.com:8443/in"
    assert (found.evidence, found.accept) == ("installed", "all")
    assert caplog.record_tuples == [], "the reader warned, as of a seed that everybody can read"
    said = host.machine.run("dropsonde", "list", user="puppet").stdout
    assert "platforms (left out here)" in said


def test_without_settings_the_file_is_empty(host: Site, tmp_path: Path) -> None:
    host.settle(OFF, *ALL)
    host.settle(OFF)
    assert read(copied(host, SETTINGS, tmp_path)) == {}


def test_the_files_are_root_s_and_the_group_puppet_reads_the_settings(host: Site) -> None:
    host.settle(OFF, "seed => 'banana pancakes'")
    for name, mode, group in (
        (SETTINGS, 0o640, "puppet"),
        (f"{CONFD}/dropsonde.conf", 0o644, "root"),
    ):
        found = host.path(name).stat()
        assert stat.S_IMODE(found.st_mode) == mode
        assert (found.st_uid, found.st_gid) == (0, grp.getgrnam(group).gr_gid)


def test_the_seed_is_in_no_log(host: Site, tmp_path: Path) -> None:
    host.settle(OFF, "seed => 'first secret'")
    done = host.declare(
        OFF, "seed => Sensitive('second secret')", options=("--show_diff", "--debug")
    )
    assert done.code == CHANGED, done.said
    assert "secret" not in done.said.replace("second secret') }", "")
    assert read(copied(host, SETTINGS, tmp_path))["seed"][0] == "second secret"


def test_text_of_every_kind_comes_back(host: Site, tmp_path: Path) -> None:
    """Whatever the class accepts as text, the program reads as it was."""
    odd = [chr(code) for code in (*range(0x3000), 0xFEFF, 0xFFFD, 0xFFFE, 0x1F388, 0x10FFFD)]
    words = [f"a{character}b{character * 2}c" for character in odd]
    words += [
        *odd,
        "~",
        "<<",
        "yes",
        "0x1f",
        "1:30",
        "# no",
        "- a",
        "a: b",
        "''",
        "\\n",
        "...",
        "---",
    ]
    host.write("/opt/hiera.yaml", WORDS_IN_HIERA)
    host.write("/opt/words.json", json.dumps({"words": words}))
    done = host.apply(
        """
        lookup('words').filter |$word| { $word =~ Dropsonde::Text }.slice(500).each |$n, $taken| {
          $text = epp('dropsonde/telemetry.yaml.epp', { 'settings' => { 'enable' => $taken } })
          file { "/opt/read-${n}": content => $text }
          file { "/opt/taken-${n}": content => $taken.join("\n") }
        }
        """,
        "--hiera_config=/opt/hiera.yaml",
    )
    assert done.code == CHANGED, done.said
    taken = [
        (host.path(f"/opt/taken-{number}").read_bytes().decode().split("\n"), number)
        for number in range(len(list(host.path("/opt").glob("taken-*"))))
    ]
    for chunk, number in taken:
        file = copied(host, f"/opt/read-{number}", tmp_path)
        assert read(file) == {"enable": (chunk, " line 3")}
    assert sum(len(chunk) for chunk, _ in taken) > 20_000


def test_the_timers_service_may_write_to_another_cachepath(host: Site) -> None:
    drop_in = host.path("/etc/systemd/system/dropsonde.service.d/cachepath.conf")
    host.settle(OFF, "cachepath => '/var/cache/drop sonde'")
    assert drop_in.read_text() == '[Service]\nReadWritePaths="-/var/cache/drop sonde"\n'
    host.machine.do("systemd-analyze", "verify", "dropsonde.service")
    host.settle(OFF)
    assert not drop_in.exists()
