"""``dropsonde-collector backup``: make a copy on which a collector can start."""

from __future__ import annotations

from argparse import Namespace

from dropsonde.aggregation.releasing import LEDGER
from dropsonde.cli.collector.sources import reader
from dropsonde.collector import vocabulary_file
from dropsonde.collector.store import clock_watch, remote_state
from dropsonde.collector.web import signing_key
from dropsonde.common.files import read_bounded, write_atomically
from dropsonde.protocol.vocabulary import MAX_BYTES
from dropsonde.site.vocabulary import deprecated

_NAMES = (
    *(signing_key.NAME, remote_state.NAME, clock_watch.NAME, "forge.json", vocabulary_file.NAME),
    deprecated.NAME,
    LEDGER,
)


def run(arguments: Namespace) -> int:
    """Copy the dataset, the ledger, the lists, and the keys, so that receipts stay valid."""
    reader(arguments).backup(arguments.target)
    for name in _NAMES:
        data = read_bounded(arguments.data / name, MAX_BYTES)
        if data is not None:
            write_atomically(arguments.target / name, data)
    return 0
