"""A site of today: fifty real modules from a Forge, and a real PuppetDB that declares them.

The modules are Debian's, packed as the Forge has them (`tests.real.forge_modules`): that today's
tarballs carry no checksums.json was seen on committed modules of real sites (stdlib 9.6.0, apt
10.0.1, docker 10.0.1 and others), not on modules that were made for these tests.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from dropsonde.protocol.vocabulary import parse
from tests.doubles.forge import BIRTH, LoopbackForge, Request
from tests.real.fill import Expectation, fill, packaged_classes
from tests.real.forge_modules import RealModule, real_modules
from tests.real.java import QUICK_START
from tests.real.puppetdb import RealPuppetDB, real_puppetdb
from tests.support.sites import put
from tests.support.tarballs import pack

pytestmark = pytest.mark.real

CANARY = "acme"
# Classes of the site's own; some stand in a public module's namespace or directory.
PRIVATE = (
    "Acme_base",
    "Profile::Acme",
    "Ntp::Acme_clock",
    "Apache::Acme_vhost",
    "Rsync::Acme_mirror",
)
FORKED = "rsync"  # under the public slug, with a version and a class of the site's own
FROM_GIT = "apache"  # a branch, whose version was never published
BY_PUPPET = 6  # one of so many is unpacked by `puppet module install`


@dataclass(frozen=True)
class Update:
    """A `dropsonde update`, after which releases are known.

    Attributes:
        requests: what it asked the Forge, by itself: other tests ask that Forge, too.
    """

    done: subprocess.CompletedProcess[str]
    requests: list[Request]


@dataclass(frozen=True)
class World:
    """A Forge, a PuppetDB and a site.

    Attributes:
        modules: the real ones.
        expected: what PuppetDB holds.
    """

    modules: tuple[RealModule, ...]
    forge: LoopbackForge
    puppetdb: RealPuppetDB
    expected: Expectation
    home: Path

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the program on the site."""
        environ = {**os.environ, "PUPPET_CONFDIR": str(self.home)}
        command = [sys.executable, "-m", "dropsonde", *arguments, "--forge", self.forge.url]
        return subprocess.run(command, env=environ, capture_output=True, text=True, check=False)

    def report(self, *options: str) -> dict[str, Any]:
        """What preview shows, by column."""
        shown = self.run("preview", "--format", "json", "--no-update", *options)
        assert shown.returncode == 0, shown.stderr
        columns = json.loads(shown.stdout)["self-service-analytics"]["snapshots"]
        return {name: snapshot["value"] for name, snapshot in columns.items()}

    def update(self, *options: str) -> Update:
        """Run `dropsonde update`, and keep what it asks."""
        start = len(self.forge.requests)
        done = self.run("update", *options)
        return Update(done, self.forge.requests[start:])

    def declared(self) -> dict[str, int]:
        """The public classes that nodes declare, with PuppetDB's counts."""
        counts: Counter[str] = Counter()
        for (title, _), count in self.expected.classes.items():
            if title not in PRIVATE:
                counts[title.lower()] += count
        return dict(counts)

    def cache(self) -> Path:
        """The site's cache directory."""
        return self.home / "var/dropsonde"


@pytest.fixture(scope="module")
def modules(tmp_path_factory: pytest.TempPathFactory) -> tuple[RealModule, ...]:
    directory = tmp_path_factory.mktemp("packages")
    directory.chmod(0o755)  # apt fetches as a user of its own
    found = real_modules(directory)
    assert len(found) >= 40
    return found


@pytest.fixture(scope="module")
def forge(modules: tuple[RealModule, ...]) -> Iterator[LoopbackForge]:
    """The modules' releases; and one whose tarball holds odd things."""
    with LoopbackForge() as server:
        for module in modules:
            server.upload(module.slug, module.version, module.tarball(), BIRTH)
        odd = {
            "init.pp": "class odd {}",
            "a.pp": "class acme {}",
            "b.pp": "class odd::b {",
            "c.pp": "\0",
        }
        server.upload("author-odd", "1.0.0", pack("author-odd", "1.0.0", odd), BIRTH)
        yield server


@pytest.fixture(scope="module")
def world(
    modules: tuple[RealModule, ...],
    forge: LoopbackForge,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[World]:
    home = tmp_path_factory.mktemp("site")
    production = home / "environments/production/modules"
    production.mkdir(parents=True)
    for number, module in enumerate(modules):
        if number % BY_PUPPET:
            unpack(module, production)
        else:
            install(module, production, home)
    titles = [
        title
        for title in packaged_classes(production)
        if title.lower().partition("::")[0] in {module.name for module in modules}
    ]
    assert len(titles) > 400
    private_things(production)
    with real_puppetdb(java=QUICK_START) as puppetdb:
        expected = fill(
            puppetdb,
            public=titles,
            private=PRIVATE,
            nodes=60,
            classes=len(titles),
            environments=("production",),
        )
        configure(home, puppetdb, modules)
        yield World(modules, forge, puppetdb, expected, home)


def unpack(module: RealModule, modules: Path) -> None:
    """As r10k does: the tarball's top directory becomes the module's."""
    directory = modules / module.name
    directory.mkdir()
    command = ["tar", "-xz", "--strip-components=1", "--no-same-owner", f"--directory={directory}"]
    subprocess.run(command, input=module.tarball(), check=True)


def install(module: RealModule, modules: Path, home: Path) -> None:
    """By Puppet itself, from a file."""
    file = home / f"{module.slug}-{module.version}.tar.gz"
    file.write_bytes(module.tarball())
    # Not where Puppet sees Debian's own copies, which it takes for installed.
    elsewhere = [f"--{name}={home}/none" for name in ("basemodulepath", "codedir", "vardir")]
    subprocess.run(
        [
            *("puppet", "module", "install", file, "--ignore-dependencies", "--force"),
            *(f"--target-dir={modules}", *elsewhere),
        ],
        check=True,
        capture_output=True,
        env={**os.environ, "HOME": str(home)},
    )
    assert (modules / module.name / "metadata.json").exists()


def private_things(modules: Path) -> None:
    """What must stay home."""
    put(modules / "acme_base/metadata.json", '{"name": "acme-acme_base", "version": "1.0.0"}')
    put(modules / "acme_base/manifests/init.pp", "class acme_base {}")
    put(modules / "profile/manifests/acme.pp", "class profile::acme {}")
    put(modules / "ntp/manifests/acme_clock.pp", "class ntp::acme_clock {}")
    put(modules / FROM_GIT / "manifests/acme_vhost.pp", "class apache::acme_vhost {}")
    put(modules / FORKED / "manifests/acme_mirror.pp", "class rsync::acme_mirror {}")
    for name, version in ((FORKED, "99.1.0"), (FROM_GIT, "5.6.0-acme")):
        file = modules / name / "metadata.json"
        file.write_text(json.dumps({**json.loads(file.read_text()), "version": version}))


def configure(home: Path, puppetdb: RealPuppetDB, modules: tuple[RealModule, ...]) -> None:
    host = puppetdb.authority
    put(
        home / "puppet.conf",
        f"[main]\ncertname = acme.example\n[server]\ncodedir = {home}\nvardir = {home}/var\n"
        f"basemodulepath = {home}/none\nlocalcacert = {host.certificate}\n"
        f"hostcert = {host.client.certificate}\nhostprivkey = {host.client.key}\n",
    )
    put(home / "puppetdb.conf", f"[main]\nserver_urls = {puppetdb.url}\n")
    lines = [
        f"mod '{module.slug}', git: 'https://git.acme.example/{module.name}.git'"
        if module.name == FROM_GIT
        else f"mod '{module.slug}', {':latest' if module.name == FORKED else repr(module.version)}"
        for module in modules
    ]
    put(
        home / "environments/production/Puppetfile",
        "\n".join([*lines, "mod 'acme-acme_base', '1.0.0'", "acme_helper(1)"]),
    )


@pytest.fixture(scope="module")
def before(world: World) -> dict[str, Any]:
    """The report of a site that knows the list of modules alone, as last year's did."""
    world.cache().mkdir(parents=True)
    slugs = [*sorted(module.slug for module in world.modules), "author-odd"]
    listed = {"timestamp": "2026-01-01T00:00:00Z", "modules": slugs, "source": world.forge.url}
    put(world.cache() / "forge.json", json.dumps(listed))
    return world.report()


@pytest.fixture(scope="module")
def updated(world: World, before: dict[str, Any]) -> Update:
    assert before
    update = world.update("-v")
    assert update.done.returncode == 0, update.done.stderr
    return update


def test_without_releases_checksums_prove_a_part_and_the_rest_is_counted(
    world: World, before: dict[str, Any]
) -> None:
    old = {module.name for module in world.modules if module.build != "modern"}
    names = {row["name"].partition("::")[0] for row in before["classes"]}
    assert names == old & {name.partition("::")[0] for name in world.declared()}
    shown = world.run("preview", "--no-update").stdout
    assert "public modules whose releases are not known here" in shown
    assert "dropsonde update" in shown


def test_update_asks_for_what_the_puppetfile_fetches_and_for_nothing_else(
    world: World, updated: Update
) -> None:
    asked = updated.requests
    listed = {request.query["module"] for request in asked if request.path == "/v3/releases"}
    known = {module.slug for module in world.modules if module.name != FROM_GIT}
    assert listed == known
    files = [request.path for request in asked if request.path.startswith("/v3/files/")]
    assert len(files) == len(set(files)) == len(known)
    assert all(CANARY not in f"{one.path}{one.query}{one.headers}" for one in asked)


def test_every_public_class_is_reported_with_puppetdbs_count(world: World, updated: Update) -> None:
    """A branch from git is not asked for: its classes come with the vocabulary alone."""
    assert updated.done.returncode == 0
    found = {row["name"]: row["count"] for row in world.report()["classes"]}
    expected = {
        name: count
        for name, count in world.declared().items()
        if name.partition("::")[0] != FROM_GIT
    }
    assert found == expected
    assert len(found) > 300


def test_a_version_of_the_sites_own_stays_home(world: World, updated: Update) -> None:
    assert updated.done.returncode == 0
    told = {row["slug"]: row["version"] for row in world.report()["modules"]}
    own = {FORKED, FROM_GIT}
    assert told == {
        module.slug: None if module.name in own else module.version for module in world.modules
    }


def test_a_second_update_asks_for_next_to_nothing(world: World, updated: Update) -> None:
    assert updated.done.returncode == 0
    again = world.update()
    assert again.done.returncode == 0, again.done.stderr
    paths = [request.path for request in again.requests]
    # The fork's version may have been published since: its module is listed again.
    assert paths == ["/v3/modules", "/v3/releases"] or paths == ["/v3/modules"] * 2 + [
        "/v3/releases"
    ]


@pytest.mark.parametrize("form", ["human", "json", "html"])
@pytest.mark.parametrize("options", [(), ("--evidence", "strict")])
def test_nothing_of_acme_leaves(
    world: World,
    updated: Update,
    form: str,
    options: tuple[str, ...],
) -> None:
    shown = world.run("preview", "--no-update", "-v", "--format", form, *options)
    assert shown.returncode == 0
    text = shown.stdout + shown.stderr.replace(str(world.home), "") + updated.done.stderr
    assert CANARY not in text.lower()


def build(world: World, directory: Path, *options: str) -> Path:
    """The vocabulary that a collector builds from the Forge."""
    command = [sys.executable, "-m", "dropsonde.cli.collector", "vocabulary", "--rate", "0"]
    done = subprocess.run(
        [*command, "--data", directory, "--forge", world.forge.url, *options],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert f"{len(world.modules) + 1} modules" in done.stdout
    return directory / "vocabulary.txt"


def test_with_the_vocabulary_a_branch_from_git_is_complete_and_the_forge_hears_nothing(
    world: World, before: dict[str, Any], tmp_path: Path
) -> None:
    assert before
    vocabulary = build(world, tmp_path / "data")
    empty = tmp_path / "cache"
    empty.mkdir()
    (empty / "forge.json").write_bytes((world.cache() / "forge.json").read_bytes())
    asked = len(world.forge.requests)
    options = ("--vocabulary", str(vocabulary), "--cachepath", str(empty))
    found = world.report(*options)
    assert {row["name"]: row["count"] for row in found["classes"]} == world.declared()
    assert len(world.forge.requests) == asked
    text = json.dumps(found)
    assert CANARY not in text
    # Without a class of its own that is odd, and with none of another module's namespace.
    odd = next(one for one in parse(vocabulary.read_bytes()).releases if one.slug == "author-odd")
    assert odd.classes == frozenset({"odd"})


def test_the_same_forge_gives_the_same_bytes(world: World, tmp_path: Path) -> None:
    first = build(world, tmp_path / "one").read_bytes()
    assert build(world, tmp_path / "one").read_bytes() == first
    assert build(world, tmp_path / "two").read_bytes() == first


def test_a_vocabulary_that_lists_a_private_module_makes_nothing_public(
    world: World, before: dict[str, Any], tmp_path: Path
) -> None:
    lines = [
        "# Dropsonde vocabulary 1",
        f"# forge: {world.forge.url}",
        "# since: 2020-01-01",
        "acme-acme_base\t1.0.0\t2020-01-01T00:00:00Z\tacme_base",
        "acme-profile\t1.0.0\t2020-01-01T00:00:00Z\tprofile profile::acme",
    ]
    file = put(tmp_path / "vocabulary.txt", "\n".join([*lines, ""]))
    empty = tmp_path / "cache"
    empty.mkdir()
    (empty / "forge.json").write_bytes((world.cache() / "forge.json").read_bytes())
    found = world.report("--vocabulary", str(file), "--cachepath", str(empty))
    assert found == before
    assert CANARY not in json.dumps(found)
