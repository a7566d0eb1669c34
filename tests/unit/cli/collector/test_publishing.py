"""`publish`, `weekly --pages` and `demo`, as programs."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import requests

from dropsonde.common import weeks
from dropsonde.common.clock import utc_now
from dropsonde.common.errors import ConfigError, FileError, InterruptedRunError, PublicRootError
from tests.support.patience import PATIENCE
from tests.unit.cli.collector.made import filled
from tests.unit.cli.collector.test_commands import COMMAND, complaint, run
from tests.unit.collector.web.serving import VOCABULARY_FILE
from tests.unit.publish.releases import WEEKS, releases

SITES = 60
NEWEST_WEEK = weeks.last_finished(utc_now())


@pytest.fixture
def released(tmp_path: Path) -> Path:
    for release in releases():
        release.save(tmp_path / "releases")
    return tmp_path / "releases"


def test_releases_become_files(released: Path, tmp_path: Path) -> None:
    root = tmp_path / "a b" / "public"
    result = run("publish", "--releases", str(released), "--out", str(root), LC_ALL="C")
    files = [path for path in root.resolve().rglob("*") if path.is_file()]
    assert result.out == f"{root}: {len(files)} files, the newest week is {WEEKS[-1]}\n"
    assert (result.code, result.err) == (0, "")
    index = json.loads((root / "v1/index.json").read_bytes())
    for table in index["tables"]:
        for path in (*table["files"].values(), *table["history"].values()):
            assert (root / path).is_file()


@pytest.mark.parametrize("address", ["https://a.example/b", "https://a.example/b/"])
def test_pages_name_the_address_that_they_are_at(
    released: Path, tmp_path: Path, address: str
) -> None:
    root = tmp_path / "public"
    words = ("--releases", str(released), "--out", str(root), "--site-url", address)
    assert run("publish", *words).code == 0
    assert 'rel="canonical" href="https://a.example/b/"' in (root / "index.html").read_text()
    assert "<loc>https://a.example/b/data.html</loc>" in (root / "sitemap.xml").read_text()
    assert "<id>https://a.example/b/feeds/weeks.xml</id>" in (root / "feeds/weeks.xml").read_text()


def test_with_the_vocabulary_a_search_knows_the_forge(released: Path, tmp_path: Path) -> None:
    root, file = tmp_path / "public", tmp_path / "vocabulary.txt"
    words = ("--releases", str(released), "--out", str(root), "--vocabulary", str(file))
    assert run("publish", *words).code == ConfigError.exit_code
    assert not root.exists()
    file.write_bytes(VOCABULARY_FILE)
    assert run("publish", *words).code == 0
    found = json.loads((root / "v1/forge.json").read_bytes())
    assert found == {"known": True, "modules": ["puppetlabs-apache", "puppetlabs-ntp"]}
    file.with_name("deprecated.json").write_text("[]")
    assert "deprecated.json" in complaint(run("publish", *words))


@pytest.mark.parametrize(
    ("damage", "said", "code"),
    [
        ("missing", "no release is there", FileError.exit_code),
        ("damaged", "is no release", FileError.exit_code),
        ("occupied", "was not made by publishing", PublicRootError.exit_code),
        ("read-only", "cannot be published", PublicRootError.exit_code),
    ],
)
def test_what_cannot_be_published_is_said_in_one_line(
    released: Path, tmp_path: Path, damage: str, said: str, code: int
) -> None:
    root = tmp_path / "public"
    if damage == "missing":
        released = tmp_path / "nowhere"
    elif damage == "damaged":
        (released / f"{WEEKS[0]}.json").write_text("{}")
    elif damage == "occupied":
        root.mkdir()
    else:
        root = Path("/proc/nowhere/public")
    result = run("publish", "--releases", str(released), "--out", str(root))
    assert said in complaint(result)
    assert (result.code, result.out) == (code, "")


def test_a_week_is_released_and_published_in_one_go(tmp_path: Path) -> None:
    when = weeks.first_moment(NEWEST_WEEK) + timedelta(days=1)
    filled(tmp_path / "data", SITES, (when - timedelta(weeks=1), when))
    words = [
        word
        for name in ("data", "out", "pages")
        for word in (f"--{name}", str(tmp_path / ("releases" if name == "out" else name)))
    ]
    assert run("weekly", *words).code == 0
    index = json.loads((tmp_path / "pages/v1/index.json").read_bytes())
    assert [each["week"] for each in index["weeks"]] == [NEWEST_WEEK]
    assert not index["made_up"]
    target = (tmp_path / "pages").readlink()
    assert run("weekly", *words).code == 0
    assert (tmp_path / "pages").readlink() == target


@pytest.fixture
def demo() -> Iterator[subprocess.Popen[str]]:
    """The demo, with few sites, in a session of its own."""
    with (
        tempfile.TemporaryDirectory() as scratch,
        subprocess.Popen(
            [*COMMAND, "demo", "--sites", "300", "--weeks", "3"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "TMPDIR": scratch},
        ) as process,
    ):
        try:
            yield process
            assert list(Path(scratch).iterdir()) == []
        finally:
            process.kill()


@pytest.mark.slow
def test_the_demo_shows_its_weeks_says_that_they_are_made_up_and_leaves_nothing(
    demo: subprocess.Popen[str],
) -> None:
    assert demo.stdout is not None
    url = demo.stdout.readline().strip()
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/index\.html", url)
    index = requests.get(url.replace("index.html", "v1/index.json"), timeout=PATIENCE).json()
    assert [each["week"] for each in index["weeks"]][-1] == NEWEST_WEEK
    assert len(index["weeks"]) == 3
    assert index["made_up"]
    found = requests.get(url.replace("index.html", "v1/modules.json"), timeout=PATIENCE).json()
    assert "example-stdlib" in {each["module"] for each in found["modules"]}
    for page in ("index", "modules", "compare", "method", "data", "modules/example-stdlib"):
        text = requests.get(url.replace("index", page), timeout=PATIENCE).text
        assert "All of this is made up" in text
    demo.send_signal(signal.SIGINT)
    said = demo.stderr.read() if demo.stderr else ""
    assert demo.wait(PATIENCE) == 0
    assert "made-up sites report" in said
    assert "Traceback" not in said


@pytest.mark.slow
def test_the_demo_can_be_interrupted_early(demo: subprocess.Popen[str]) -> None:
    assert demo.stderr is not None
    assert "made-up sites report" in demo.stderr.readline()
    demo.send_signal(signal.SIGINT)
    assert demo.wait(PATIENCE) == InterruptedRunError.exit_code
    assert demo.stderr.read() == "dropsonde-collector: interrupted\n"
