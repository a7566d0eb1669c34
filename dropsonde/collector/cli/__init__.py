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
    from dropsonde.collector.cli import streams
    from dropsonde.errors import ClosedPipeError, DropsondeError, InterruptedRunError

    try:
        streams.check()
        from dropsonde.collector.cli.parser import build_parser

        arguments = build_parser().parse_args(sys.argv[1:] if argv is None else argv)
        from dropsonde.collector.cli.run import run

        return run(arguments)
    except ClosedPipeError as error:
        return error.exit_code
    except DropsondeError as error:  # of the streams or of --help: no command has run
        streams.say(str(error))
        return error.exit_code
    except KeyboardInterrupt:
        streams.discard_output()  # its reader may be gone, too
        streams.say("interrupted")
        return InterruptedRunError.exit_code
