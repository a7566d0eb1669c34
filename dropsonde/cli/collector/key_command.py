"""``dropsonde-collector key``: print the public key, to publish it with the dataset."""

from __future__ import annotations

from argparse import Namespace

from dropsonde.cli.collector.sources import reader
from dropsonde.collector.web.signing_key import Key
from dropsonde.common import console


def run(arguments: Namespace) -> int:
    """Print it in PEM."""
    reader(arguments)  # refuses a directory that others may enter
    console.write_lines(Key.load(arguments.data).public.decode().splitlines())
    return 0
