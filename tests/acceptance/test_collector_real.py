"""The installed probe reports to the installed collector behind nginx, of a site with PuppetDB."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.doubles.authority import Authority
from tests.real.built import probe_environment
from tests.real.collector import RealCollector, collecting, command, place, serving
from tests.real.nginx import fronted
from tests.real.packaged_site import lay_out, packaged_slugs
from tests.real.processes import free_port, run
from tests.support.submitting import QUICK, next_second
from tests.unit.collector.intake.reports import as_stored

if TYPE_CHECKING:
    from tests.acceptance.conftest import FilledPuppetDB

pytestmark = pytest.mark.real

UNLISTED = "apt"  # a module that the collector's list has not


@dataclass(frozen=True)
class Site:
    """A Puppet server that may report."""

    home: Path
    cacert: str

    def command(self, *arguments: str, before: tuple[str, ...] = ()) -> str:
        """Run the probe, which has nothing to complain of; give what it prints."""
        done = self.run(*arguments, before=before)
        assert (done.stderr, done.returncode) == ("", 0)
        return done.stdout

    def run(
        self, *arguments: str, before: tuple[str, ...] = ()
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*before, probe_environment() / "bin/dropsonde", *arguments],
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(self.home),
                "PUPPET_CONFDIR": str(self.home),
                "CONFIG": str(self.home / "conf.d"),
                "BOOTSTRAP_CONFIG": str(self.home / "ca.cfg"),
            },
            capture_output=True,
            text=True,
            check=False,
        )

    def submit(self, collector: RealCollector, *more: str) -> str:
        return self.command("submit", *self.to(collector), *QUICK, *more)

    def to(self, collector: RealCollector) -> tuple[str, ...]:
        return ("--endpoint", collector.url, "--cacert", self.cacert)

    def previewed(self) -> dict[str, Any]:
        """What preview shows of each column."""
        document = json.loads(self.command("preview", "--format", "json", "--no-update"))
        columns = document["self-service-analytics"]["snapshots"]
        return {name: snapshot["value"] for name, snapshot in columns.items()}


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    with place() as directory:
        yield directory


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.make(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def collector(tmp_path: Path, authority: Authority) -> Iterator[RealCollector]:
    certificate, key = authority.issue(tmp_path.name)
    listed = [slug for name, slug in packaged_slugs().items() if name != UNLISTED]
    with place() as home:
        port = free_port()
        url = f"https://127.0.0.1:{port}"
        with (
            collecting(home, listed, "--rate", "0", "--public-url", url) as running,
            fronted(home, port, running.url, certificate, key),
        ):
            yield replace(running, url=url)
        assert running.log.read_text().count("\n") == 1  # that it is ready, and nothing else


@pytest.fixture
def site(tmp_path: Path, authority: Authority, filled_puppetdb: FilledPuppetDB) -> Site:
    lay_out(tmp_path, filled_puppetdb.server)
    (tmp_path / "conf.d").mkdir()
    (tmp_path / "ca.cfg").write_text(
        "puppetlabs.services.ca.certificate-authority-service/certificate-authority-service\n"
    )
    return Site(tmp_path, authority.file)


def is_listed(row: dict[str, Any]) -> bool:
    """Whether the collector may keep a row, by what its list lacks."""
    if "name" not in row:  # of a server, or of agents
        return True
    slug = row.get("slug") or (row["name"] if "-" in row["name"] else None)
    name = slug.partition("-")[2] if slug else row["name"].partition("::")[0]
    return bool(name != UNLISTED)


def in_order(rows: list[dict[str, Any]]) -> list[str]:
    return sorted(json.dumps(row, sort_keys=True) for row in rows)


def test_the_row_is_the_preview_without_what_is_not_listed(
    site: Site, collector: RealCollector
) -> None:
    previewed = site.previewed()
    told = site.submit(collector)
    assert collector.url.startswith("https://")
    (row,) = collector.rows()
    assert row["ip"] is None
    dropped = 0
    for name, value in previewed.items():
        if isinstance(value, list):
            kept = [as_stored(item) for item in value if is_listed(item)]
            dropped += len(value) - len(kept)
            assert in_order(row[name]) == in_order(kept), name
        else:
            assert row[name] == value
    assert dropped > 10
    assert len(row["classes"]) > 100
    assert "Some rows were not kept" in told


def test_a_report_has_a_receipt_until_the_site_is_forgotten(
    site: Site, collector: RealCollector, tmp_path: Path
) -> None:
    site.submit(collector)
    (first,) = collector.rows("site_id, message_id, week")
    (listed,) = json.loads(site.command("history", "--format", "json"))["sent"]
    receipt = listed["receipt"]
    assert (receipt["message_id"], receipt["week"]) == (first["message_id"], first["week"])
    assert receipt["dataset"] == collector.url
    assert "message " + first["message_id"] in site.command("verify", *site.to(collector))
    key = tmp_path / "published.pem"
    key.write_text(command("key", "--data", collector.data))
    offline = ("unshare", "--net")
    assert "signature" in site.command("verify", "--key", str(key), before=offline)

    next_second()  # a report of its own, of the same week
    site.submit(collector)
    (second,) = collector.rows("site_id, message_id")
    assert second["site_id"] == first["site_id"]
    assert second["message_id"] != first["message_id"]

    site.command("forget", *site.to(collector), "--no-update")
    assert collector.rows() == []


def test_a_schedule_submits_too(site: Site, collector: RealCollector) -> None:
    refused = site.run("submit", "--scheduled", *site.to(collector), *QUICK, "--splay", "0")
    assert (refused.returncode, collector.rows()) == (15, [])
    (site.home / "conf.d/dropsonde.conf").write_text("dropsonde: { enabled: true }\n")
    site.submit(collector, "--scheduled", "--splay", "0")
    (row,) = collector.rows("environment_count")
    assert row == {"environment_count": 3}


def test_another_operator_waits_for_accept(site: Site, home: Path) -> None:
    """Of the same collector, started again under another name, and at last without one."""
    slugs, data = list(packaged_slugs().values()), home / "operators"
    data.mkdir()
    run(["chown", "daemon:daemon", data])
    (site.home / "conf.d/dropsonde.conf").write_text("dropsonde: { enabled: true }\n")
    schedule = (*QUICK, "--scheduled", "--splay", "0", "--interval", "0")
    rows: list[object] = []
    for operator in ("Vox Pupuli", "Acme Ads", ""):
        named = ("--operator", operator, "--contact", "mail@a.example") if operator else ()
        with collecting(data, slugs, "--rate", "0", *named) as collector:
            to = ("--endpoint", collector.url)
            if rows:
                next_second()
                held = site.run("submit", *to, *schedule)
                assert (held.returncode, held.stdout) == (19, "")
                assert collector.rows("message_id") == rows
                told = site.command("accept", *to)
                assert f"run by: {operator or 'the endpoint does not say'}" in told
            site.command("submit", *to, *schedule)
            assert collector.rows("message_id") != rows
            rows = list(collector.rows("message_id"))
            assert len(rows) == 1
            (kept,) = site.home.rglob("consent.json")
            assert json.loads(kept.read_text())["operator"] == operator


def test_a_backup_starts_where_the_collector_was(site: Site, home: Path) -> None:
    slugs = list(packaged_slugs().values())
    copy = home / "restored"
    copy.mkdir()
    run(["chown", "daemon:daemon", copy])
    with collecting(home, slugs, "--rate", "0") as collector:
        site.submit(collector)
        command("backup", "--data", collector.data, home / "target")
        before = collector.rows()
        key = command("key", "--data", collector.data)
    run(["cp", "--archive", home / "target", copy / "data"])
    with serving(copy, "--forge-list", home / "forge.json") as restored:
        assert restored.rows() == before
        assert command("key", "--data", restored.data) == key
        (home / "published.pem").write_text(key)
        site.command("verify", "--key", str(home / "published.pem"))
