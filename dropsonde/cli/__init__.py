"""The command line. Nothing heavy is imported before a command is known."""

from __future__ import annotations

import sys

from dropsonde.cli.parser import build_parser


def main(argv: list[str] | None = None) -> int:
    """Run one command.

    Args:
        argv: the arguments; those of the process by default.

    Returns:
        the exit code.
    """
    try:
        arguments = build_parser().parse_args(argv)
        from dropsonde.cli.run import run

        return run(arguments)
    except KeyboardInterrupt:
        from dropsonde.errors import InterruptedRunError

        print("\ndropsonde: interrupted", file=sys.stderr)
        return InterruptedRunError.exit_code
