"""``dropsonde completion``: a completion script for a shell."""

from __future__ import annotations

from typing import TYPE_CHECKING

import shtab

from dropsonde.cli.parser import build_parser

if TYPE_CHECKING:
    from dropsonde.cli.run import Run


def run(this: Run) -> int:
    """Print the script."""
    this.write_lines([shtab.complete(build_parser(), shell=this.arguments.shell)])
    return 0
