"""``dropsonde-collector compact``: what a running collector does on its own schedule."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dropsonde.collector.cli import streams
from dropsonde.collector.cli.reading import opened, reader, remote
from dropsonde.collector.cli.serve_command import utc_now

if TYPE_CHECKING:
    from argparse import Namespace


def run(arguments: Namespace) -> int:
    """Move finished weeks, drop old ones, and say which."""
    reader(arguments)  # refuses a directory that is none: opening a store would make it
    with opened(arguments, utc_now, remote(arguments)) as store:
        now = utc_now()
        dropped = store.retain(arguments.retain, now)
        moved = store.compact(now)
    streams.write_lines(
        [
            *(f"dropped {week}" for week in dropped),
            *(f"moved {week} into {arguments.store or 'the dataset'}" for week in moved),
        ]
        or ["nothing to do"]
    )
    return 0
