"""What is published: each file built twice and equal, its bill of materials, its sum."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from dropsonde import __version__
from ext.lock.locked import PROBE, read
from tests.real.built import build, workshop

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def published() -> Path:
    """A release; that its second build is equal to the first is a condition of its making.

    Without the archive with an interpreter, whose second build would take minutes again.
    """
    return build("ext/release/build", "release", "wheel", "deb", "zipapp", VENV=sys.prefix)


def test_each_file_has_its_sum(published: Path) -> None:
    sums = published / "SHA256SUMS"
    done = subprocess.run(
        ["sha256sum", "--check", "--strict", sums],
        cwd=published,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stderr, done.returncode) == ("", 0)
    named = {line.split()[1] for line in sums.read_text().splitlines()}
    assert named == {path.name for path in published.iterdir()} - {sums.name}


def test_all_that_is_published_is_there(published: Path) -> None:
    kinds = {path.suffix for path in published.iterdir()}
    assert kinds == {"", ".deb", ".gz", ".json", ".md", ".pyz", ".whl"}
    for artefact in published.iterdir():
        if artefact.suffix in {".deb", ".gz", ".pyz", ".whl"}:
            assert (published / f"{artefact.name}.cdx.json").exists()
    wheel = f"dropsonde_telemetry-{__version__}-py3-none-any.whl"
    assert (published / wheel).exists()


@pytest.mark.parametrize("pattern", ["*.deb", "*.pyz"])
def test_a_bill_names_each_library_that_is_carried(published: Path, pattern: str) -> None:
    (artefact,) = published.glob(pattern)
    bill = json.loads((published / f"{artefact.name}.cdx.json").read_text())
    carried = {part["purl"] for part in bill["components"]}
    locked = {f"pkg:pypi/{name}@{one.version}" for name, one in read(PROBE).items()}
    # Some are for older Pythons alone; a Debian package is for one.
    assert carried <= locked
    assert {purl.partition("@")[0] for purl in carried} >= {
        f"pkg:pypi/{name}"
        for name in ("cryptography", "jsonschema", "pyhocon", "pyyaml", "requests")
    }
    assert all(part["licenses"] for part in bill["components"])


def test_no_path_of_the_builder_is_told(published: Path) -> None:
    for file in published.iterdir():
        assert str(workshop()).encode() not in file.read_bytes()
