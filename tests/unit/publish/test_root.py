"""The public root: whole at every moment, the same for the same releases, and nobody else's."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from dropsonde.common.errors import CollectorBusyError, FileError, PublicRootError
from dropsonde.common.files import locked
from dropsonde.publish import paths
from dropsonde.publish.root import publish
from tests.unit.publish.releases import WEEKS, releases, save


def contents(root: Path) -> dict[str, bytes]:
    top = root.resolve()
    files = (path for path in sorted(top.rglob("*")) if path.is_file())
    return {str(path.relative_to(top)): path.read_bytes() for path in files}


def versions(root: Path) -> list[str]:
    """What lies beside the root, but for the lock."""
    return sorted(path.name for path in root.parent.iterdir() if path.suffix != ".lock")


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save(tmp_path_factory.mktemp("released"), releases())


def first(released: Path, weeks: int) -> Path:
    """A directory of the first weeks alone."""
    some = released.with_name(f"{released.name} {weeks}")
    some.mkdir(exist_ok=True)
    for week in WEEKS[:weeks]:
        for path in released.glob(f"{week}.*"):
            shutil.copyfile(path, some / path.name)
    return some


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "made below" / "w[w]w"


def test_the_same_releases_give_the_same_bytes(root: Path, released: Path, tmp_path: Path) -> None:
    files = publish(root, released)
    other = tmp_path / "other"
    assert publish(other, released) == files == (len(contents(root)), WEEKS[-1])
    assert contents(other) == contents(root)
    target = root.readlink()
    publish(root, released)
    assert root.readlink() == target
    assert versions(root) == sorted([root.name, target.name])


def test_everybody_may_read_it_whatever_the_umask(root: Path, released: Path) -> None:
    before = os.umask(0o077)
    try:
        publish(root, released)
    finally:
        os.umask(before)
    modes = {path.stat().st_mode & 0o777 for path in [root, *root.resolve().rglob("*")]}
    assert modes == {0o755, 0o644}


def test_one_version_stays_for_those_who_are_reading_it(root: Path, released: Path) -> None:
    targets = []
    for weeks in (1, 2, 3):
        publish(root, first(released, weeks))
        targets.append(root.readlink().name)
        assert versions(root) == sorted({root.name, *targets[-2:]})
    assert (root / "data" / WEEKS[2] / f"{WEEKS[2]}.cells.parquet").is_file()
    publish(root, first(released, 1))
    assert root.readlink().name == targets[0]
    assert not (root / "data" / WEEKS[1]).exists()


@pytest.mark.parametrize("kind", ["directory", "file", "link", "broken link"])
def test_what_it_did_not_make_is_left_alone(
    root: Path, released: Path, tmp_path: Path, kind: str
) -> None:
    root.parent.mkdir()
    (tmp_path / "precious").mkdir()
    if kind == "directory":
        root.mkdir()
    elif kind == "file":
        root.write_text("precious")
    else:
        root.symlink_to(tmp_path / ("precious" if kind == "link" else "nowhere"))
    with pytest.raises(PublicRootError, match="was not made by publishing"):
        publish(root, released)
    assert versions(root) == [root.name]
    assert (tmp_path / "precious").is_dir()


def test_two_at_once(root: Path, released: Path) -> None:
    root.parent.mkdir()
    with locked(root.with_name(f".{root.name}.lock"), wait=False) as mine:
        assert mine
        with pytest.raises(CollectorBusyError):
            publish(root, released)


def test_a_place_that_cannot_be_written(tmp_path: Path, released: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(PublicRootError, match="readers still have"):
        publish(tmp_path / "file" / "root", released)


def test_cells_that_are_not_those_of_their_release_are_not_published(
    root: Path, tmp_path: Path
) -> None:
    released = save(tmp_path / "released", releases())
    (released / f"{WEEKS[0]}.cells.parquet").unlink()
    assert publish(root, released).files == len(contents(root))
    assert not (root / paths.cells(WEEKS[0])).exists()
    wrong = (released / f"{WEEKS[1]}.cells.parquet").read_bytes()
    (released / f"{WEEKS[2]}.cells.parquet").write_bytes(wrong)
    before = contents(root)
    with pytest.raises(FileError, match=f"{WEEKS[2]}.cells.parquet is missing or damaged"):
        publish(root, released)
    assert contents(root) == before


def test_releases_of_a_former_version_are_not_shown(root: Path, tmp_path: Path) -> None:
    released = save(tmp_path / "released", releases())
    former = {"method": {"epsilon": None}, "tables": {}}
    (released / "2026-W40.2.json").write_text(json.dumps(former))
    publish(root, released)
    assert sorted(path.name for path in (root / "data").iterdir()) == [
        *WEEKS,
        "CHANGES.md",
        "history",
        "latest",
        "releases.json",
    ]
    assert "2026-W40" not in (root / "v1/compare.json").read_text()


AUDITED = (
    "open",
    "os.link",
    "os.mkdir",
    "os.rename",
    "os.chmod",
    "os.symlink",
    "os.remove",
    "shutil.rmtree",
)
# Ends itself at its n-th call that changes a file, as a power cut would.
KILLED = """
import itertools, os, signal, sys
from pathlib import Path
from dropsonde.publish.root import publish
root, at, released = Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])
calls = itertools.count()
def hook(event, arguments):
    if event in {events} and str(root.parent) in str(arguments[0]) and next(calls) == at:
        os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(hook)
publish(root, released)
print(next(calls))
"""


def killed(root: Path, released: Path, at: int) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            sys.executable,
            "-c",
            KILLED.replace("{events}", repr(AUDITED)),
            str(root),
            str(at),
            str(released),
        ],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
def test_a_kill_at_any_moment_leaves_the_old_week_or_the_new_one(
    tmp_path: Path, released: Path
) -> None:
    whole = {}
    for weeks in (1, 2):
        publish(tmp_path / f"w{weeks}", first(released, weeks))
        whole[weeks] = contents(tmp_path / f"w{weeks}")
    root = tmp_path / "root"
    publish(root, first(released, 1))
    publish(tmp_path / "counted", first(released, 1))
    calls = int(killed(tmp_path / "counted", first(released, 2), -1).stdout)
    assert calls > 100
    old = 0
    # The first, the last, which are the renames, and some in between.
    for at in [0, 1, 2, *range(10, calls, calls // 8), *range(calls - 4, calls + 4)]:
        result = killed(root, first(released, 2), at)
        found = contents(root)
        assert found in whole.values(), at
        if result.returncode == -signal.SIGKILL:
            old += found == whole[1]
        publish(root, first(released, 2))
        assert contents(root) == whole[2]
        publish(root, first(released, 1))
        assert len([name for name in versions(root) if "root" in name]) == 3
    assert old
