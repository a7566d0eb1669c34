"""The command line. Nothing heavy is imported before a command is known."""

from __future__ import annotations

import sys

from dropsonde import __version__


def main(argv: list[str] | None = None) -> int:
    """Run one command.

    Args:
        argv: the arguments; those of the process by default.

    Returns:
        the exit code.
    """
    words = sys.argv[1:] if argv is None else argv
    return 0 if words == ["--version"] and _told_version() else _run(words)


def _told_version() -> bool:
    """Answer what scripts ask most often, at once; where that fails, the usual way says why."""
    try:
        print(f"dropsonde {__version__}", flush=True)
    except OSError:
        return False
    return sys.stdout is not None


def _run(words: list[str]) -> int:
    from dropsonde import streams
    from dropsonde.errors import ClosedPipeError, DropsondeError, InterruptedRunError

    try:
        streams.check()
        from dropsonde.cli.parser import build_parser

        arguments = build_parser(words).parse_args(words)
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
