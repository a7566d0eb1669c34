"""Runs one command: logging, and every error in one line with its exit code."""

from __future__ import annotations

import importlib
import logging
import signal
import sys
import traceback
from typing import TYPE_CHECKING

from dropsonde.collector.cli import streams
from dropsonde.collector.cli.logs import Bounded
from dropsonde.errors import ClosedPipeError, DropsondeError, TerminatedRunError

if TYPE_CHECKING:
    import argparse

_EXTRAS = {"google": "bigquery", "py4j": "spark", "pyspark": "spark"}  # all others: collector


def run(arguments: argparse.Namespace) -> int:
    """Run the command that the arguments name, and return the exit code."""
    # As with Ctrl-C, half-written files are taken away before the process ends.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(TerminatedRunError.exit_code))
    _log_to_stderr(verbose=arguments.verbose)
    try:
        command = importlib.import_module(f"dropsonde.collector.cli.{arguments.command}_command")
        return int(command.run(arguments))
    except ClosedPipeError as error:
        return error.exit_code
    except DropsondeError as error:
        _say(str(error), verbose=arguments.verbose)
        return error.exit_code
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("dropsonde"):
            raise
        extra = _EXTRAS.get((error.name or "").partition(".")[0], "collector")
        streams.say(f"{error.name} is missing: run `pip install '.[{extra}]'` in a clone")
        return DropsondeError.exit_code
    except Exception as error:  # noqa: BLE001  # a fault of ours is one line too
        kind = type(error).__name__
        _say(f"unexpected {kind}: please report it; -v shows where", verbose=arguments.verbose)
        return DropsondeError.exit_code


def _say(line: str, *, verbose: bool) -> None:
    if verbose:
        traceback.print_exc()
    streams.say(line)


def _log_to_stderr(*, verbose: bool) -> None:
    handler = Bounded()
    levels = {
        "dropsonde": logging.INFO if verbose else logging.WARNING,
        "uvicorn": logging.ERROR,  # it warns of each odd request
        "asyncio": logging.ERROR,
        "google": logging.CRITICAL,  # its errors are ours to tell
        "urllib3": logging.CRITICAL,
        "py4j": logging.CRITICAL,
        "sqlglot": logging.CRITICAL,  # what it cannot read, the guard refuses
    }
    for name, level in levels.items():
        logger = logging.getLogger(name)
        logger.handlers[:] = [handler]
        logger.propagate = False
        logger.setLevel(level)
