"""Starting fast, and the help."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from dropsonde import __version__
from dropsonde.cli.probe.parser import build_parser
from dropsonde.settings.options import OPTIONS
from tests.doubles.endpoint import LoopbackEndpoint
from tests.support.ground import GROUND

if TYPE_CHECKING:
    from tests.support.program import Program

# Runs the program, then says which modules it brought in.
LOADED = """
import sys
before = set(sys.modules)
from dropsonde.cli.probe import main
try:
    main()
except SystemExit:
    pass
print(*sorted(set(sys.modules) - before), file=sys.stderr)
"""
# What argparse itself brings in: on Python 3.14, dataclasses.
ARGPARSES = """
import sys
before = set(sys.modules)
import argparse
argparse.ArgumentParser(prog="x").format_help()
print(*sorted(set(sys.modules) - before), file=sys.stderr)
"""
HEAVY = {
    "IPython",
    "dropsonde.site.puppet.lexer",
    "jsonschema",
    "requests",
    "shtab",
    "tqdm",
    "tree_sitter",
    "tree_sitter_ruby",
    "urllib3",
    "yaml",
}
LATER = {"dataclasses", "http.client", "inspect", "json", "logging", "pathlib", "subprocess"}


def commands(parser: argparse.ArgumentParser) -> Iterator[tuple[str, ...]]:
    """Each command's words, the program's own (none) first."""
    yield ()
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, command in action.choices.items():
                yield from ((name, *rest) for rest in commands(command))


COMMANDS = list(commands(build_parser()))


def loaded(program: Program, *arguments: str) -> set[str]:
    return set(program.python(LOADED, *arguments).err.split())


def test_the_commands_are_all_walked() -> None:
    assert ("preview",) in COMMANDS
    assert ("dev", "example") in COMMANDS


@pytest.mark.parametrize("option", ["--version", "--help"])
def test_version_and_help_import_next_to_nothing(program: Program, option: str) -> None:
    names = loaded(program, option)
    # --version is answered before there is a grammar.
    told = {"dropsonde", "dropsonde.cli", "dropsonde.cli.probe"}
    ground = told if option == "--version" else GROUND
    assert {name for name in names if name.startswith("dropsonde")} == ground
    argparses = set(program.python(ARGPARSES).err.split())
    assert not names & (HEAVY | LATER - argparses)


def test_a_scheduled_run_that_is_not_due_imports_nothing_heavy(program: Program) -> None:
    """It may be started every hour."""
    program.list_public("puppetlabs-ntp")
    program.opt_in()
    with LoopbackEndpoint() as endpoint:
        run = ("submit", "--scheduled", "--splay", "0", "--no-update", "--endpoint", endpoint.url)
        assert program.run(*run).code == 0
        names = loaded(program, *run)
    assert len(endpoint.received) == 1
    assert "dropsonde.delivery.schedule" in names
    unused = {"pyhocon", "dropsonde_puppetserver.confd", "dropsonde.metrics", "importlib.metadata"}
    assert not names & (HEAVY | unused)


def test_history_of_what_was_sent_checks_no_report(program: Program) -> None:
    program.list_public("puppetlabs-ntp")
    assert not loaded(program, "history") & HEAVY


@pytest.mark.parametrize("words", [("list",), ("dev", "schema")])
def test_commands_without_a_site_import_nothing_heavy(
    program: Program, words: tuple[str, ...]
) -> None:
    names = loaded(program, *words)
    assert "dropsonde.metrics.modules" in names
    unused = {"importlib.metadata", "pkgutil", "tempfile", "uuid", "dropsonde.common.privileges"}
    assert not names & (HEAVY | unused)


def test_version(program: Program) -> None:
    result = program.run("--version")
    assert (result.code, result.out, result.err) == (0, f"dropsonde {__version__}\n", "")


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_help_names_every_option_and_fits(program: Program, words: tuple[str, ...]) -> None:
    result = program.run(*words, "--help", environ={"COLUMNS": "100"})
    assert (result.code, result.err) == (0, "")
    assert max(map(len, result.out.splitlines())) <= 100
    for option in OPTIONS:
        shown = f"--{option.name.replace('_', '-')}" in result.out
        assert shown == (not option.commands or (words[:1] or ("",))[0] in option.commands)
