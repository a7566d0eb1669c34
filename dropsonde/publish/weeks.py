"""Each week of the dataset: written once, and linked from the version before from then on.

A week's directory follows from three things: its release's file, whether its cells are there, and
the code that writes it. Their digest is the week's source. :data:`RECORD`, which is public like all
that it tells, has each week's source, the digests of its files, and its release without rows, so
that the release's file is hashed, but not parsed again. A week is linked if its source is the same
and each file is still what it was; else it is written. So a record that is missing, damaged or of
another program costs time, and nothing else. A file system without hard links gets copies.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from dropsonde.aggregation.cells import SUFFIX
from dropsonde.aggregation.public import cells_of
from dropsonde.aggregation.release import load, parsed, paths_of
from dropsonde.common.errors import FileError
from dropsonde.publish.program import writers

if TYPE_CHECKING:
    from dropsonde.aggregation.release import Release
    from dropsonde.publish.digests import Digests

RECORD = "data/releases.json"


@dataclass(frozen=True)
class Source:
    """What a week's directory is made from.

    Attributes:
        week: whose.
        path: of the release.
        cells: their file; None if it is not there.
        digest: of all of it.
    """

    week: str
    path: Path
    cells: Path | None
    digest: str

    def load(self) -> Release:
        """Read the release.

        Raises:
            FileError: it, or its cells, are damaged.
        """
        try:
            release = load(self.path)
        except ValueError as error:
            raise FileError(str(error), "restore it from a backup") from error
        if release.week != self.week:
            raise FileError(f"{self.path} is the release of {release.week}", "rename it")
        if self.cells is not None:
            cells_of(release, self.cells.parent)
        return release


class Written(NamedTuple):
    """A week of a version.

    Attributes:
        source: its digest.
        files: name to digest.
        release: without rows.
    """

    source: str
    files: Mapping[str, str]
    release: Release


def sources(released: Path, digests: Digests) -> list[Source]:
    """What there is to publish, oldest first.

    Raises:
        OSError: a file cannot be read.
    """
    found = []
    for path in paths_of(released):
        beside = path.with_name(f"{path.stem}{SUFFIX}")
        cells = beside if beside.exists() else None
        parts = (writers(), digests[path], "" if cells is None else digests[cells])
        found.append(Source(path.stem, path, cells, _digest("\n".join(parts))))
    return found


def read(version: Path | None) -> Mapping[str, Written]:
    """The weeks of a version; none if its record is missing or damaged."""
    try:
        record = json.loads(b"" if version is None else (version / RECORD).read_bytes())
        if record["digest"] != _digest(_text(record["weeks"])):
            return {}
        return {
            week: Written(each["source"], each["files"], parsed(each["release"]))
            for week, each in record["weeks"].items()
        }
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return {}


def write(version: Path, weeks: Sequence[Written]) -> None:
    """Write the record of a version."""
    found = {
        each.release.week: {**each._asdict(), "release": each.release.document()} for each in weeks
    }
    record = {"digest": _digest(_text(found)), "weeks": found}
    (version / RECORD).write_text(f"{_text(record)}\n", encoding="utf-8")


def link(before: Path, made: Path, files: Mapping[str, str], digests: Digests) -> bool:
    """Link a week's files from the version before; copy them where links cannot be.

    Args:
        before: the week's directory there.
        made: the new one, which does not exist.
        files: name to digest.
        digests: gets those of the new files.

    Returns:
        whether each is what it was; if one is not, there is no new directory.
    """
    made.mkdir(parents=True)
    for name, digest in files.items():
        if not _held(before / name, made / name) or digests[made / name] != digest:
            shutil.rmtree(made)
            digests.clear()  # the week's files are written again
            return False
    return True


def _held(old: Path, new: Path) -> bool:
    if old.is_symlink() or not old.is_file():
        return False
    try:
        os.link(old, new)
    except OSError:
        shutil.copyfile(old, new)
    return True


def _text(document: Any) -> str:
    return json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
