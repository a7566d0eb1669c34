"""``dropsonde-collector forget``: delete a site by its id, without a proof."""

from __future__ import annotations

import re
import sys
from argparse import Namespace

from dropsonde.cli.collector.sources import opened, reader, remote
from dropsonde.common import console
from dropsonde.common.clock import utc_now
from dropsonde.common.errors import CollectorBusyError, UsageError

_SITE_ID = re.compile(r"[0-9a-f]{128}\s*")
_MOST_LETTERS = 1 << 10


def run(arguments: Namespace) -> int:
    """Read the id, and remove the site everywhere; an unknown site gives the same output."""
    reader(arguments)  # refuses a missing data directory, which opening a store would make
    site_id = _read()
    try:
        with opened(arguments, utc_now, remote(arguments)) as store:
            store.delete(site_id)
    except CollectorBusyError as error:
        raise CollectorBusyError(
            error.what, "stop it, run this, and start it again: reports wait at their sites"
        ) from error
    console.write_lines(["nothing is kept of that site"])
    return 0


def _read() -> bytes:
    """Read the id from standard input: a command line is visible in the list of processes.

    Raises:
        UsageError: it is not a site id.
    """
    if sys.stdin.isatty():
        console.say("type the id of the site, 128 hexadecimal digits in lower case")
    text = sys.stdin.buffer.readline(_MOST_LETTERS).decode("ascii", "replace")
    if _SITE_ID.fullmatch(text) is None:
        raise UsageError(
            "standard input holds no site id", "write its 128 hexadecimal digits there, in one line"
        )
    return bytes.fromhex(text)
