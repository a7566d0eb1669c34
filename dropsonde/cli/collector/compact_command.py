"""``dropsonde-collector compact``: do now what a running collector does on its own schedule."""

from __future__ import annotations

from argparse import Namespace

from dropsonde.cli.collector.sources import opened, reader, remote
from dropsonde.common import console
from dropsonde.common.clock import utc_now


def run(arguments: Namespace) -> int:
    """Move finished weeks, drop old ones, and print which."""
    reader(arguments)  # refuses a missing data directory, which opening a store would make
    with opened(arguments, utc_now, remote(arguments)) as store:
        now = utc_now()
        dropped = store.retain(arguments.retain, now)
        moved = store.compact(now)
    console.write_lines(
        [
            *(f"dropped {week}" for week in dropped),
            *(f"moved {week} into {arguments.store or 'the dataset'}" for week in moved),
        ]
        or ["nothing to do"]
    )
    return 0
