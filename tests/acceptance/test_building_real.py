"""Building the Debian package: what it needs, and that the same files make the same package."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.real.built import built_deb, workshop
from tests.real.server_machine import private_machine

pytestmark = [pytest.mark.real, pytest.mark.each_debian]


def test_the_same_files_make_the_same_package(tmp_path: Path) -> None:
    """Elsewhere, later, by another builder, with wheels of its own."""
    first = built_deb()
    copy = tmp_path / "another checkout"
    shutil.copytree(workshop() / "a checkout", copy)
    kept = {name: value for name, value in os.environ.items() if name != "SOURCE_DATE_EPOCH"}
    done = subprocess.run(
        [copy / "ext/debian/build", tmp_path / "out"],
        env={**kept, "TZ": "Asia/Tokyo", "LC_ALL": "C", "PYTHONHASHSEED": "7"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        umask=0o077,
    )
    assert done.returncode == 0, done.stdout
    again = tmp_path / "out" / first.name
    assert again.read_bytes() == first.read_bytes()


@pytest.mark.parametrize(
    ("hide", "named"),
    [
        ("dpkg --force-depends --remove build-essential", "build-essential:native"),
        ("rm /usr/bin/dpkg-checkbuilddeps", "dpkg-dev"),
    ],
)
def test_what_is_missing_is_said_before_anything_is_gathered(hide: str, named: str) -> None:
    with private_machine() as machine:
        shutil.copytree(workshop() / "a checkout", machine.root / "run/a checkout")
        machine.do("sh", "-c", hide)
        done = machine.run("/run/a checkout/ext/debian/build")
        assert (done.stdout, done.returncode) == ("", 1)
        assert done.stderr == (
            f"ext/debian/build: this machine lacks {named}: "
            "apt-get install build-essential debhelper python3-venv\n"
        )
        assert not (machine.root / "run/a checkout/dist").exists()
