"""What only root or who runs can have put there, and everything that is refused."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dropsonde.common.files import OddFileError
from dropsonde.common.trusted import ReplaceableError, open_trusted, read_trusted

SELF = {0, os.geteuid()}


def refused(path: Path, owners: set[int] | None = None) -> ReplaceableError:
    with pytest.raises(ReplaceableError) as raised:
        os.close(open_trusted(path, owners=owners))
    return raised.value


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file two directories down."""
    path = tmp_path / "one/two/file"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"content")
    return path


def test_a_file_of_ours_is_read(file: Path) -> None:
    data, state = read_trusted(file)
    assert data == b"content"
    assert state.st_ino == file.stat().st_ino


@pytest.mark.parametrize("mode", [0o777, 0o775, 0o757])
@pytest.mark.parametrize("up", [0, 1])
def test_a_directory_that_others_can_write_anywhere_above(file: Path, up: int, mode: int) -> None:
    place = file.parents[up]
    place.chmod(mode)
    error = refused(file)
    assert str(error) == f"{place}: others may write to it"
    assert (error.owner, error.advice) == (None, "chmod go-w it")


def test_a_file_that_others_can_write(file: Path) -> None:
    file.chmod(0o664)
    assert str(refused(file)) == f"{file}: others may write to it"


def test_with_the_sticky_bit_others_may_add_but_not_replace(file: Path) -> None:
    file.parent.chmod(0o1777)
    assert read_trusted(file)[0] == b"content"
    file.unlink()
    error = refused(file)
    assert str(error) == f"{file}: missing, and others may put something there"
    assert error.owner is None


def test_what_belongs_to_another_user(file: Path) -> None:
    """As seen by somebody whom this file's owner is not."""
    if os.geteuid() == 0:
        os.chown(file.parent, 65534, 65534)
        assert refused(file, {0}).owner == 65534
        assert refused(file).owner == 65534
        os.chown(file.parent, 0, 0)
        os.lchown(file, 65534, 65534)
        assert refused(file).owner == 65534
    else:
        assert refused(file, {0}).owner == os.geteuid()


def test_links_are_walked_as_carefully_as_all_else(file: Path, tmp_path: Path) -> None:
    absolute, relative = tmp_path / "absolute", tmp_path / "one/relative"
    absolute.symlink_to(file.parent)
    relative.symlink_to("../one/./two/../two")
    for way in (absolute, relative):
        assert read_trusted(way / "file")[0] == b"content"
    file.parent.chmod(0o777)
    for way in (absolute, relative):
        assert str(refused(way / "file")).endswith("two: others may write to it")


def test_a_link_of_another_user_is_not_followed(file: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(file)
    assert read_trusted(link)[0] == b"content"
    if os.geteuid() == 0:
        os.lchown(link, 65534, 65534)
        assert refused(link).owner == 65534


def test_links_in_a_circle_end(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(OSError, match="Too many levels"):
        open_trusted(tmp_path / "a/file")


def test_what_is_missing_or_no_file(file: Path, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        open_trusted(file.with_name("none"))
    with pytest.raises(NotADirectoryError):
        open_trusted(file / "below")
    os.mkfifo(tmp_path / "fifo")
    for odd in (tmp_path / "fifo", tmp_path):  # opened without waiting for a writer
        with pytest.raises(OddFileError):
            read_trusted(odd)


def handles() -> list[str]:
    return sorted(path.name for path in Path("/proc/self/fd").iterdir())


def test_no_handle_is_left_open(file: Path) -> None:
    before = handles()
    read_trusted(file)
    file.parent.chmod(0o777)
    refused(file)
    refused(file.with_name("none"))
    assert handles() == before
