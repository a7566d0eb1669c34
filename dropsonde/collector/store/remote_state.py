"""A data directory's note of the remote store that its finished weeks go to.

A site that asks for deletion must also be deleted there, so a directory must not be used without
that store, or with another one, by mistake.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from dropsonde.common.errors import DataDirectoryError
from dropsonde.common.files import read_bounded, write_atomically

NAME = "remote.json"


@dataclass(frozen=True)
class Note:
    """The content of the file.

    Args:
        store: the store's URL.
        operation: names the operation in progress there, perhaps a killed collector's.
    """

    store: str
    operation: str | None = None

    def write(self, root: Path) -> None:
        """Write the note to a data directory; it is on disk when this returns."""
        write_atomically(root / NAME, json.dumps(asdict(self)).encode() + b"\n")


def read(root: Path) -> Note | None:
    """The note of a data directory; None if its weeks go to its own files.

    Raises:
        DataDirectoryError: the file is malformed.
    """
    path = root / NAME
    if not path.exists():
        return None
    try:
        return Note(**json.loads(read_bounded(path) or b""))
    except (ValueError, TypeError) as error:
        raise DataDirectoryError(
            f"{path} cannot be read as JSON of this program", "restore it from a backup"
        ) from error


def settle(root: Path, url: str | None) -> None:
    """Check that a directory is used with the store in its note, or write a first note.

    Raises:
        DataDirectoryError: the note names another store.
    """
    known = read(root)
    if known is None:
        if url is not None:
            Note(url).write(root)
    elif known.store != url:
        raise DataDirectoryError(
            f"the finished weeks of {root} are in {known.store}",
            f"give --store {known.store}; to leave them there for good, remove {root / NAME}",
        )
