"""``dropsonde-collector backup``: a copy on which a collector can start."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dropsonde.aggregation.releasing import KEY, LEDGER
from dropsonde.collector.cli.reading import reader
from dropsonde.collector.store import clock, note
from dropsonde.collector.web.keys import NAME
from dropsonde.files import read_bounded, write_atomically

if TYPE_CHECKING:
    from argparse import Namespace


def run(arguments: Namespace) -> int:
    """Make the copy; with the keys, so that what it signed stays its own, and what was spent."""
    reader(arguments).backup(arguments.target)
    for name in (NAME, note.NAME, clock.NAME, "forge.json", KEY, LEDGER):
        data = read_bounded(arguments.data / name)
        if data is not None:
            write_atomically(arguments.target / name, data)
    return 0
