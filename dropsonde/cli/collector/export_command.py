"""``dropsonde-collector export``: all rows in one file."""

from __future__ import annotations

from argparse import Namespace

from dropsonde.cli.collector.sources import reader_of_rows
from dropsonde.collector.store import Format


def run(arguments: Namespace) -> int:
    """Write the file."""
    reader_of_rows(arguments).export(arguments.file, Format(arguments.format))
    return 0
