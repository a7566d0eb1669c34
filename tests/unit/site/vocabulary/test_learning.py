"""Which releases are read from the Forge, and what is kept of them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from dropsonde import http
from dropsonde.common.errors import ForgeError
from dropsonde.settings.options import ALWAYS, NEVER, PUPPETFILE
from dropsonde.site.forge.client import Bounds, Client
from dropsonde.site.vocabulary import learning
from dropsonde.site.vocabulary.files import Files
from dropsonde.site.vocabulary.known import Known
from dropsonde.site.vocabulary.learning import Learned, learn
from dropsonde.site.vocabulary.wanted import Wanted, wanted
from tests.doubles.forge import BIRTH, Fault, LoopbackForge
from tests.support.sites import inventory_of, put, put_module, release
from tests.support.tarballs import pack

SLUGS = frozenset({"puppetlabs-ntp", "puppetlabs-apache", "saz-memcached"})


@pytest.fixture
def forge() -> Iterator[LoopbackForge]:
    with LoopbackForge() as server:
        for slug in sorted(SLUGS):
            module = slug.partition("-")[2]
            for number in (1, 2):
                text = f"class {module} {{}} class {module}::v{number} {{}}"
                tarball = pack(slug, f"{number}.0.0", {"init.pp": text})
                server.upload(slug, f"{number}.0.0", tarball, BIRTH + timedelta(days=number))
        yield server


Run = Callable[[Wanted], Learned]


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path / "cache", "https://forge.example")


@pytest.fixture
def run(forge: LoopbackForge, files: Files) -> Iterator[Run]:
    with http.session(retries=0) as session:
        yield lambda asked: learn(
            Client(session, forge.url), files, asked, lambda _done, _total: None
        )


def ask(*versions: str, slug: str = "puppetlabs-ntp") -> dict[str, frozenset[str]]:
    return {slug: frozenset(versions)}


def paths(forge: LoopbackForge) -> list[str]:
    return [request.path for request in forge.requests]


# What is kept.


def test_an_installed_release_is_read_and_the_others_are_listed(
    run: Run, files: Files, forge: LoopbackForge
) -> None:
    learned = run(ask("1.0.0"))
    assert learned == Learned(1, 0, 2, forge.bytes_sent)
    known = files.known(SLUGS)
    assert known.release("puppetlabs-ntp", "1.0.0") == frozenset({"ntp", "ntp::v1"})
    assert known.published("puppetlabs-ntp", "2.0.0")
    assert known.release("puppetlabs-ntp", "2.0.0") is None
    assert paths(forge) == ["/v3/releases", "/v3/files/puppetlabs-ntp-1.0.0.tar.gz"]


def test_what_was_read_is_kept_for_good(run: Run, files: Files, forge: LoopbackForge) -> None:
    run(ask("1.0.0"))
    run(ask("1.0.0", "2.0.0"))
    run(ask("1.0.0", slug="saz-memcached"))
    assert paths(forge).count("/v3/files/puppetlabs-ntp-1.0.0.tar.gz") == 1
    known = files.known(SLUGS)
    assert known.classes("puppetlabs-ntp") == {"ntp", "ntp::v1", "ntp::v2"}
    assert known.classes("saz-memcached") == {"memcached", "memcached::v1"}


@pytest.mark.parametrize("version", ["1.5.0", "1.0.0-acme", "", "../../../etc"])
def test_a_version_of_the_sites_own_is_never_sent_and_the_newest_is_read(
    run: Run, files: Files, forge: LoopbackForge, version: str
) -> None:
    run(ask(version))
    assert paths(forge) == ["/v3/releases", "/v3/files/puppetlabs-ntp-2.0.0.tar.gz"]
    assert [request.query["module"] for request in forge.requests[:1]] == ["puppetlabs-ntp"]
    assert not version or all(version not in str(request) for request in forge.requests)
    assert files.known(SLUGS).classes("puppetlabs-ntp") == {"ntp", "ntp::v2"}


def test_a_module_without_releases_is_asked_for_and_nothing_is_learnt(
    run: Run, files: Files
) -> None:
    learned = run(ask("1.0.0", slug="puppetlabs-none"))
    assert (learned.releases, learned.left, learned.requests) == (0, 0, 1)
    assert not files.known({"puppetlabs-none"}).lists("puppetlabs-none")


def test_a_tarball_that_is_not_the_listed_one_is_told_and_costs_no_other(
    run: Run, files: Files, forge: LoopbackForge, caplog: pytest.LogCaptureFixture
) -> None:
    forge.faults[1] = Fault(body=pack("puppetlabs-ntp", "1.0.0", {"a.pp": "class ntp::acme {}"}))
    learned = run({**ask("1.0.0"), **ask("1.0.0", slug="saz-memcached")})
    assert (learned.releases, learned.left, learned.fault) == (1, 0, None)
    assert "puppetlabs-ntp 1.0.0: its tarball" in caplog.text
    assert files.known(SLUGS).classes("puppetlabs-ntp") == frozenset()
    assert run(ask("1.0.0")).releases == 1  # the next time


def test_a_fault_of_the_forge_leaves_the_rest_for_the_next_time(
    run: Run, files: Files, forge: LoopbackForge
) -> None:
    forge.faults[2] = Fault(status=500)
    asked = {slug: frozenset({"1.0.0"}) for slug in sorted(SLUGS)}
    learned = run(asked)
    assert (learned.releases, learned.left) == (2, 1)
    assert isinstance(learned.fault, ForgeError)
    assert not files.known(SLUGS).lists("puppetlabs-ntp")
    assert run(ask("1.0.0")).fault is None
    assert files.known(SLUGS).lists("puppetlabs-ntp")


def test_a_forge_that_is_down_is_left_alone_soon(run: Run, forge: LoopbackForge) -> None:
    forge.faults = {number: Fault(status=503) for number in range(100)}
    learned = run({f"puppetlabs-m{number}": frozenset({"1.0.0"}) for number in range(50)})
    assert learned.left == 50
    assert len(forge.requests) == learning.MAX_FAULTS


def test_a_run_is_bounded_and_the_next_goes_on(files: Files, forge: LoopbackForge) -> None:
    left = {slug: frozenset({"1.0.0"}) for slug in sorted(SLUGS)}
    progress: list[tuple[int, int]] = []
    with http.session(retries=0) as session:
        for rest in (2, 1, 0):
            client = Client(session, forge.url, Bounds(requests=2))
            learned = learn(client, files, left, lambda done, total: progress.append((done, total)))
            assert (learned.releases, learned.left, learned.fault) == (1, rest, None)
            known = files.known(SLUGS)
            left = {slug: v for slug, v in left.items() if known.release(slug, "1.0.0") is None}
    assert left == {}
    assert progress == [(0, 3), (3, 3), (0, 2), (2, 2), (0, 1), (1, 1)]


def test_the_bytes_of_a_run_are_bounded(
    run: Run, forge: LoopbackForge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(learning, "MAX_BYTES", 1)
    assert run({slug: frozenset({"1.0.0"}) for slug in sorted(SLUGS)}).left == 2
    assert len(forge.requests) == 2


# Which are asked for.


def asked(root: Path, which: str, known: Known | None = None) -> dict[str, frozenset[str]]:
    return dict(
        wanted(
            inventory_of(root),
            known or Known(),
            which,
            lambda url: url == "https://forge.example",
            (root.parent / "r10k.yaml",),
        )
    )


@pytest.fixture
def site(tmp_path: Path) -> Path:
    root = tmp_path / "environments"
    for module, slug, version in (
        ("ntp", "puppetlabs-ntp", "1.0.0"),
        ("apache", "puppetlabs-apache", "2.0.0-acme"),
        ("memcached", "saz-memcached", "1.0.0"),
        ("acme", "acme-acme", "1.0.0"),
    ):
        put_module(root / f"production/modules/{module}", slug, {}, version=version)
    return root


def test_only_what_a_puppetfile_fetches_from_the_forge_is_asked_for(site: Path) -> None:
    lines = [
        "forge 'https://forge.example'",
        "mod 'puppetlabs-ntp', '1.0.0'",
        "mod 'puppetlabs-apache', :latest",
        "mod 'saz-memcached', git: 'https://git.example/memcached.git'",
        "mod 'acme-acme', '1.0.0'",
        "mod 'puppetlabs-stdlib', '1.0.0'",
    ]
    put(site / "production/Puppetfile", "\n".join(lines))
    assert asked(site, PUPPETFILE) == {
        "puppetlabs-ntp": {"1.0.0"},
        "puppetlabs-apache": {"2.0.0-acme"},
    }


def test_another_version_than_the_puppetfiles_is_not_asked_for(site: Path) -> None:
    put(site / "production/Puppetfile", "mod 'puppetlabs-ntp', '1.0.1'")
    assert asked(site, PUPPETFILE) == {}


def test_a_puppetfile_speaks_for_its_own_environment(site: Path) -> None:
    put(site / "staging/Puppetfile", "mod 'puppetlabs-ntp', '1.0.0'")
    put_module(site / "staging/modules/ntp", version="3.0.0")
    assert asked(site, PUPPETFILE) == {}


def test_without_a_puppetfile_nothing_is_asked_for(site: Path) -> None:
    assert asked(site, PUPPETFILE) == {}


def test_always_asks_for_all_public_modules_and_never_for_none(site: Path) -> None:
    assert set(asked(site, ALWAYS)) == {"puppetlabs-ntp", "puppetlabs-apache", "saz-memcached"}
    put(site / "production/Puppetfile", "mod 'puppetlabs-ntp', '1.0.0'")
    assert asked(site, NEVER) == {}


def test_what_is_known_is_not_asked_for(site: Path) -> None:
    put(site / "production/Puppetfile", "mod 'puppetlabs-ntp', '1.0.0'")
    listed = Known((release("puppetlabs-ntp", "1.0.0", None),))
    assert asked(site, PUPPETFILE, listed) == {"puppetlabs-ntp": {"1.0.0"}}
    read = Known((release("puppetlabs-ntp", "1.0.0", {"ntp"}),))
    assert asked(site, PUPPETFILE, read) == {}


def test_a_forge_of_the_sites_own_is_not_told_of_to_the_public_one(
    site: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    put(site / "production/Puppetfile", "mod 'puppetlabs-ntp', '1.0.0'")
    put(site.parent / "r10k.yaml", "forge:\n  baseurl: https://forge.acme.example\n")
    assert asked(site, PUPPETFILE) == {}
    assert asked(site, ALWAYS) != {}
    assert "acme" not in caplog.text
