"""The shell around every command of both programs: each error is one line with its exit code."""

from __future__ import annotations

import argparse
import importlib
import signal
import sys
from typing import TYPE_CHECKING, NoReturn

from dropsonde.common import console
from dropsonde.common.errors import (
    ClosedPipeError,
    DropsondeError,
    InterruptedRunError,
    TerminatedRunError,
)

if TYPE_CHECKING:
    from _typeshed import SupportsWrite


class Parser(argparse.ArgumentParser):
    """Reports a wrong command line in one line."""

    def error(self, message: str) -> NoReturn:
        """End with the exit code of a wrong command line."""
        line = " ".join(message.split())
        self.exit(2, f"{console.program}: {line}; see {self.prog} --help\n")

    def _print_message(self, message: str, file: SupportsWrite[str] | None = None) -> None:
        """Print as argparse does, but a help text that cannot be written is an error."""
        if file is sys.stdout:
            console.write([message.encode()])
        else:
            super()._print_message(message, file)


def main(name: str, package: str, words: list[str]) -> int:
    """Run one command of a program.

    Args:
        name: the program's.
        package: the one with its ``parser.build_parser``, ``run.run`` and ``run.log``, which are
            imported when they are needed.
        words: the arguments.

    Returns:
        the exit code.
    """
    console.program = name
    try:
        console.check()
        parser = importlib.import_module(f"{package}.parser").build_parser(words)
        return _run(package, parser.parse_args(words))
    except ClosedPipeError as error:
        return error.exit_code
    except DropsondeError as error:
        _say(str(error))
        return error.exit_code
    except KeyboardInterrupt:
        console.discard_output()  # its reader may also be gone
        if sys.stderr.isatty():
            print(file=sys.stderr)  # the terminal shows ^C on the line
        console.say("interrupted")
        return InterruptedRunError.exit_code
    except Exception as error:  # noqa: BLE001  # an internal error is also one line
        _say(f"unexpected {type(error).__name__}: please report it; -v shows where")
        return DropsondeError.exit_code


def _run(package: str, arguments: argparse.Namespace) -> int:
    program = importlib.import_module(f"{package}.run")
    # As with Ctrl-C, half-written files are removed before the process ends.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(TerminatedRunError.exit_code))
    program.log(verbose=bool(getattr(arguments, "verbose", False)))
    return int(program.run(arguments))


def _say(line: str) -> None:
    """Print the error, and after -v where it happened."""
    import logging
    import traceback

    if logging.getLogger("dropsonde").isEnabledFor(logging.INFO):
        traceback.print_exc()
    console.say(line)
