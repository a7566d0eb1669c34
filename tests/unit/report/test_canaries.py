"""No private name leaves: sites made at random, with a canary wherever a name can stand."""

from __future__ import annotations

import hashlib
import json
import logging
import tempfile
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dropsonde.report import plugins
from dropsonde.report.build import build_report
from dropsonde.report.formats.human import render
from dropsonde.settings.options import INSTALLED, PUBLISHED
from dropsonde.site.checksums import Checksums
from dropsonde.site.context import Context
from dropsonde.site.inventory import Inventory
from dropsonde.site.provenance import Evidence
from dropsonde.site.puppet.environments import find_environments
from dropsonde.site.puppet.settings import read_settings
from dropsonde.site.puppetdb import ClassCount, FactCount
from dropsonde.site.vocabulary.known import Known
from tests.support.sites import release

if TYPE_CHECKING:
    import pytest

    from dropsonde.protocol.vocabulary import Release
    from dropsonde.report.build import Report
    from dropsonde.site.puppetdb import PuppetDB

CANARY = "canary"
SLUGS = frozenset({"puppetlabs-ntp", "puppetlabs-apache", "saz-memcached"})
METRICS = plugins.choose(plugins.load(None), (), ())

# A name of the site's own, in the forms that Puppet takes.
own = st.sampled_from(("canary", "canary_app", "a_canary", "canary2"))
titles = st.one_of(
    own.map(str.capitalize),
    st.sampled_from(("Ntp", "Ntp::Config", "Apache", "Memcached")),
    st.builds("{}::{}".format, st.sampled_from(("Ntp", "Apache", "Canary")), own.map(str.title)),
    st.builds("Ntp::Config::{}".format, own),
)
versions = st.sampled_from(
    ("1.2.3", "1.2.3-rc1", "1.2.3-canary", "canary", "1.2.3+canary", "1.2.3\ncanary", None, 7)
)
ranges = st.sampled_from(
    (">= 1.0.0 < 2.0.0", "1.x", ">= 1.0.0-canary", "canary", "1.x || canary", None, ["canary"])
)
# What a fact may say.
facts = st.sampled_from(
    (
        *("Debian", "Ubuntu", "windows", "12", "22.04", "2012 R2", 12, 12.5, True, None),
        *("8.10.0", "8.21.1", "openvox", "puppet", "canary", "Debian canary", "12-canary"),
        *("8.10.0-canary", "8.10.canary", "openvox\ncanary", ("canary",), "Canary"),
    )
)
slugs = st.sampled_from(
    (
        *sorted(SLUGS),
        "canary-ntp",
        "canary/apache",
        "puppetlabs-canary",
        "puppetlabs-ntp-canary",
        "puppetlabs/ntp",
        None,
    )
)
directories = st.sampled_from(("ntp", "apache", "memcached", "canary", "canary_app", "Canary-Bad"))
# What a module's manifests may be: path and text.
published = {
    "ntp": {"init": "class ntp {}", "config": "class ntp::config($a = '${1 + 2}') {}"},
    "apache": {"init": "# a comment\nclass apache { class apache::inner {} }"},
    "memcached": {"init": "class memcached {}"},
}
additions = st.sampled_from(
    (
        ("canary", "class ntp::canary {}"),
        ("canary_app", "class apache::canary_app { class deep {} }"),
        ("init", "class ntp { class ntp::canary {} }"),
        ("config/canary", "class ntp::config::canary {}"),
        ("broken_canary", "class canary {"),
    )
)
puppetfiles = st.lists(
    st.sampled_from(
        (
            "mod 'canary-app', '1.0'",
            "mod 'puppetlabs-ntp', git: 'https://canary.example/ntp.git', branch: 'canary'",
            "def canary_mod(n) mod n end",
            "canary_mod('x')",
            "puts canary_helper(1)",
            "canary.each { |canary| canary.canary! }",
            "# canary",
            "ENV.fetch('CANARY') { 'canary' }",
            "moduledir 'canary'",
            "%w[canary].map(&:canary)",
            "x = <<~CANARY\n  canary #{canary_call}\nCANARY",
            "def each; end",
        )
    ),
    max_size=6,
)


@st.composite
def modules(draw: st.DrawFn) -> dict[str, Any]:
    return {
        "directory": draw(directories),
        "slug": draw(slugs),
        "version": draw(versions),
        "requires": draw(st.lists(st.tuples(slugs, ranges), max_size=3)),
        "checksums": draw(st.sampled_from(("right", "none", "odd"))),
        "added": draw(st.lists(additions, max_size=2)),
    }


# What is known of the Forge's releases: they hold no canary, and their versions may be a site's.
known_releases = st.lists(
    st.builds(
        release,
        st.sampled_from(sorted(SLUGS)),
        st.sampled_from(("1.2.3", "1.2.3-rc1", "9.9.9")),
        st.none() | st.just(()),
    ).map(lambda one: one._replace(classes=with_classes(one))),
    max_size=4,
)


def with_classes(one: Release) -> frozenset[str] | None:
    """What that module's manifests define, for a release that was read."""
    names = {"ntp": {"ntp", "ntp::config"}, "apache": {"apache", "apache::inner"}}
    return None if one.classes is None else frozenset(names.get(one.module, {one.module}))


@st.composite
def sites(draw: st.DrawFn) -> dict[str, Any]:
    names = draw(st.lists(st.sampled_from(("production", "canary", "canary_2")), unique=True))
    known = st.sampled_from((*names, "production", "canary_gone", None))
    rows = st.lists(st.tuples(titles, known, st.integers(1, 9)), max_size=12)
    return {
        "environments": {
            name: (draw(st.lists(modules(), max_size=5)), draw(puppetfiles)) for name in names
        },
        "releases": draw(known_releases),
        "rows": draw(rows),
        "families": draw(
            st.dictionaries(st.sampled_from(("Debian", "RedHat", "CanaryOS", "canary")), rows)
        ),
        "systems": draw(st.lists(st.tuples(facts, facts, st.integers(1, 9)), max_size=6)),
        "agents": draw(st.lists(st.tuples(facts, facts, st.integers(1, 9)), max_size=6)),
    }


class Rows:
    """PuppetDB's side: rows as they come, private names and all."""

    def __init__(self, site: dict[str, Any]) -> None:
        self._site = site

    def classes(self) -> list[ClassCount]:
        return [ClassCount(*row) for row in self._site["rows"]]

    def families(self) -> list[tuple[str | None, int]]:
        return [(family, 1) for family in self._site["families"]]

    def classes_of_family(self, family: str) -> list[ClassCount]:
        return [ClassCount(*row) for row in self._site["families"][family]]

    def systems(self) -> list[FactCount]:
        return [FactCount(*row) for row in self._site["systems"]]

    def agents(self) -> list[FactCount]:
        return [FactCount(*row) for row in self._site["agents"]]


def lay_out(root: Path, site: dict[str, Any]) -> None:
    conf = "[main]\nbasemodulepath = $codedir/canary_modules\n# canary\n"
    (root / "puppet.conf").write_text(conf)
    for name, (found, puppetfile) in site["environments"].items():
        environment = root / "environments" / name
        (environment / "manifests").mkdir(parents=True)
        (environment / "manifests/site.pp").write_text("class ntp::canary {} node canary {}")
        (environment / "Puppetfile").write_text("\n".join(puppetfile))
        for module in found:
            lay_out_module(environment / "modules" / module["directory"], module)


def lay_out_module(path: Path, module: dict[str, Any]) -> None:
    files = dict(published.get(path.name, {"init": f"class {path.name.lower()} {{}}"}))
    sums = {
        f"manifests/{name}.pp": hashlib.md5(text.encode()).hexdigest()  # noqa: S324  # Puppet's
        for name, text in published.get(path.name, {}).items()
    }
    files.update(module["added"])
    for name, text in files.items():
        manifest = path / "manifests" / f"{name}.pp"
        manifest.parent.mkdir(parents=True, exist_ok=True)
        manifest.write_text(text)
    metadata = {
        "name": module["slug"],
        "version": module["version"],
        "canary": "canary",
        "source": "https://canary.example/",
        "dependencies": [
            {"name": slug, "version_requirement": wanted} for slug, wanted in module["requires"]
        ],
    }
    (path / "metadata.json").write_text(json.dumps(metadata))
    if module["checksums"] == "right":
        (path / "checksums.json").write_text(json.dumps(sums))
    elif module["checksums"] == "odd":
        (path / "checksums.json").write_text('["canary", {"manifests/canary.pp": null}]')


def report_of(root: Path, site: dict[str, Any], evidence: str) -> Report:
    puppet = read_settings(
        {"PUPPET_CONFDIR": str(root), "PUPPET_CODEDIR": str(root), "PUPPET_VARDIR": str(root)},
        uid=0,
        home=root,
        hostname=lambda: "canary.example",
    )
    known = Known(site["releases"])
    inventory = Inventory(
        find_environments(puppet), SLUGS, lambda _: Evidence(evidence, known, Checksums(root))
    )
    answers: Any = Rows(site)
    puppetdb: PuppetDB = answers
    return build_report(
        METRICS,
        Context(inventory, SLUGS, puppetdb),
        "0" * 128,
        lambda: datetime(2026, 1, 1, tzinfo=timezone.utc),
    )


def assert_silent(report: Report, log: str) -> None:
    assert report.faults == ()
    assert CANARY not in report.to_bytes().decode().lower()
    shown = "\n".join(render(report, METRICS, width=80, color=False))
    assert CANARY not in shown.lower()
    assert CANARY not in log.lower()


@settings(deadline=None, max_examples=150, suppress_health_check=list(HealthCheck))
@given(site=sites())
def test_no_canary_leaves(site: dict[str, Any], caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with tempfile.TemporaryDirectory() as name:
        lay_out(Path(name), site)
        assert_silent(report_of(Path(name), site, PUBLISHED), caplog.text)


@settings(deadline=None, max_examples=50, suppress_health_check=list(HealthCheck))
@given(site=sites())
def test_none_leaves_with_installed_evidence_but_public_modules_own(
    site: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    """That evidence says that all manifests of a public module are public: so none is added."""
    caplog.set_level(logging.DEBUG)
    for found, _ in site["environments"].values():
        for module in found:
            module["added"] = []
    with tempfile.TemporaryDirectory() as name:
        lay_out(Path(name), site)
        assert_silent(report_of(Path(name), site, INSTALLED), caplog.text)


def test_the_public_names_do_leave() -> None:
    """The canaries stay home because they are private, not because nothing leaves."""
    ntp = {
        "directory": "ntp",
        "slug": "puppetlabs-ntp",
        "version": "1.2.3",
        "requires": [],
        "checksums": "right",
        "added": [("canary", "class ntp::canary {}")],
    }
    own_module = {
        **ntp,
        "directory": "canary",
        "slug": "canary-canary",
        "requires": [("puppetlabs/apache", "1.x")],
    }
    site = {
        "environments": {"canary": ([ntp, own_module], ["puts canary_helper(1)"])},
        "releases": (),
        "rows": [("Ntp::Config", "canary", 3), ("Ntp::Canary", "canary", 9)],
        "families": {"Debian": [("Ntp::Config", "canary", 2)], "CanaryOS": []},
        "systems": [("Debian", "12-canary", 2), ("Debian", "12", 1), ("CanaryOS", "12", 3)],
        "agents": [("8.10.0-canary", "canary", 2), ("canary", "openvox", 1)],
    }
    with tempfile.TemporaryDirectory() as name:
        lay_out(Path(name), site)
        report = report_of(Path(name), site, PUBLISHED)
    assert {name: snapshot.value for name, snapshot in report.snapshots.items()} == {
        "environment_count": 1,
        "modules": [{"name": "ntp", "slug": "puppetlabs-ntp", "version": "1.2.3"}],
        "classes": [{"name": "ntp::config", "count": 3}],
        "unused_modules": [],
        "unused_classes": [{"name": "ntp"}],
        "dependencies": [{"name": "puppetlabs-apache", "version_requirement": "1.x"}],
        "class_platforms": [{"name": "ntp::config", "platform": "Debian", "count": 2}],
        "puppetfile_ruby_methods": [{"name": "puts", "count": 1}],
        "servers": [],
        "agents": [{"implementation": "puppet", "version": "8.10", "count": 2}],
        "operating_systems": [
            {"name": "Debian", "release": "12", "count": 1},
            {"name": "Debian", "release": None, "count": 2},
        ],
    }
    assert report.withheld == {
        "calls in Puppetfiles to methods that are not Ruby's own": 1,
        "classes of public modules whose releases are not known here": 1,
        "declared classes that no known release of their module defines": 1,
        "operating systems that Facter does not name": 1,
        "platforms that Facter does not know": 1,
        "releases that their operating system cannot have": 1,
        "versions of agents that are not plain": 1,
        "private modules": 1,
        "public modules whose releases are not known here": 1,
    }
