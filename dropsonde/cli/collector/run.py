"""Runs one command of ``dropsonde-collector``, with its log."""

from __future__ import annotations

import argparse
import importlib
import logging

from dropsonde.cli.collector.logs import Bounded
from dropsonde.common import console
from dropsonde.common.errors import DropsondeError

_EXTRAS = {"google": "bigquery", "py4j": "spark", "pyspark": "spark"}  # all others: collector


def run(arguments: argparse.Namespace) -> int:
    """Run the command that the arguments name, and return the exit code."""
    try:
        command = importlib.import_module(f"dropsonde.cli.collector.{arguments.command}_command")
        return int(command.run(arguments))
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("dropsonde"):
            raise
        extra = _EXTRAS.get((error.name or "").partition(".")[0], "collector")
        advice = f"run `pip install '.[{extra}]'` in a clone"
        raise DropsondeError(f"{error.name} is missing", advice) from error


def log(*, verbose: bool) -> None:
    """Log to standard error, with a bound."""
    handler = Bounded(console.program)
    levels = {
        "dropsonde": logging.INFO if verbose else logging.WARNING,
        "uvicorn": logging.ERROR,  # it warns of each malformed request
        "asyncio": logging.ERROR,
        "google": logging.CRITICAL,  # the program reports its errors
        "urllib3": logging.CRITICAL,
        "py4j": logging.CRITICAL,
        "": logging.CRITICAL,  # the root, to which py4j logs some deaths of Java
        "sqlglot": logging.CRITICAL,  # the guard refuses what it cannot parse
    }
    for name, level in levels.items():
        logger = logging.getLogger(name)
        logger.handlers[:] = [handler]
        logger.propagate = False
        logger.setLevel(level)
