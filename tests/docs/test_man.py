"""The man pages say what the program does: they are made anew, and their examples are run."""

from __future__ import annotations

import argparse
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dropsonde.cli.collector.parser import build_parser as collector_parser
from dropsonde.cli.probe.parser import build_parser
from dropsonde.common import errors
from dropsonde.settings import telemetry_yaml
from dropsonde.settings.options import OPTIONS
from dropsonde.settings.resolve import resolve
from dropsonde_puppetserver import confd
from tests.doubles.endpoint import LoopbackEndpoint
from tests.support.program import Program

ROOT = Path(__file__).resolve().parents[2]
PROGRAM, SETTINGS, SERVER = "dropsonde.1", "telemetry.yaml.5", "puppetserver-dropsonde.8"
COLLECTOR = "dropsonde-collector.1"
# The requests of man(7) that the pages use.
REQUESTS = r"\.(TH|SH|SS|TP|PP|SY|YS|RS|RE|EX|EE|B|I|BR|IR|RB|br|nf|fi|nh|nr HY 0|ad l|\\\")( |$)"


def source(page: str) -> str:
    """A page's lines, without escapes for fonts and hyphens."""
    text = (ROOT / "man" / page).read_text(encoding="utf-8")
    return re.sub(r"\\f[BIR]|\\[,/&]", "", text).replace(r"\-", "-").replace(r"\~", " ")


def section(page: str, heading: str) -> str:
    return source(page).split(f"\n.SH {heading}\n")[1].split("\n.SH ")[0]


def blocks(page: str) -> list[str]:
    """What stands in the page to be typed or written into a file."""
    return re.findall(r"^\.EX\n(.*?)^\.EE$", source(page), re.MULTILINE | re.DOTALL)


def examples(page: str) -> list[str]:
    lines = "".join(blocks(page)).splitlines()
    return [line for line in lines if re.match("(puppetserver )?dropsonde [a-z]", line)]


def tags(text: str) -> list[str]:
    """What is described, each with what describes it below."""
    return [line.removeprefix(".BR ") for line in re.findall(r"^\.TP\n(.*)", text, re.MULTILINE)]


def commands(
    parser: argparse.ArgumentParser, *above: str
) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """Every parser below one, by its name."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for word, command in action.choices.items():
                yield " ".join((*above, word)), command
                yield from commands(command, *above, word)


def run(directory: Path, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, directory / "ext/man.py", *arguments],
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_pages_are_what_the_program_says_on_whatever_terminal_and_day() -> None:
    checked = run(ROOT, "--check", COLUMNS="30", LC_ALL="C", SOURCE_DATE_EPOCH="1")
    assert (checked.stderr, checked.returncode) == ("", 0)


def test_a_page_that_is_stale_is_named_and_made_anew(tmp_path: Path) -> None:
    for name in ("ext/man", "man"):
        shutil.copytree(ROOT / name, tmp_path / name)
    for name in ("ext/man.py", "CHANGELOG.md"):
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / "man" / PROGRAM).write_text("old\n")
    stale = run(tmp_path, "--check")
    assert stale.returncode == 1
    assert stale.stderr == f"man/{PROGRAM} is not what the program says: run ext/man.py\n"
    assert (tmp_path / "man" / PROGRAM).read_text() == "old\n"
    assert run(tmp_path).returncode == 0
    assert run(tmp_path, "--check").returncode == 0
    assert (tmp_path / "man" / PROGRAM).read_bytes() == (ROOT / "man" / PROGRAM).read_bytes()


def test_the_day_of_the_newest_release_is_the_pages_day(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "ext/man", tmp_path / "ext/man")
    shutil.copy(ROOT / "ext/man.py", tmp_path / "ext/man.py")
    (tmp_path / "man").mkdir()
    changes = "## [Unreleased]\n\n## [1.1.0] - 2027-02-01\n\n## [1.0.0] - 2027-01-01\n"
    (tmp_path / "CHANGELOG.md").write_text(changes)
    assert run(tmp_path).returncode == 0
    assert '"2027-02-01"' in (tmp_path / "man" / SETTINGS).read_text()


@pytest.mark.parametrize("page", [PROGRAM, SETTINGS, SERVER, COLLECTOR])
def test_no_text_is_taken_for_a_request(page: str) -> None:
    lines = (ROOT / "man" / page).read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if line[:1] in {".", "'"} and not re.match(REQUESTS, line)] == []


def described(option: str, text: str) -> int:
    """How often an option is what is described."""
    return sum(bool(word(option).search(tag)) for tag in tags(text))


def word(option: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w-]){option}(?![\w-])")


def test_an_option_of_every_command_is_described_once() -> None:
    for action in build_parser()._actions:
        for option in action.option_strings:
            assert described(option, section(PROGRAM, "OPTIONS")) == 1, option
            assert described(option, section(PROGRAM, "COMMANDS")) == 0, option


def test_every_command_is_described_with_its_own_options() -> None:
    parser = build_parser()
    shared = {action.dest for action in parser._actions}
    of_some = {option.name for option in OPTIONS if option.commands}
    _, *parts = re.split(r"^\.SS ", section(PROGRAM, "COMMANDS"), flags=re.MULTILINE)
    texts = {text.partition("\n")[0]: text for text in parts}
    # `dev` does nothing alone: its tools are described.
    found = {name: command for name, command in commands(parser) if name != "dev"}
    assert list(texts) == list(found)
    for name, command in found.items():
        usage, _, text = texts[name].partition("\n.YS\n")
        assert command.description in text.splitlines()
        for action in (one for one in command._actions if one.help != argparse.SUPPRESS):
            for option in set(action.option_strings) - {"--help", "-h"}:
                own = action.dest not in shared
                where = section(PROGRAM, "OPTIONS OF SOME COMMANDS")
                assert bool(word(option).search(usage)) is own, (name, option)
                assert described(option, text) == (own and action.dest not in of_some)
                assert described(option, where) == (action.dest in of_some)


def test_the_options_of_integrate_are_described_where_they_matter() -> None:
    integrate = dict(commands(build_parser()))["integrate"]
    shared = {action.dest for action in build_parser()._actions}
    for action in integrate._actions:
        if action.dest not in shared:
            assert described(action.option_strings[-1], section(SERVER, "INTEGRATION")) == 1


def test_every_command_of_the_collector_is_described_with_all_its_options() -> None:
    _, *parts = re.split(r"^\.SS ", section(COLLECTOR, "COMMANDS"), flags=re.MULTILINE)
    texts = {text.partition("\n")[0]: text for text in parts}
    found = dict(commands(collector_parser()))
    assert list(texts) == list(found)
    for name, command in found.items():
        usage, _, text = texts[name].partition("\n.YS\n")
        assert command.description in text.splitlines()
        for action in (one for one in command._actions if one.help != argparse.SUPPRESS):
            for option in action.option_strings:
                shared = action.dest in {"verbose", "help"}
                assert bool(word(option).search(usage)) is not shared, (name, option)
                assert described(option, text) == (not shared), (name, option)
                assert described(option, section(COLLECTOR, "OPTIONS")) == shared, (name, option)


def test_every_exit_code_of_the_collector_is_explained_once() -> None:
    said = re.findall(r"^\.B (\d+)$", section(COLLECTOR, "EXIT STATUS"), re.MULTILINE)
    kinds = [
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, errors.DropsondeError)
    ]
    own = {kind.exit_code for kind in kinds if 20 <= kind.exit_code < 100}
    both = {0, 1, 2, 3, 8, 130, 141, 143}
    assert [int(code) for code in said] == sorted(both | own)


@pytest.mark.parametrize("example", blocks(COLLECTOR))
def test_every_example_of_the_collector_is_a_command_line(example: str) -> None:
    assert collector_parser().parse_args(shlex.split(example)[1:]).command


def test_every_setting_is_a_key_once() -> None:
    text = section(SETTINGS, "KEYS")
    assert re.findall(r"^\.B :(.*):$", text, re.MULTILINE) == [option.name for option in OPTIONS]
    for option in OPTIONS:
        assert f"--{option.name.replace('_', '-')}" in text


def test_every_exit_code_is_explained_once() -> None:
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type)]
    codes = {kind.exit_code for kind in kinds if issubclass(kind, errors.DropsondeError)}
    said = re.findall(r"^\.B (\d+)$", section(PROGRAM, "EXIT STATUS"), re.MULTILINE)
    of_probe = {code for code in codes if not 20 <= code < 100}
    assert [int(code) for code in said] == sorted({0, *of_probe})


@pytest.mark.parametrize("example", [*examples(PROGRAM), *examples(SERVER)])
def test_every_example_is_a_command_line(example: str) -> None:
    words = shlex.split(example.partition(">")[0].removeprefix("puppetserver "))
    assert build_parser().parse_args(words[1:]).command


def test_the_examples_work_one_after_the_other(tmp_path: Path) -> None:
    program = Program(tmp_path)
    program.list_public("puppetlabs-ntp")
    with LoopbackEndpoint() as endpoint:
        for example in examples(PROGRAM):
            done = program.shell(
                f'program=("$@"); dropsonde() {{ "${{program[@]}}" "$@"; }}; {example}'
            )
            assert done.code == 0, (example, done.err)
            if " initconfig " in example:  # before anything could be sent elsewhere
                with (tmp_path / "telemetry.yaml").open("a") as file:
                    file.write(f":endpoint: {endpoint.url}\n:max_wait: 0\n")
    assert endpoint.received
    assert json.loads((tmp_path / "report.json").read_text())["product"]
    assert "</html>" in (tmp_path / "report.html").read_text()
    assert len((tmp_path / "rows.json").read_text().splitlines()) == 1000


def test_the_example_of_telemetry_yaml_is_understood(tmp_path: Path) -> None:
    (example,) = blocks(SETTINGS)
    file = tmp_path / "telemetry.yaml"
    file.write_text(example)
    settings = resolve({}, file, required=True)
    said = {name for name, origin in settings.sources.items() if origin == str(file)}
    assert said == set(telemetry_yaml.read(file))
    assert (settings.update, settings.disable) == (False, ("puppetfiles",))
    assert settings.endpoint == "https://telemetry.example.com"


def test_the_stanza_of_puppetserver_conf_opts_in(tmp_path: Path) -> None:
    (stanza,) = (block for block in blocks(SERVER) if "enabled" in block)
    (tmp_path / "puppetserver.conf").write_text(stanza)
    opt_in = confd.read(tmp_path, {}).opt_in
    assert opt_in.enabled
    assert opt_in.where == str(tmp_path / "puppetserver.conf")
