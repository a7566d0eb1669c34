"""``dropsonde-collector``. Nothing heavy is imported before a command is known."""

from __future__ import annotations

import sys


def main(argv: list[str] | None = None) -> int:
    """Run one command.

    Args:
        argv: the arguments; those of the process by default.

    Returns:
        the exit code.
    """
    from dropsonde.cli import program

    return program.main("dropsonde-collector", __name__, sys.argv[1:] if argv is None else argv)
