"""``dropsonde-collector publish``: make the public dataset and pages from releases alone."""

from __future__ import annotations

from argparse import Namespace

from dropsonde.collector import vocabulary_file
from dropsonde.common import console
from dropsonde.publish.root import publish


def run(arguments: Namespace) -> int:
    """Publish, and print the number of files and the newest week."""
    forge = None
    if arguments.vocabulary is not None:
        published = vocabulary_file.read(arguments.vocabulary, None, required=True)
        forge = published.modules if published else None
    files, week = publish(arguments.out, arguments.releases, arguments.site_url or "", forge)
    console.write_lines([f"{arguments.out}: {files:,} files, the newest week is {week}"])
    return 0
