"""The switch: DO_NOT_TRACK and the administrator's file, whatever else is set."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from dropsonde.common.errors import SwitchedOffError
from dropsonde_puppetserver.switch import switched_off
from tests.support.unprivileged import as_nobody


def defaults(root: Path, text: str) -> Path:
    file = root / "etc/default/puppetserver"
    file.parent.mkdir(parents=True)
    file.write_text(text)
    return file


@pytest.mark.parametrize("value", ["1", "true", "yes", "no", "TRUE", "00", " 1 "])
def test_any_value_of_do_not_track_but_a_no_switches_off(tmp_path: Path, value: str) -> None:
    off = switched_off({"DO_NOT_TRACK": value}, tmp_path / "conf", tmp_path)
    assert off is not None
    assert (off.why, off.certain) == ("DO_NOT_TRACK is set", True)
    error = off.error()
    assert isinstance(error, SwitchedOffError)
    assert str(error).count("\n") == 0


@pytest.mark.parametrize("value", ["", "0", "false", "False", " 0 "])
def test_a_no_switches_nothing_off(tmp_path: Path, value: str) -> None:
    assert switched_off({"DO_NOT_TRACK": value}, tmp_path / "conf", tmp_path) is None
    assert switched_off({}, tmp_path / "conf", tmp_path) is None


@pytest.mark.parametrize("place", ["mine", "etc/puppetlabs", "etc"])
@pytest.mark.parametrize("kind", ["empty", "text", "directory", "link"])
def test_the_administrators_file_counts_whatever_it_holds(
    tmp_path: Path, place: str, kind: str
) -> None:
    file = tmp_path / place / "dropsonde.disabled"
    file.parent.mkdir(parents=True)
    if kind == "directory":
        file.mkdir()
    elif kind == "link":
        file.symlink_to("nowhere")
    else:
        file.write_text("" if kind == "empty" else "disabled: false\n")
    off = switched_off({"DO_NOT_TRACK": "0"}, tmp_path / "mine/conf", tmp_path)
    assert off is not None
    assert (off.why, off.certain) == (f"{file} exists", True)


def test_a_file_in_place_of_the_directory_is_no_policy(tmp_path: Path) -> None:
    (tmp_path / "etc").write_text("")
    assert switched_off({}, None, tmp_path) is None


@pytest.mark.parametrize("text", ["DO_NOT_TRACK=1\n", 'export DO_NOT_TRACK="yes"\n'])
def test_the_variable_of_puppet_server_counts_for_everybody(tmp_path: Path, text: str) -> None:
    defaults(tmp_path, text)
    off = switched_off({"DO_NOT_TRACK": "0"}, None, tmp_path)
    assert off is not None
    assert off.certain
    assert "Puppet Server's variables" in off.why


def test_a_variable_that_shell_and_systemd_read_differently_is_off(tmp_path: Path) -> None:
    defaults(tmp_path, "DO_NOT_TRACK=0 # for now\n")
    off = switched_off({}, None, tmp_path)
    assert off is not None
    assert not off.certain


def test_what_is_certain_is_told_first(tmp_path: Path) -> None:
    defaults(tmp_path, "DO_NOT_TRACK=0 # for now\n")
    (tmp_path / "etc/dropsonde.disabled").touch()
    off = switched_off({}, None, tmp_path)
    assert off is not None
    assert off.certain


def test_other_variables_of_puppet_server_do_not_count(tmp_path: Path) -> None:
    defaults(tmp_path, "JAVA_ARGS=$(cat /etc/args)\nDO_NOT_TRACK=0\n")
    assert switched_off({}, None, tmp_path) is None


@pytest.mark.parametrize("closed", ["mine", "etc/puppetlabs", "etc/default"])
def test_what_cannot_be_told_is_off(tmp_path: Path, closed: str) -> None:
    defaults(tmp_path, "JAVA_ARGS=-Xmx2g\n")
    for place in ("mine", "etc/puppetlabs"):
        (tmp_path / place).mkdir(parents=True)
    (tmp_path / closed).chmod(0)
    why, certain = as_nobody(tmp_path, lambda: _told(tmp_path))
    assert os.strerror(errno.EACCES) in str(why)
    assert f"cannot tell whether {tmp_path / closed}" in str(why)
    assert certain is False
    (tmp_path / closed).chmod(0o755)
    assert as_nobody(tmp_path, lambda: _told(tmp_path)) is None


def _told(root: Path) -> tuple[str, bool] | None:
    off = switched_off({}, root / "mine/conf", root)
    return (off.why, off.certain) if off else None
