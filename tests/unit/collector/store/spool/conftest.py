"""Data directories to copy; nobody may change them."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from dropsonde.collector.store.spool import database
from tests.unit.collector.store.making import contents, opened
from tests.unit.collector.store.spool.damaging import EVERYTHING, FILLED_AND_KILLED, ROWS


@pytest.fixture(scope="session")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a killed collector left, with a week in a file: all rows of the spool are in its log."""
    root = tmp_path_factory.mktemp("killed") / "data"
    command = [sys.executable, "-c", FILLED_AND_KILLED, str(root), str(ROWS)]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    assert (root / "spool.sqlite-wal").stat().st_size > ROWS * database.PAGE
    return root


@pytest.fixture(scope="session")
def sound(tmp_path_factory: pytest.TempPathFactory, killed: Path) -> Path:
    """The same once a collector has ended: they are in the spool itself."""
    root = tmp_path_factory.mktemp("sound") / "data"
    shutil.copytree(killed, root)
    with opened(root) as store:
        assert contents(store) == EVERYTHING
    assert {path.name for path in root.glob("spool*")} == {"spool.sqlite", "spool.sqlite-seq"}
    return root


@pytest.fixture
def root(tmp_path: Path, sound: Path) -> Path:
    """A copy of the latter, to be damaged."""
    shutil.copytree(sound, tmp_path / "data")
    return tmp_path / "data"


@pytest.fixture
def killed_root(tmp_path: Path, killed: Path) -> Path:
    """A copy of the former."""
    shutil.copytree(killed, tmp_path / "data")
    return tmp_path / "data"
