"""The vocabulary file that is built from a Forge."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

import pytest

from dropsonde import http
from dropsonde.common.errors import BusyError, ForgeError
from dropsonde.common.files import locked
from dropsonde.common.state import PARTIAL
from dropsonde.protocol.vocabulary import parse
from dropsonde.site.vocabulary.building import AT_ONCE, Built, Forge, build
from dropsonde.site.vocabulary.files import Files
from tests.doubles.forge import BIRTH, Fault, LoopbackForge
from tests.support.patience import PATIENCE
from tests.support.tarballs import pack

NOW = datetime(2026, 1, 1, tzinfo=timezone.utc)
OLD, LAST = BIRTH - timedelta(days=1000), BIRTH + timedelta(days=40)


def tarball(slug: str, version: str) -> bytes:
    module = slug.partition("-")[2]
    name = f"{module}::v{version.replace('.', '_')}"
    return pack(slug, version, {"init.pp": f"class {module} {{}} class {name} {{}}"})


@pytest.fixture
def forge() -> Iterator[LoopbackForge]:
    with LoopbackForge() as server:
        for number in range(12):
            slug = f"author{number}-module{number}"
            server.upload(slug, "1.0.0", tarball(slug, "1.0.0"), OLD + timedelta(days=number))
            if number % 2:
                server.upload(slug, "1.1.0", tarball(slug, "1.1.0"), BIRTH)
                server.upload(slug, "2.0.0", tarball(slug, "2.0.0"), LAST)
        yield server


Run = Callable[..., Built]


@pytest.fixture
def run(forge: LoopbackForge) -> Run:
    def build_in(directory: Path, since: date | None = None) -> Built:
        asked = Forge(forge.url, lambda: http.session(retries=0), lambda: None)
        files = Files(directory, forge.url)
        return build(asked, files, since, NOW, lambda _done, _total: None)

    return build_in


def files_of(forge: LoopbackForge) -> list[str]:
    return [request.path for request in forge.requests if "/files/" in request.path]


def text(directory: Path) -> str:
    return (directory / "vocabulary.txt").read_text()


def test_every_release_is_listed_and_those_of_the_last_year_are_read(
    run: Run, forge: LoopbackForge, tmp_path: Path
) -> None:
    built = run(tmp_path)
    assert (built.modules, built.read, built.unread) == (12, 18, 0)
    assert set(parse(text(tmp_path).encode()).releases) == set(built.content.releases)
    lines = text(tmp_path).splitlines()
    assert lines[1:3] == [f"# forge: {forge.url}", "# since: 2018-10-29"]
    assert sum(line.startswith("author1-module1\t") for line in lines) == 3
    read = {line.split("\t")[1] for line in lines[3:] if not line.endswith("\t?")}
    assert read == {"1.0.0", "1.1.0", "2.0.0"}
    assert "author1-module1\t1.0.0\t2016-12-24T18:47:13Z\t?" in lines
    # Without a newer one, an old release is its module's newest.
    assert "module2 module2::v1_0_0" in text(tmp_path)
    assert not (tmp_path / PARTIAL).exists()
    listed = json.loads((tmp_path / "forge.json").read_text())
    assert len(listed["modules"]) == 12
    assert listed["source"] == forge.url


def test_the_newest_release_of_each_module_is_read_first(
    run: Run, forge: LoopbackForge, tmp_path: Path
) -> None:
    run(tmp_path)
    first = files_of(forge)[: 12 + AT_ONCE]
    assert sum("2.0.0" in path for path in first) == 6
    assert sum("1.0.0" in path for path in files_of(forge)) == 6


def test_the_same_forge_gives_the_same_bytes(
    run: Run, forge: LoopbackForge, tmp_path: Path
) -> None:
    """However a file came about: at once, in parts, with an older Forge before it."""
    everything = list(forge.uploads)
    forge.uploads[:] = [upload for upload in everything if upload.when < LAST]
    run(tmp_path / "grown")
    forge.uploads[:] = everything
    forge.released["author1-module1"] = LAST
    run(tmp_path / "grown")
    forge.faults = {len(forge.requests) + 5: Fault(status=500)}
    with pytest.raises(ForgeError):
        run(tmp_path / "parts")
    run(tmp_path / "parts")
    run(tmp_path / "once")
    assert text(tmp_path / "grown") == text(tmp_path / "parts") == text(tmp_path / "once")
    assert text(tmp_path / "once") != text_with(run, tmp_path / "since", date(2010, 1, 1))


def text_with(run: Run, directory: Path, since: date) -> str:
    run(directory, since)
    return text(directory)


def test_a_tarball_is_fetched_once(run: Run, forge: LoopbackForge, tmp_path: Path) -> None:
    run(tmp_path)
    fetched = files_of(forge)
    assert run(tmp_path).read == 0
    assert files_of(forge) == fetched
    slug = "author3-module3"
    forge.upload(slug, "3.0.0", tarball(slug, "3.0.0"), LAST + timedelta(days=1))
    assert run(tmp_path).read == 1
    assert files_of(forge) == [*fetched, f"/v3/files/{slug}-3.0.0.tar.gz"]


def test_all_releases_since_a_day_are_read(run: Run, tmp_path: Path) -> None:
    built = run(tmp_path, date(2010, 1, 1))
    assert built.read == 24
    assert all(release.classes for release in built.content.releases)


def test_a_forge_that_fails_keeps_the_file_and_what_was_read(
    run: Run, forge: LoopbackForge, tmp_path: Path
) -> None:
    run(tmp_path)
    before = text(tmp_path)
    for number in range(3):
        slug = f"new-new{number}"
        forge.upload(slug, "1.0.0", tarball(slug, "1.0.0"), LAST)
    begun = len(files_of(forge))
    # Each release takes two requests after the list's one; the last request of all fails.
    forge.faults = {len(forge.requests) + 6: Fault(status=503)}
    with pytest.raises(ForgeError, match="503"):
        run(tmp_path)
    assert text(tmp_path) == before
    forge.faults.clear()
    assert 1 <= run(tmp_path).read < 3
    assert len(files_of(forge)) - begun <= 4


def test_a_forge_that_is_down_is_left_alone(run: Run, forge: LoopbackForge, tmp_path: Path) -> None:
    forge.faults = {number: Fault(status=503) for number in range(1, 1000)}
    with pytest.raises(ForgeError):
        run(tmp_path)
    assert len(forge.requests) <= 1 + 10 + AT_ONCE


def test_a_line_that_a_kill_has_cut_is_read_again(
    run: Run, forge: LoopbackForge, tmp_path: Path
) -> None:
    run(tmp_path / "whole")
    whole = text(tmp_path / "whole")
    lines = [line for line in whole.splitlines()[3:] if not line.endswith("\t?")]
    (tmp_path / "cut").mkdir()
    for cut in (0, 1, len(lines[7]) - 1, len(lines[7])):
        journal = "\n".join([f"# forge: {forge.url}", *lines[:7], lines[7][:cut]])
        (tmp_path / "cut" / PARTIAL).write_text(journal)
        before = len(files_of(forge))
        assert run(tmp_path / "cut").read == 18 - 7
        assert len(files_of(forge)) - before == 18 - 7
        assert text(tmp_path / "cut") == whole
        (tmp_path / "cut/vocabulary.txt").unlink()


def test_the_journal_of_another_forge_does_not_count(
    run: Run, forge: LoopbackForge, tmp_path: Path
) -> None:
    acme = "author1-module1\t2.0.0\t2019-10-29T18:47:13Z\tmodule1::acme\n"
    (tmp_path / PARTIAL).write_text(f"# forge: https://acme.example\n{acme}")
    (tmp_path / "vocabulary.txt").write_text(
        f"# Dropsonde vocabulary 1\n# forge: https://acme.example\n# since: -\n{acme}"
    )
    assert run(tmp_path).read == 18
    assert "acme" not in text(tmp_path)
    assert forge.requests


def test_a_release_that_cannot_be_used_is_listed_and_told(
    run: Run, forge: LoopbackForge, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    forge.uploads[0] = forge.uploads[0]._replace(tarball=b"no tarball")
    built = run(tmp_path)
    assert built.unread == 1
    assert "author0-module0 1.0.0: its tarball on the Forge cannot be used" in caplog.text
    line = next(line for line in text(tmp_path).splitlines() if line.startswith("author0-"))
    assert line.endswith("\t?")


def test_a_forge_without_releases_is_none(run: Run, forge: LoopbackForge, tmp_path: Path) -> None:
    forge.uploads.clear()
    forge.released.clear()
    with pytest.raises(ForgeError, match="it lists no release"):
        run(tmp_path)


def test_only_one_run_builds_in_a_directory(run: Run, tmp_path: Path) -> None:
    with locked(tmp_path / "vocabulary.lock"), pytest.raises(BusyError, match="another run"):
        run(tmp_path)


def test_so_many_requests_at_once_and_no_more(forge: LoopbackForge, tmp_path: Path) -> None:
    running = most = 0
    lock, full = threading.Lock(), threading.Barrier(AT_ONCE)

    def pace() -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        if len(files_of(forge)) == 0 and running <= AT_ONCE:
            full.wait(PATIENCE)
        with lock:
            running -= 1

    asked = Forge(forge.url, lambda: http.session(retries=0), pace)
    build(asked, Files(tmp_path, forge.url), None, NOW, lambda _done, _total: None)
    assert most == AT_ONCE
