"""``dropsonde-collector backup``: make a copy on which a collector can start."""

from __future__ import annotations

from argparse import Namespace

from dropsonde.aggregation.releasing import KEY, LEDGER
from dropsonde.cli.collector.sources import reader
from dropsonde.collector.store import clock_watch, remote_state
from dropsonde.collector.web.signing_key import NAME
from dropsonde.common.files import read_bounded, write_atomically


def run(arguments: Namespace) -> int:
    """Copy the dataset, the ledger, and the keys, so that earlier receipts stay valid."""
    reader(arguments).backup(arguments.target)
    for name in (NAME, remote_state.NAME, clock_watch.NAME, "forge.json", KEY, LEDGER):
        data = read_bounded(arguments.data / name)
        if data is not None:
            write_atomically(arguments.target / name, data)
    return 0
