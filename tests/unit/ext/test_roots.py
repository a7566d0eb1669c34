"""What the commands say that run something in another release of Debian."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

EXT = Path(__file__).resolve().parents[3] / "ext"


@pytest.mark.parametrize("command", ["root", "test_on"])
def test_without_a_suite_and_a_directory_it_is_the_usage(command: str) -> None:
    done = subprocess.run([EXT / command, "trixie"], capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("", 2)
    assert done.stderr.startswith(f"usage: ext/{command} SUITE DIRECTORY ")


def test_what_is_missing_is_said_and_nothing_is_made(tmp_path: Path) -> None:
    done = subprocess.run(
        ["/bin/sh", EXT / "root", "trixie", tmp_path / "root"],
        env={"PATH": str(tmp_path)},  # where no program is
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    said = done.stderr.splitlines()[-1]
    assert said == "ext/root: needs root and mmdebstrap: apt-get install mmdebstrap"
    assert list(tmp_path.iterdir()) == []
