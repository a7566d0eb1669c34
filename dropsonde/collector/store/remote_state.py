"""What a data directory remembers of the store elsewhere that its finished weeks go to.

A site that asks for deletion must be deleted there as well, so a directory is never used without
that store, or with another one, by oversight.
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
    """The file.

    Args:
        store: the store's URL.
        operation: names what is under way there, or was when a collector was killed.
    """

    store: str
    operation: str | None = None

    def write(self, root: Path) -> None:
        """Keep it in a data directory; it is on disk when this returns."""
        write_atomically(root / NAME, json.dumps(asdict(self)).encode() + b"\n")


def read(root: Path) -> Note | None:
    """What a data directory remembers; None when its weeks go to its own files.

    Raises:
        DataDirectoryError: the file is not what this program wrote.
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
    """See to it that a directory is used with the store that it remembers, or remember one.

    Raises:
        DataDirectoryError: it remembers another.
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
