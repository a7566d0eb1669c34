"""``dropsonde-collector publish``: make the public dataset and pages from releases alone."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from dropsonde.aggregation.release import history
from dropsonde.common import console
from dropsonde.common.errors import FileError
from dropsonde.publish.root import publish


def run(arguments: Namespace) -> int:
    """Publish, and print the number of files and the newest week."""
    files, week = published(arguments.releases, arguments.out)
    console.write_lines([f"{arguments.out}: {files:,} files, the newest week is {week}"])
    return 0


def published(releases: Path, root: Path) -> tuple[int, str]:
    """Publish a directory of releases.

    Returns:
        how many files there are, and the newest week.

    Raises:
        FileError: there is no release, or a damaged one.
        PublicRootError: the files cannot be written.
    """
    try:
        found = history(releases)
    except ValueError as error:
        raise FileError(str(error), "restore it from a backup") from error
    if not found:
        raise FileError(f"{releases}: no release is there", "make one with aggregate")
    return publish(root, found, releases), found[-1].week
