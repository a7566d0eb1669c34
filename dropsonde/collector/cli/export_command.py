"""``dropsonde-collector export``: all rows in one file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dropsonde.collector.cli.reading import reader_of_rows
from dropsonde.collector.store import Format

if TYPE_CHECKING:
    from argparse import Namespace


def run(arguments: Namespace) -> int:
    """Write the file."""
    reader_of_rows(arguments).export(arguments.file, Format(arguments.format))
    return 0
