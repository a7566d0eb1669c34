"""The images of ext/container: the probe beside a made-up server, and the collector."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from dropsonde.common import weeks
from dropsonde.common.clock import utc_now
from dropsonde.demo import collector as demo
from dropsonde.demo import world
from dropsonde.schema import published
from dropsonde.site.site_id import site_id
from tests.doubles.forge import LoopbackForge
from tests.real.containers import Engine, engine
from tests.real.processes import run
from tests.support.vocabularies import file_of

pytestmark = pytest.mark.real

PUPPET, COLLECTOR = 64604, 64605  # the users in the Containerfiles
DATA = "/var/lib/dropsonde-collector/data"
SERVE = ("dropsonde-collector", "serve", "--data", DATA, "--host", "0.0.0.0")  # noqa: S104
SEED = "0123456789abcdef" * 4
CONF = """\
jruby-puppet: {
    master-conf-dir: /etc/puppetlabs/puppet
    master-var-dir: /opt/puppetlabs/server/data/puppetserver/var
    master-log-dir: ${LOGDIR}
    max-active-instances: ${OPENVOXSERVER_MAX_ACTIVE_INSTANCES}
}
"""
LOOK = """
import os, stat
print(os.getuid(), os.getgid(), *os.getgroups())
for path in ("/x", "/etc/x", "/tmp/x", "/usr/lib/x", "/opt/x", {volume!r} + "/x"):
    try:
        open(path, "w").close()
        print(path)
    except OSError as error:
        assert error.errno in (13, 30), error
for place in ("/etc", "/opt", "/usr"):
    for directory, _, names in os.walk(place):
        for path in (directory, *(os.path.join(directory, name) for name in names)):
            state = os.lstat(path)
            if state.st_uid or state.st_mode & stat.S_IWOTH and not stat.S_ISLNK(state.st_mode):
                print(path)
"""
WAIT = """
import signal, sys
signal.signal(signal.SIGTERM, lambda *_: sys.exit())
print("waits", flush=True)
signal.pause()
"""
COLUMNS = "message_id, site_id, environment_count, dependencies"


@pytest.fixture(scope="module")
def images() -> Iterator[Engine]:
    with engine() as built:
        yield built


@dataclass(frozen=True)
class Site:
    """A server's directories, and the probe beside them.

    Attributes:
        engine: runs it.
        home: what is mounted.
    """

    engine: Engine
    home: Path

    def run(
        self, *words: str, network: str = "container:collector", options: Sequence[str] = ()
    ) -> subprocess.CompletedProcess[str]:
        """Run the probe; by default what the image runs."""
        volumes = {
            self.home / "puppetlabs": "/etc/puppetlabs:ro",
            self.home / "secret": "/etc/dropsonde:ro",
            self.home / "state": "/var/lib/dropsonde",
        }
        command = self.engine.container(
            "probe", *words, volumes=volumes, network=network, options=options
        )
        return subprocess.run(command, capture_output=True, text=True, check=False)

    def opt_in(self, stanza: str) -> None:
        file = self.home / "puppetlabs/puppetserver/conf.d/dropsonde.conf"
        file.write_text(f"dropsonde: {{ {stanza} }}\n")


@pytest.fixture
def site(images: Engine, tmp_path: Path) -> Site:
    """A server of two environments, as an OpenVox container has it."""
    puppetlabs = tmp_path / "puppetlabs"
    confd, services = (puppetlabs / "puppetserver" / name for name in ("conf.d", "services.d"))
    for directory in (confd, services, puppetlabs / "puppet"):
        directory.mkdir(parents=True)
    (confd / "puppetserver.conf").write_text(CONF)
    (services / "ca.cfg").write_text(
        "puppetlabs.services.ca.certificate-authority-disabled-service/"
        "certificate-authority-disabled-service\n"
    )
    (puppetlabs / "puppet/puppet.conf").write_text("[main]\ncertname = acme-puppet.example\n")
    (puppetlabs / "telemetry.yaml").write_text(
        ":endpoint: http://127.0.0.1:8080\n:seed_file: /etc/dropsonde/seed\n:splay: 0\n"
    )
    needs = [{"name": "puppetlabs/stdlib", "version_requirement": ">= 9.0.0"}]
    for environment in ("production", "staging"):
        module = puppetlabs / "code/environments" / environment / "modules/acme_base"
        module.mkdir(parents=True)
        metadata = {"name": "acme-acme_base", "version": "1.0.0", "dependencies": needs}
        (module / "metadata.json").write_text(json.dumps(metadata))
    mount_secret(tmp_path / "secret")
    volume(tmp_path / "state", PUPPET)
    site = Site(images, tmp_path)
    site.opt_in("enabled: true")
    return site


def mount_secret(directory: Path) -> None:
    """Lay the seed out as Kubernetes mounts a Secret with fsGroup and defaultMode 0440."""
    versioned = directory / "..2026_01_01_00_00_00.1"
    versioned.mkdir(parents=True)
    (directory / "..data").symlink_to(versioned.name)
    (directory / "seed").symlink_to("..data/seed")
    (versioned / "seed").write_text(SEED)
    for path, mode in ((directory, 0o3777), (versioned, 0o2755), (versioned / "seed", 0o440)):
        os.chown(path, 0, PUPPET)
        path.chmod(mode)


def volume(directory: Path, group: int) -> Path:
    """Make a volume that is root's, as Kubernetes mounts one with fsGroup."""
    directory.mkdir()
    os.chown(directory, 0, group)
    directory.chmod(0o2775)
    return directory


@dataclass(frozen=True)
class Collector:
    """A collector in its container, which has only a loopback, which the probe joins."""

    engine: Engine

    def do(self, *words: str) -> str:
        """Run a command in the same container."""
        return run(self.engine.podman("exec", "collector", *words))

    def rows(self) -> list[dict[str, Any]]:
        sql = f"SELECT {COLUMNS} FROM community_metrics"  # noqa: S608 - the test's own
        printed = self.do("dropsonde-collector", "query", "--data", DATA, "--format", "json", sql)
        return [json.loads(line) for line in printed.splitlines()]


@pytest.fixture
def collector(images: Engine, tmp_path: Path) -> Iterator[Collector]:
    """As the manifests start it: first the Forge's list, then the program."""
    volumes = {volume(tmp_path / "collector", COLLECTOR): "/var/lib/dropsonde-collector"}
    with LoopbackForge(["puppetlabs-stdlib"]) as forge:
        words = ("dropsonde", "update", "--forge", forge.url, "--cachepath", DATA)
        run(images.container("collector", *words, volumes=volumes, network="host"))
    serve = (*SERVE, "--trusted-proxy", "127.0.0.1")
    command = images.container("collector", *serve, volumes=volumes, options=("--name=collector",))
    with images.started("collector", command, ready="ready on http://0.0.0.0:8080"):
        yield Collector(images)


@pytest.fixture
def listed(site: Site) -> Site:
    """The site with its own list of the Forge's modules, which is new enough for a week."""
    with LoopbackForge(["puppetlabs-stdlib"]) as forge:
        with (site.home / "puppetlabs/telemetry.yaml").open("a") as settings:
            settings.write(f":forge: {forge.url}\n")
        updated = site.run("dropsonde", "update", network="host")
    assert "1 public modules" in updated.stdout
    return site


def test_a_report_goes_from_one_container_to_the_other(listed: Site, collector: Collector) -> None:
    sent = listed.run()
    assert (sent.stderr, sent.returncode) == ("", 0)
    assert sent.stdout.startswith("delivered 1 report(s)")
    (row,) = collector.rows()
    assert row["site_id"] == site_id((), SEED.encode())
    assert row["environment_count"] == 2
    assert [each["name"] for each in row["dependencies"]] == ["puppetlabs-stdlib"]
    again = listed.run()
    assert (again.stdout, again.stderr, again.returncode) == ("", "", 0)
    assert collector.rows() == [row]
    assert not list((listed.home / "state").rglob("seed"))


@pytest.mark.parametrize(
    ("stanza", "options"),
    [
        ("enabled: false", ()),
        ("", ()),
        ("enabled: true", ("--env=DO_NOT_TRACK=1",)),
    ],
)
def test_without_a_yes_it_quietly_does_nothing(
    site: Site, stanza: str, options: tuple[str, ...]
) -> None:
    site.opt_in(stanza)
    done = site.run(network="none", options=options)
    assert (done.stdout, done.stderr, done.returncode) == ("", "", 0)
    assert not list((site.home / "state").iterdir())


def test_the_administrators_file_switches_it_off(site: Site) -> None:
    (site.home / "puppetlabs/dropsonde.disabled").touch()
    done = site.run(network="none")
    assert (done.stdout, done.stderr, done.returncode) == ("", "", 0)
    assert not list((site.home / "state").iterdir())


def test_without_a_seed_of_its_own_a_compiler_sends_nothing(site: Site) -> None:
    """It reads the mounted services.d, although the server's program is not there."""
    (site.home / "puppetlabs/telemetry.yaml").write_text(":endpoint: http://127.0.0.1:8080\n")
    done = site.run(network="none")
    assert done.returncode == 100
    assert "CA service is off (/etc/puppetlabs/puppetserver/services.d/ca.cfg)" in done.stderr


@pytest.mark.parametrize(
    ("image", "python", "home", "user"),
    [
        ("probe", "/usr/lib/dropsonde/bin/python", "/var/lib/dropsonde", PUPPET),
        ("collector", "python", "/var/lib/dropsonde-collector", COLLECTOR),
    ],
)
def test_neither_is_root_or_writes_outside_of_its_volume(
    images: Engine, image: str, python: str, home: str, user: int
) -> None:
    """Also what is in the images is root's, and only root may write to it."""
    printed = run(images.container(image, python, "-c", LOOK.format(volume=home), volumes={}))
    assert printed.splitlines() == [f"{user} {user} {user}", f"{home}/x"]


def test_the_health_check_tells_a_collector_that_answers_from_one_that_does_not(
    images: Engine, collector: Collector
) -> None:
    assert "dropsonde-collector" in collector.do("cat", "/proc/1/cmdline")
    run(images.podman("healthcheck", "run", "collector"))
    silent = images.container(
        "collector", "python", "-c", WAIT, volumes={}, options=("--name=silent",)
    )
    with images.started("silent", silent, ready="waits"):
        asked = subprocess.run(
            images.podman("healthcheck", "run", "silent"), capture_output=True, check=False
        )
        assert (asked.returncode, asked.stdout) == (1, b"unhealthy\n")


def test_a_week_becomes_public_in_a_container(images: Engine, tmp_path: Path) -> None:
    """Also with a root that cannot be written, except for /tmp."""
    week = weeks.last_finished(utc_now())
    before = weeks.week_of(weeks.first_moment(week) - timedelta(days=1))
    made, public = volume(tmp_path / "made", COLLECTOR), volume(tmp_path / "public", COLLECTOR)
    demo.report(made, tuple(published.load().values()), 40, [before, week])
    (made / "data/vocabulary.txt").write_bytes(file_of(world.published()))
    for path in (made / "data", *(made / "data").rglob("*")):
        os.chown(path, COLLECTOR, COLLECTOR)
    places = {made: "/var/lib/dropsonde-collector", public: "/var/lib/dropsonde-public"}
    out = ("--out", "/var/lib/dropsonde-public/releases")
    pages = ("--pages", "/var/lib/dropsonde-public/pages")
    # The made-up sites reported at their own time, which is some days ago.
    words = ("dropsonde-collector", "weekly", "--data", DATA, *out, *pages, "--accept-clock")
    told = run(images.container("collector", *words, volumes=places, options=("--tmpfs=/tmp",)))
    assert told.splitlines()[-1].startswith(f"{week}: public since ")
    assert week in (public / "pages/index.html").read_text(encoding="utf-8")


def test_the_collector_wants_to_know_who_ends_tls(images: Engine) -> None:
    refused = subprocess.run(
        images.container("collector", volumes={}), capture_output=True, text=True, check=False
    )
    assert refused.returncode == 2
    assert "others would send reports there in plain HTTP" in refused.stderr
