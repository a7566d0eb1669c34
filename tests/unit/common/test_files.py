"""Our own files: whole or not at all, private, locked."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from dropsonde.common.errors import FileError
from dropsonde.common.files import (
    locked,
    private_directory,
    read_bounded,
    replacing,
    user_name,
    write_atomically,
)

NAMES = ("forge.json", "with blanks.json", "Übergröße — ñ.json", "-rf", "a'b\"c\\d", "x" * 200)
NOBODY = 65534


def python(code: str, *arguments: object) -> subprocess.Popen[str]:
    """Start a program of its own; it has said its first line when this returns."""
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    assert process.stdout.readline() == "ready\n"
    return process


def said_by(code: str, *arguments: object) -> str:
    """What a program says."""
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout


def kill(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def umask() -> Iterator[None]:
    """The most open of all umasks."""
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.mark.parametrize("name", NAMES)
def test_a_file_is_replaced_and_nothing_else_is_left(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"old and longer")
    write_atomically(path, b"new")
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.usefixtures("umask")
def test_files_and_directories_are_private(tmp_path: Path) -> None:
    directory = private_directory(tmp_path / "a" / "b")
    write_atomically(directory / "secret", b"")
    write_atomically(directory / "open", b"", mode=0o644)
    with locked(directory / "lock"):
        pass
    modes = {path.name: mode_of(path) for path in (directory, *directory.iterdir())}
    assert modes == {"b": 0o700, "secret": 0o600, "open": 0o644, "lock": 0o600}


def test_an_open_file_becomes_private_when_replaced(tmp_path: Path) -> None:
    path = tmp_path / "seed"
    path.touch(0o666)
    path.chmod(0o666)
    write_atomically(path, b"secret")
    assert mode_of(path) == 0o600


def test_a_lock_is_not_taken_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "lock").symlink_to("elsewhere")
    with pytest.raises(FileError, match="symbolic links"), locked(tmp_path / "lock"):
        pass
    assert not (tmp_path / "elsewhere").exists()


def test_an_existing_directory_is_left_as_it_is(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    assert private_directory(tmp_path) == tmp_path
    assert mode_of(tmp_path) == 0o755


def test_the_new_file_appears_only_when_it_is_complete(tmp_path: Path) -> None:
    path = tmp_path / "list"
    path.write_bytes(b"old")
    with replacing(path) as file:
        file.write(b"new")
        file.flush()
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"


@pytest.mark.parametrize("error", [ValueError("odd"), KeyboardInterrupt(), SystemExit(3)])
def test_an_exception_leaves_the_old_file_and_no_other(
    tmp_path: Path, error: BaseException
) -> None:
    path = tmp_path / "list"
    path.write_bytes(b"old")

    def fail() -> None:
        with replacing(path) as file:
            file.write(b"half")
            raise error

    with pytest.raises(type(error)) as raised:
        fail()
    assert raised.value is error
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_kill_in_mid_write_leaves_the_old_file_whole(tmp_path: Path) -> None:
    path = tmp_path / "list"
    path.write_bytes(b"old")
    code = """
        import pathlib, sys
        from dropsonde.common.files import replacing
        with replacing(pathlib.Path(sys.argv[1])) as file:
            file.write(b"x" * 1_000_000)
            file.flush()
            print("ready", flush=True)
            sys.stdin.read()
    """
    kill(python(code, path))
    assert path.read_bytes() == b"old"
    write_atomically(path, b"new")  # what was left does not hinder the next
    assert path.read_bytes() == b"new"


def test_what_a_kill_left_is_gone_after_a_day(tmp_path: Path) -> None:
    target = tmp_path / "a[b].json"
    left = [tmp_path / f".a[b].json.{name}" for name in ("abcdefgh", "12345678")]
    others = [tmp_path / name for name in (".a[b].json.orig", ".other.json.abcdefgh", "a.abcdefgh")]
    for file in (*left, *others):
        file.write_text("")
    for file in (left[0], *others):
        os.utime(file, (0, 0))
    write_atomically(target, b"new")
    assert sorted(tmp_path.iterdir()) == sorted([target, left[1], *others])


def test_a_lock_is_held_across_processes_and_freed_by_a_kill(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    code = """
        import pathlib, sys
        from dropsonde.common.files import locked
        with locked(pathlib.Path(sys.argv[1])):
            print("ready", flush=True)
            sys.stdin.read()
    """
    holder = python(code, lock)
    with locked(lock, wait=False) as held:
        assert not held
    kill(holder)
    with locked(lock, wait=False) as held:
        assert held


def test_a_lock_is_waited_for(tmp_path: Path) -> None:
    code = """
        import pathlib, sys
        from dropsonde.common.files import locked
        print("ready", flush=True)
        with locked(pathlib.Path(sys.argv[1])):
            pathlib.Path(sys.argv[2]).write_text("second")
    """
    note = tmp_path / "note"
    with locked(tmp_path / "lock"):
        waiting = python(code, tmp_path / "lock", note)
        note.write_text("first")
    waiting.communicate()
    assert waiting.returncode == 0
    assert note.read_text() == "second"


def test_a_lock_is_free_again_after_an_exception(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="odd"), locked(tmp_path / "lock"):
        raise ValueError("odd")
    with locked(tmp_path / "lock", wait=False) as held:
        assert held


REFUSED = """
    import glob, os, pathlib, sys, tempfile
    from dropsonde.common import files
    from dropsonde.common.errors import FileError
    directory = pathlib.Path(sys.argv[1])
    if os.geteuid() == 0:
        os.setgroups([])
        os.setegid({nobody})
        os.seteuid({nobody})
    for action in (
        lambda: files.write_atomically(directory / "file", b"new"),
        lambda: files.private_directory(directory / "more"),
        lambda: files.locked(directory / "lock").__enter__(),
    ):
        try:
            action()
        except FileError as error:
            print(error)
""".replace("{nobody}", str(NOBODY))


def test_a_directory_that_is_read_only(tmp_path: Path) -> None:
    directory = tmp_path / "read only"
    directory.mkdir()
    (directory / "file").write_bytes(b"old")
    # The whole way to it is open, as pytest's own directories are root's alone.
    closed = [path for path in directory.parents if not path.stat().st_mode & stat.S_IXOTH]
    for path in closed:
        path.chmod(0o711)
    directory.chmod(0o555)
    said = said_by(REFUSED, directory).splitlines()
    for path in closed:
        path.chmod(0o700)
    advice = "check its permissions and the free space, or choose another place"
    assert said == [
        f"{directory}/{name}: Permission denied for user {user_name(NOBODY)}: {advice}"
        for name in ("file", "more", "lock")
    ]
    assert [path.name for path in directory.iterdir()] == ["file"]
    assert (directory / "file").read_bytes() == b"old"


def test_a_disk_that_is_full(tmp_path: Path) -> None:
    """A limit on the size of files stands for it: the write fails half way, as on a full disk."""
    path = tmp_path / "list"
    path.write_bytes(b"old")
    code = """
        import pathlib, resource, signal, sys
        from dropsonde.common.errors import FileError
        from dropsonde.common.files import write_atomically
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
        try:
            write_atomically(pathlib.Path(sys.argv[1]), b"x" * 1_000_000)
        except FileError as error:
            print(error.what)
    """
    assert said_by(code, path) == f"{path}: File too large\n"
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_places_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(FileError, match="file: File exists"):
        private_directory(tmp_path / "file")
    with pytest.raises(FileError, match="Not a directory"):
        write_atomically(tmp_path / "file" / "below", b"")
    with pytest.raises(FileError, match="gone/list: No such file"):
        write_atomically(tmp_path / "gone" / "list", b"")
    with pytest.raises(FileError, match="Is a directory"):
        write_atomically(tmp_path, b"")
    with pytest.raises(FileError, match="Is a directory"), locked(tmp_path):
        pass


@pytest.mark.parametrize("name", NAMES)
def test_reading_up_to_a_limit(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"1234")
    assert read_bounded(path) == b"1234"
    assert read_bounded(path, 4) == b"1234"
    assert read_bounded(path, 3) is None


def test_reading_what_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "dangling").symlink_to("nowhere")
    (tmp_path / "loop").symlink_to("loop")
    for path in ("fifo", "dangling", "loop", "gone", "fifo/below", ".", "x" * 300, "nul\0"):
        assert read_bounded(tmp_path / path) is None
    assert read_bounded(Path("/dev/zero")) is None


def test_reading_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"content")
    (tmp_path / "link").symlink_to("file")
    assert read_bounded(tmp_path / "link") == b"content"
