"""Strange places to run in: nothing but the result, or one line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.program import Program

LOCALES = [
    {"LC_ALL": "", "LANG": "C"},
    {"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    {"LC_ALL": "en_US.ISO-8859-1", "PYTHONUTF8": "0"},
]


@pytest.mark.parametrize("environ", LOCALES)
def test_locales(program: Program, environ: dict[str, str]) -> None:
    usual = program.run("preview", "--demo").out.splitlines()
    result = program.run("preview", "--demo", environ=environ)
    assert (result.code, result.err) == (0, "")
    assert len(result.out.splitlines()) == len(usual)
    assert program.run("list", environ=environ).out == program.run("list").out


@pytest.mark.parametrize("environ", LOCALES)
def test_names_that_are_not_ascii(program: Program, environ: dict[str, str]) -> None:
    config = program.home / "Größe" / "télémétrie.yaml"
    config.parent.mkdir()
    wrote = program.run(
        "initconfig", f"--config={config}", f"--plugins={program.home}/é", environ=environ
    )
    assert (wrote.code, wrote.err) == (0, "")
    assert config.exists()
    read = program.run("list", f"--config={config}", environ=environ)
    assert read.code == 7
    assert "No such file" in read.complaint


def test_a_directory_with_spaces(tmp_path: Path) -> None:
    program = Program(tmp_path / "a b" / "c  d")
    program.list_public("puppetlabs-stdlib")
    result = program.run("preview", "--no-update", "--format", "json")
    assert result.code == 0
    assert json.loads(result.out)


def test_no_home_variable(program: Program) -> None:
    result = program.shell('unset HOME; "$@" list')
    assert (result.code, result.err) == (0, "")


def test_no_home_at_all(program: Program) -> None:
    stranger = program.home / "stranger"
    stranger.mkdir()
    # As in a container that runs with a user id nobody knows.
    (stranger / "sitecustomize.py").write_text(
        "import pwd\ndef unknown(uid):\n    raise KeyError(uid)\npwd.getpwuid = unknown\n"
    )
    result = program.shell('unset HOME; "$@" preview --demo', {"PYTHONPATH": str(stranger)})
    assert result.code == 3
    assert "set HOME" in result.complaint


@pytest.mark.parametrize("words", ["list", "preview --demo", "dev example --size 1"])
def test_a_working_directory_that_is_gone(program: Program, words: str) -> None:
    # By the path of the script: `-m` cannot start where there is no directory.
    script = 'mkdir gone; cd gone; rmdir ../gone; "$@" ' + words
    result = program.shell(script)
    assert (result.code, result.err) == (0, "")
    assert result.out


def test_relative_names_in_a_directory_that_is_gone(program: Program) -> None:
    result = program.shell(
        'mkdir gone; cd gone; rmdir ../gone; "$@" dev example --size 1 --filename rows'
    )
    assert result.code == 8
    assert result.complaint.startswith("rows: No such file")


def test_all_streams_closed(program: Program) -> None:
    result = program.shell('"$@" preview --demo <&- >&- 2>&-')
    assert (result.code, result.out, result.err) == (8, "", "")
