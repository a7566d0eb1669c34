"""The command line. Nothing heavy is imported before a command is known."""

from __future__ import annotations

import sys

from dropsonde.cli import streams
from dropsonde.cli.parser import build_parser
from dropsonde.errors import ClosedPipeError, DropsondeError, InterruptedRunError


def main(argv: list[str] | None = None) -> int:
    """Run one command.

    Args:
        argv: the arguments; those of the process by default.

    Returns:
        the exit code.
    """
    try:
        streams.check()
        arguments = build_parser().parse_args(argv)
        from dropsonde.cli.run import run

        return run(arguments)
    except ClosedPipeError as error:
        return error.exit_code
    except DropsondeError as error:  # of the streams or of --help: no command has run
        streams.say(str(error))
        return error.exit_code
    except KeyboardInterrupt:
        streams.discard_output()  # its reader may be gone, too
        if sys.stderr.isatty():
            print(file=sys.stderr)  # the terminal shows ^C on the line
        streams.say("interrupted")
        return InterruptedRunError.exit_code
