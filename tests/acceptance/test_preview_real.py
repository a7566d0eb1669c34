"""`dropsonde preview` on a real site: packaged modules, a real PuppetDB, a Puppet CA."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import urllib.parse
import urllib.request
from collections import Counter
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from dropsonde.schema.vocabulary.os_families import OS_FAMILIES
from tests.real.fill import ENVIRONMENTS, packaged_classes
from tests.real.packaged_site import lay_out, packaged_slugs

if TYPE_CHECKING:
    from tests.acceptance.conftest import FilledPuppetDB

pytestmark = [pytest.mark.real, pytest.mark.each_debian]

NEEDS_PUPPETDB = {
    *("classes", "unused_modules", "unused_classes", "class_platforms"),
    *("agents", "operating_systems"),
}


@cache
def packaged_titles() -> frozenset[str]:
    return frozenset(packaged_classes())


@pytest.fixture
def site(tmp_path: Path, filled_puppetdb: FilledPuppetDB) -> Path:
    """A server with three environments; in staging, ntp is changed and memcached is private."""
    lay_out(tmp_path, filled_puppetdb.server)
    return tmp_path


def dropsonde(site: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "dropsonde", *arguments, "--no-update"],
        env={**os.environ, "PUPPET_CONFDIR": str(site)},
        capture_output=True,
        text=True,
        check=False,
    )


def snapshots(shown: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    columns = json.loads(shown.stdout)["self-service-analytics"]["snapshots"]
    return {name: snapshot["value"] for name, snapshot in columns.items()}


def is_public(title: str, environment: str) -> bool:
    """Whether a class may leave, by what the fixture laid out."""
    name = title.lower().partition("::")[0]
    private_here = environment == "staging" and name in {"ntp", "memcached"}
    return name in packaged_slugs() and not private_here and title in packaged_titles()


def public_counts(rows: Counter[tuple[str, str]]) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for (title, environment), count in rows.items():
        if is_public(title, environment):
            counts[title.lower()] += count
    return dict(counts)


def test_the_figures_are_puppetdbs(site: Path, filled_puppetdb: FilledPuppetDB) -> None:
    shown = dropsonde(site, "preview", "--format", "json")
    assert (shown.stderr, shown.returncode) == ("", 0)
    expected, found = filled_puppetdb.expected, snapshots(shown)
    assert {row["name"]: row["count"] for row in found["classes"]} == public_counts(
        expected.classes
    )
    assert {(row["name"], row["platform"]): row["count"] for row in found["class_platforms"]} == {
        (name, family): count
        for family, rows in expected.classes_of_family.items()
        if family in OS_FAMILIES
        for name, count in public_counts(rows).items()
    }
    assert found["environment_count"] == len(ENVIRONMENTS)
    assert found["dependencies"] == [{"name": "puppetlabs-apache", "version_requirement": "1.x"}]
    assert {row["slug"] for row in found["modules"]} == set(packaged_slugs().values())
    assert len(found["classes"]) > 100


def test_a_class_counts_as_puppetdb_itself_counts_it(
    site: Path, filled_puppetdb: FilledPuppetDB
) -> None:
    found = snapshots(dropsonde(site, "preview", "--format", "json", "--only", "classes"))
    names = [row for row in found["classes"] if row["name"].partition("::")[0] != "ntp"][:5]
    for row in names:
        title = "::".join(part.capitalize() for part in row["name"].split("::"))
        staged = row["name"].startswith("memcached")
        text = f'resources[count()] {{ type = "Class" and title = "{title}"'
        text += ' and environment != "staging" }' if staged else " }"
        query = urllib.parse.urlencode({"query": text})
        url = f"http://127.0.0.1:{filled_puppetdb.server.plain_port}/pdb/query/v4?{query}"
        with urllib.request.urlopen(url) as answer:  # our own server on loopback
            assert json.load(answer) == [{"count": row["count"]}]
    assert len(names) == 5


@pytest.mark.parametrize(
    ("column", "row", "condition"),
    [
        (
            "operating_systems",
            {"name": "Ubuntu", "release": "22.04"},
            'facts.os.name = "Ubuntu" and facts.os.release.major = "22.04"',
        ),
        (
            "operating_systems",
            {"name": "RedHat", "release": "9"},
            'facts.os.name = "RedHat" and facts.os.release.full ~ "^9"',
        ),
        (
            "agents",
            {"implementation": "openvox", "version": "8.21"},
            'facts.implementation = "openvox" and facts.clientversion ~ "^8[.]21[.]"',
        ),
        (
            "agents",
            {"implementation": "puppet", "version": "7.34"},
            'facts.clientversion ~ "^7[.]34[.]"',
        ),
    ],
)
def test_systems_and_agents_count_as_puppetdb_itself_counts_them(
    site: Path,
    filled_puppetdb: FilledPuppetDB,
    column: str,
    row: dict[str, str],
    condition: str,
) -> None:
    found = snapshots(dropsonde(site, "preview", "--format", "json", "--only", column))
    (count,) = (each["count"] for each in found[column] if row.items() <= each.items())
    query = urllib.parse.urlencode({"query": f"inventory[count()] {{ {condition} }}"})
    url = f"http://127.0.0.1:{filled_puppetdb.server.plain_port}/pdb/query/v4?{query}"
    with urllib.request.urlopen(url) as answer:  # our own server on loopback
        assert json.load(answer) == [{"count": count}]
    assert count > 0


def test_used_and_unused_are_all_there_is(site: Path) -> None:
    found = snapshots(dropsonde(site, "preview", "--format", "json"))
    used = {row["name"] for row in found["classes"]}
    unused = {row["name"] for row in found["unused_classes"]}
    assert not used & unused
    known = {title.lower() for title in packaged_titles() if is_public(title, "production")}
    assert known <= used | unused
    assert not {row["name"] for row in found["unused_modules"]} & {
        name.partition("::")[0] for name in used
    }


@pytest.mark.parametrize("form", ["human", "json", "html"])
def test_nothing_of_acme_leaves(site: Path, form: str) -> None:
    shown = dropsonde(site, "preview", "--format", form)
    assert shown.returncode == 0
    text = (shown.stdout + shown.stderr).lower()
    # "staging" is also the name of a public module.
    for private in (
        "acme",
        "hardening",
        "production",
        "development",
        "example",
        "node0",
        str(site),
    ):
        assert private not in text


def test_human_and_json_show_the_same_numbers(site: Path) -> None:
    human = dropsonde(site, "preview").stdout
    found = snapshots(dropsonde(site, "preview", "--format", "json"))
    for name, value in found.items():
        if isinstance(value, list):
            rows = re.search(rf"^  {name}: ([\d,]+) rows?$", human, re.MULTILINE)
            assert rows is not None
            assert int(rows[1].replace(",", "")) == len(value)


@pytest.mark.parametrize("fault", ["stranger", "no certificate", "away"])
def test_without_puppetdb_the_rest_still_comes(
    site: Path, filled_puppetdb: FilledPuppetDB, fault: str
) -> None:
    conf = site / "puppet.conf"
    server = filled_puppetdb.server
    text = conf.read_text()
    if fault == "stranger":
        text = text.replace(str(server.authority.certificate), str(server.stranger.certificate))
    elif fault == "no certificate":
        text = text.replace(str(server.authority.client.key), str(site / "none.pem"))
    else:
        (site / "puppetdb.conf").write_text("[main]\nserver_urls = https://localhost:1\n")
    conf.write_text(text)
    shown = dropsonde(site, "preview", "--format", "json")
    assert shown.returncode == 6
    assert shown.stderr.startswith("dropsonde: https://localhost:")
    assert shown.stderr.count("\n") == 1
    found = snapshots(shown)
    assert not NEEDS_PUPPETDB & set(found)
    assert {"modules", "dependencies", "environment_count", "servers"} <= set(found)
