"""``dropsonde completion``: print a completion script for a shell."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

import shtab

from dropsonde.cli.probe.parser import build_parser

if TYPE_CHECKING:
    from dropsonde.cli.probe.run import Run

FILES = ("config", "filename")
DIRECTORIES = ("cachepath", "plugins")


def run(this: Run) -> int:
    """Print the script."""
    parser = build_parser()
    _complete_paths(parser)
    this.write_lines([shtab.complete(parser, shell=this.arguments.shell)])
    return 0


def _complete_paths(parser: argparse.ArgumentParser) -> None:
    """Tell shtab which options take a path; not the parser, which has to start fast."""
    for action in parser._actions:  # noqa: SLF001  # argparse has no public list of them
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001  # nor a name for it
            for command in action.choices.values():
                _complete_paths(command)
        elif action.dest in FILES:
            action.complete = shtab.FILE  # type: ignore[attr-defined]  # where shtab looks for it
        elif action.dest in DIRECTORIES:
            action.complete = shtab.DIRECTORY  # type: ignore[attr-defined]  # as above
