"""The data directory: private, ours, and one collector at a time."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from dropsonde.collector.store import Reader
from dropsonde.collector.store.directory import checked, made
from dropsonde.common.errors import CollectorBusyError, DataDirectoryError
from tests.unit.collector.store.making import COLUMNS, contents, opened, row

HOLDER = """
import sys
from pathlib import Path
from tests.unit.collector.store.making import opened, row
store = opened(Path(sys.argv[1]))
store.put(row(1, value=5))
with store._directory.scratch() as place:
    (place / "spilled").write_bytes(b"private")
    print("holds", flush=True)
    sys.stdin.read()
"""


@pytest.mark.parametrize("mode", [0o750, 0o710, 0o701, 0o705, 0o770, 0o755, 0o720])
def test_others_may_not_enter(tmp_path: Path, mode: int) -> None:
    tmp_path.chmod(mode)
    with pytest.raises(DataDirectoryError, match=rf"mode {mode:04o}\): chmod 0700"):
        opened(tmp_path)
    with pytest.raises(DataDirectoryError):
        Reader(tmp_path, COLUMNS)
    assert list(tmp_path.iterdir()) == []


def test_a_new_one_is_private(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        with opened(tmp_path / "a" / "b") as store:
            store.put(row(1))
            store.put(row(2, row(2).timestamp.replace(month=1)))
            store.compact(row(2).timestamp)
    finally:
        os.umask(before)
    for path in ((tmp_path / "a" / "b"), *(tmp_path / "a" / "b").rglob("*")):
        assert path.stat().st_mode & 0o077 == 0, path


def test_not_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir(mode=0o700)
    (tmp_path / "link").symlink_to("real")
    with pytest.raises(DataDirectoryError, match="it is a link"):
        opened(tmp_path / "link")


def test_not_somebody_elses(tmp_path: Path) -> None:
    """The test changes who asks, as only root may change whose it is."""
    path = tmp_path / "data"
    if os.geteuid() == 0:
        path.mkdir(mode=0o700)
        os.chown(path, 65534, 65534)
    else:
        path = path.parents[len(path.parents) - 1]  # the root directory is root's
    with pytest.raises(DataDirectoryError, match="another user"):
        opened(path)


def test_not_a_file_and_not_below_one(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DataDirectoryError, match="Not a directory"):
        opened(tmp_path / "file")
    with pytest.raises(DataDirectoryError, match="Not a directory"):
        opened(tmp_path / "file" / "data")


def test_a_reader_makes_none(tmp_path: Path) -> None:
    with pytest.raises(DataDirectoryError, match="does not exist: start a collector"):
        Reader(tmp_path / "data", COLUMNS)
    assert not (tmp_path / "data").exists()


def test_one_collector_a_directory(tmp_path: Path) -> None:
    root = tmp_path / "data"
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, root], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"holds\n"
        with pytest.raises(CollectorBusyError, match="another collector is running here"):
            opened(root)
        # Whoever reads is not in the way; and what the holder spilled is not swept.
        assert list(contents(Reader(root, COLUMNS)).values()) == [5]
        made(root).sweep()
        assert [path.name for path in root.glob("scratch/*/spilled")] == ["spilled"]
        holder.send_signal(signal.SIGKILL)
    with opened(root) as store:
        assert list(contents(store).values()) == [5]
        assert [path.name for path in root.glob("scratch/*")] == ["lock"]
    with opened(root), pytest.raises(CollectorBusyError):
        opened(root)


def test_paths_with_all_kinds_of_characters(tmp_path: Path) -> None:
    root = tmp_path / 'it\'s [a] "di*r"?;#%20ä'
    with opened(root) as store:
        store.put(row(1))
        store.put(row(2, row(2).timestamp.replace(month=1)))
        store.compact(row(2).timestamp)
        assert len(contents(store)) == 2
        store.backup(tmp_path / "copy's")
    assert len(contents(Reader(checked(tmp_path / "copy's").root, COLUMNS))) == 2
