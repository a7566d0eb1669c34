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
from datetime import datetime, timezone
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from dropsonde.schema.vocabulary.os_families import OS_FAMILIES
from tests.real.fill import ENVIRONMENTS, packaged_classes

if TYPE_CHECKING:
    from tests.acceptance.conftest import FilledPuppetDB

pytestmark = pytest.mark.real

PACKAGED = Path("/usr/share/puppet/modules")
NEEDS_PUPPETDB = {"classes", "unused_modules", "unused_classes", "class_platforms"}


@cache
def packaged_slugs() -> dict[str, str]:
    """The packaged modules that are named as on the Forge: directory to slug."""
    slugs = {}
    for file in PACKAGED.glob("*/metadata.json"):
        metadata = json.loads(file.read_text())
        slug = metadata["name"].replace("/", "-")
        plain = re.fullmatch(r"\d+\.\d+\.\d+(-(rc|alpha|beta)\.?\d*)?", metadata["version"])
        if slug.partition("-")[2] == file.parent.name and plain:
            slugs[file.parent.name] = slug
    return slugs


@cache
def packaged_titles() -> frozenset[str]:
    return frozenset(packaged_classes())


@pytest.fixture
def site(tmp_path: Path, filled_puppetdb: FilledPuppetDB) -> Path:
    """A server with three environments; in staging, ntp is changed and memcached is private."""
    host = filled_puppetdb.server.authority
    (tmp_path / "puppet.conf").write_text(
        f"[main]\ncertname = acme-puppet.example\n[server]\n"
        f"codedir = {tmp_path}\nvardir = {tmp_path}/var\n"
        f"basemodulepath = {PACKAGED}\nlocalcacert = {host.certificate}\n"
        f"hostcert = {host.client.certificate}\nhostprivkey = {host.client.key}\n"
    )
    (tmp_path / "puppetdb.conf").write_text(f"[main]\nserver_urls = {filled_puppetdb.server.url}\n")
    for environment in ENVIRONMENTS:
        modules = tmp_path / "environments" / environment / "modules"
        for name in ("acme_base", "role", "profile"):
            module(modules / name, f"acme-{name}", [("puppetlabs/apache", "1.x")])
    staging = tmp_path / "environments/staging/modules"
    module(staging / "memcached", "acme-memcached", [])
    module(staging / "ntp", packaged_slugs()["ntp"], [])
    (staging / "ntp/manifests").mkdir()
    for manifest in (PACKAGED / "ntp/manifests").glob("*.pp"):
        (staging / "ntp/manifests" / manifest.name).write_bytes(manifest.read_bytes() + b"# acme\n")
    (tmp_path / "var/dropsonde").mkdir(parents=True)
    listed = {
        "timestamp": datetime.now(timezone.utc).isoformat(),
        "modules": sorted(packaged_slugs().values()),
    }
    (tmp_path / "var/dropsonde/forge.json").write_text(json.dumps(listed))
    return tmp_path


def module(path: Path, slug: str, requires: list[tuple[str, str]]) -> None:
    path.mkdir(parents=True)
    metadata = {
        "name": slug,
        "version": "1.0.0",
        "dependencies": [
            {"name": name, "version_requirement": wanted} for name, wanted in requires
        ],
    }
    (path / "metadata.json").write_text(json.dumps(metadata))


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
    assert {"modules", "dependencies", "environment_count"} <= set(found)
