"""The time that the packages bear is that of what they are made of."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

EPOCH = Path(__file__).resolve().parents[3] / "ext/epoch"
COMMITTED, UNPACKED = 1_700_000_000, 1_600_000_000


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """As it is unpacked from a tarball, in a directory whose git is another project's."""
    git(tmp_path, "init", "-q")
    commit(tmp_path, 1)
    checkout = tmp_path / "a checkout"
    (checkout / "ext").mkdir(parents=True)
    shutil.copy(EPOCH, checkout / "ext")
    (checkout / "CHANGELOG.md").touch()
    os.utime(checkout / "CHANGELOG.md", (UNPACKED, UNPACKED))
    return checkout


def git(directory: Path, *words: str, **environ: str) -> None:
    subprocess.run(
        ["git", "-c", "user.name=a", "-c", "user.email=a@localhost", *words],
        cwd=directory,
        env={**os.environ, **environ},
        check=True,
    )


def commit(directory: Path, when: int) -> None:
    git(directory, "commit", "-q", "--allow-empty", "-m", "x", GIT_COMMITTER_DATE=f"@{when} +0000")


def told(checkout: Path, **environ: str) -> str:
    clean = {name: value for name, value in os.environ.items() if name != "SOURCE_DATE_EPOCH"}
    return subprocess.run(
        [checkout / "ext/epoch"],
        cwd="/",
        env={**clean, **environ},
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def test_from_a_tarball_it_is_the_changelogs(checkout: Path) -> None:
    assert told(checkout) == f"{UNPACKED}\n"


def test_in_a_clone_it_is_the_last_commits(checkout: Path) -> None:
    git(checkout, "init", "-q")
    assert told(checkout) == f"{UNPACKED}\n"  # nothing is committed yet
    commit(checkout, COMMITTED)
    assert told(checkout) == f"{COMMITTED}\n"


def test_without_git_it_is_the_changelogs(checkout: Path, tmp_path: Path) -> None:
    git(checkout, "init", "-q")
    commit(checkout, COMMITTED)
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in ("sh", "dirname", "stat"):
        (programs / name).symlink_to(shutil.which(name) or "")
    assert told(checkout, PATH=str(programs)) == f"{UNPACKED}\n"


def test_another_one_can_be_said(checkout: Path) -> None:
    assert told(checkout, SOURCE_DATE_EPOCH="123") == "123\n"
