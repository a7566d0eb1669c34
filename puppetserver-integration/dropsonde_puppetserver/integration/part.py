"""Define one path that ``dropsonde integrate`` writes to."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from pathlib import Path


class Kind(enum.Enum):
    """The type of a part."""

    FILE = enum.auto()
    LINK = enum.auto()
    DIRECTORY = enum.auto()


@dataclass(frozen=True)
class Part:
    """One path on the host.

    Attributes:
        path: the path.
        use: its purpose, in a few words; "" for a directory that only holds other parts.
        want: a file's content, a link's target, b"" for a directory; None where no part of
            dropsonde is wanted.
        kind: its type.
        mode: a file's or a directory's permissions.
        original: the backup path of the file that Puppet Server's package has here; None where it
            has none.
        restore: whether that package is installed, so that its file is restored.
        gem: whether that package still brings the gem. Without it, a path where nothing is left
            is one that a package has given up, and its backup is out of date.
        is_state: whether the owner of the parent directory makes it, and not root.
        schedules: whether it runs dropsonde on a schedule.
    """

    path: Path
    use: str = ""
    want: bytes | None = None
    kind: Kind = Kind.FILE
    mode: int = 0o644
    original: Path | None = None
    restore: bool = False
    gem: bool = False
    is_state: bool = False
    schedules: bool = False
