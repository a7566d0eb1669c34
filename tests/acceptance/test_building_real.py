"""What building the Debian package needs; test_release_real holds that its bytes are the same."""

from __future__ import annotations

import shutil

import pytest

from tests.real.built import workshop
from tests.real.server_machine import private_machine

pytestmark = [pytest.mark.real, pytest.mark.each_debian]


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
