"""One place that ``dropsonde integrate`` writes to."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from pathlib import Path


class Kind(enum.Enum):
    """What a part is."""

    FILE = enum.auto()
    LINK = enum.auto()
    DIRECTORY = enum.auto()


@dataclass(frozen=True)
class Part:
    """One place on the host.

    Attributes:
        path: the place.
        use: what it is for, in a few words; "" for what only holds other parts.
        want: a file's content, a link's target, b"" for a directory; None where nothing of ours is
            to be.
        kind: what it is.
        mode: a file's or a directory's permissions.
        original: where the file that Puppet Server's package has at this place is kept; None where
            it has none there.
        restore: whether that package is installed, so that its file is put back.
        is_state: it is made by the owner of the directory above, not by root.
        schedules: whether it makes dropsonde run by itself.
    """

    path: Path
    use: str = ""
    want: bytes | None = None
    kind: Kind = Kind.FILE
    mode: int = 0o644
    original: Path | None = None
    restore: bool = False
    is_state: bool = False
    schedules: bool = False
