"""``dropsonde-collector publish``: make the public dataset and pages from releases alone."""

from __future__ import annotations

from argparse import Namespace

from dropsonde.cli.collector.releases import forge_of
from dropsonde.common import console
from dropsonde.publish.forge import UNKNOWN
from dropsonde.publish.root import publish


def run(arguments: Namespace) -> int:
    """Publish, and print the number of files and the newest week."""
    forge = UNKNOWN if arguments.vocabulary is None else forge_of(arguments.vocabulary)
    files, week = publish(arguments.out, arguments.releases, arguments.site_url or "", forge)
    console.write_lines([f"{arguments.out}: {files:,} files, the newest week is {week}"])
    return 0
