"""``dropsonde-collector key``: the public key, to be published beside the dataset."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dropsonde.collector.cli import streams
from dropsonde.collector.cli.reading import reader
from dropsonde.collector.web.keys import Key

if TYPE_CHECKING:
    from argparse import Namespace


def run(arguments: Namespace) -> int:
    """Print it in PEM."""
    reader(arguments)  # refuses a directory that others may enter
    streams.write_lines(Key.load(arguments.data).public.decode().splitlines())
    return 0
