"""The made-up site: a whole report, from Puppet's settings to its bytes."""

from __future__ import annotations

import hashlib
import json
import re
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from dropsonde.demo.puppet_site import SEED, SERVER, SITE, demo_site
from dropsonde.report.formats.human import render
from dropsonde.report.probe import Probe
from dropsonde.settings.options import INSTALLED, PUBLISHED
from dropsonde.settings.resolve import resolve
from dropsonde.site.site_id import site_id

if TYPE_CHECKING:
    from dropsonde.metrics import Metric
    from dropsonde.report.build import Report


def demo(**given: Any) -> tuple[Report, tuple[Metric, ...]]:
    with demo_site(resolve(given, None, required=False), sends=False) as (settings, environ):
        probe = Probe(settings, environ, server=lambda: SERVER)
        return probe.report(), probe.metrics


@pytest.fixture(scope="module")
def report() -> Report:
    return demo()[0]


def value(report: Report, column: str) -> Any:
    return report.snapshots[column].value


def test_it_is_complete(report: Report) -> None:
    assert report.faults == ()
    assert report.missing == {}
    assert value(report, "environment_count") == 2


def test_classes_are_counted_over_both_environments(report: Report) -> None:
    assert value(report, "classes") == [
        {"name": "apache", "count": 32},
        {"name": "apache::mod::ssl", "count": 32},
        {"name": "memcached", "count": 12},
        {"name": "ntp", "count": 49},
        {"name": "ntp::config", "count": 49},
        {"name": "ntp::install", "count": 49},
        {"name": "stdlib", "count": 49},
    ]


def test_platforms_add_up_to_the_nodes(report: Report) -> None:
    rows = value(report, "class_platforms")
    ntp = {row["platform"]: row["count"] for row in rows if row["name"] == "ntp"}
    assert ntp == {"Debian": 23, "RedHat": 21, "windows": 3}


def test_systems_and_agents_add_up_to_the_nodes(report: Report) -> None:
    assert value(report, "servers") == [SERVER._asdict()]
    systems, agents = value(report, "operating_systems"), value(report, "agents")
    assert sum(row["count"] for row in systems) == 47  # but for two of AcmeOS
    assert sum(row["count"] for row in agents) == 49
    assert {row["implementation"] for row in agents} == {"openvox", "puppet"}


def test_modules_and_what_is_unused(report: Report) -> None:
    assert {row["slug"] for row in value(report, "modules")} == {
        "puppet-nginx",
        "puppetlabs-apache",
        "puppetlabs-haproxy",
        "puppetlabs-ntp",
        "puppetlabs-stdlib",
        "saz-memcached",
    }
    unused = {row["name"] for row in value(report, "unused_modules")}
    assert unused == {"haproxy", "nginx"}
    assert {"nginx", "nginx::service", "apache::mod::status", "stdlib::stages"} <= {
        row["name"] for row in value(report, "unused_classes")
    }


def test_it_shows_each_way_in_which_something_stays_home(report: Report) -> None:
    assert report.withheld["private modules"] == 1
    assert report.withheld["platforms that Facter does not know"] == 1
    assert report.withheld["operating systems that Facter does not name"] == 1
    undefined = "declared classes that no known release of their module defines"
    assert report.withheld[undefined] == 2
    assert report.withheld["versions that are no published release of their module"] == 1
    assert report.withheld["calls in Puppetfiles to methods that are not Ruby's own"] >= 1


@pytest.mark.parametrize("evidence", [PUBLISHED, INSTALLED])
def test_nothing_private_is_sent(evidence: str) -> None:
    """With the evidence "installed", an added class of a public module is public by decree."""
    made, metrics = demo(evidence=evidence)
    shown = "\n".join(render(made, metrics, width=80, color=False))
    for written in (made.to_bytes().decode(), shown):
        names = re.findall(r"[\w:.]*acme[\w:.]*", written, re.IGNORECASE)
        assert set(names) <= ({"memcached::acme_patch"} if evidence == INSTALLED else set())


def test_there_is_something_private_to_find() -> None:
    files = [path for path in SITE.rglob("*") if path.is_file()]
    assert len([path for path in files if b"acme" in path.read_bytes().lower()]) > 5


def test_its_id_is_made_of_its_own_certificate_and_seed(report: Report) -> None:
    """And so of nothing of the machine it is shown on."""
    assert report.site_id == site_id((SITE / "puppet/ssl/certs/ca.pem",), SEED.encode())


def test_the_same_again_but_for_the_time(report: Report) -> None:
    def timeless(each: Report) -> str:
        return re.sub(r'"timestamp":"[^"]*"', "", each.to_bytes().decode())

    assert timeless(demo()[0]) == timeless(report)


def test_settings_are_kept_where_they_do_not_say_where_the_site_is() -> None:
    elsewhere = {"puppetdb": "http://127.0.0.1:1", "forge": "http://127.0.0.1:1", "seed": "other"}
    made, metrics = demo(enable="modules", siteid="ab" * 64, **elsewhere)
    assert [metric.name for metric in metrics] == ["modules"]
    assert len(value(made, "modules")) > 5
    assert made.site_id == "ab" * 64
    assert made.faults == ()


def test_nothing_is_left_behind() -> None:
    threads = threading.active_count()
    with demo_site(resolve({}, None, required=False), sends=True) as (settings, _):
        assert settings.cachepath is not None
        assert (settings.cachepath / "forge.json").exists()
    assert not settings.cachepath.exists()
    assert threading.active_count() == threads


def test_the_recorded_answers_are_those_of_questions_still_asked(report: Report) -> None:
    """An answer for each question: four, and one for each family that Facter knows."""
    recorded = json.loads((SITE / "puppetdb.json").read_text())
    families = {row["platform"] for row in value(report, "class_platforms")}
    assert len(recorded) == 4 + len(families)


def test_every_public_file_is_as_its_checksums_say() -> None:
    """So that an editor or a checkout that changes line ends is noticed here."""
    for sums in SITE.rglob("checksums.json"):
        for name, digest in json.loads(sums.read_text()).items():
            data = Path(sums.parent, name).read_bytes()
            assert hashlib.md5(data, usedforsecurity=False).hexdigest() == digest
