"""Render the files that ``dropsonde integrate`` installs, and recognize them later.

Each ends with a seal: a comment with the digest of the text above it. So the file itself shows
whether it is dropsonde's in any version, dropsonde's but edited, or another program's; there is no
record elsewhere, and it shows when a package's upgrade has overwritten the file.
"""

from __future__ import annotations

import enum
import hashlib
import re
from pathlib import Path

from dropsonde.common.errors import FileError, IntegrationError

_SEAL = b"# Written by `dropsonde integrate`, which leaves it alone once it is edited; seal "
# Characters that would need quoting in a shell's, systemd's, cron's or Ruby's syntax.
_UNFIT = re.compile(r"[\x00-\x1f\x7f\"'\\$%`]")


class Origin(enum.Enum):
    """The origin of a file."""

    OURS = enum.auto()
    EDITED = enum.auto()
    FOREIGN = enum.auto()


def sealed(body: bytes) -> bytes:
    """Append the seal to a text, which ends with a newline."""
    return body + _SEAL + hashlib.sha256(body).hexdigest().encode() + b"\n"


def origin(data: bytes) -> Origin:
    """The origin of a file with this content."""
    body, mark, _ = data.partition(_SEAL)
    if not mark:
        return Origin.FOREIGN
    return Origin.OURS if sealed(body) == data else Origin.EDITED


def render(part: str, python: str, minute: int = 0) -> bytes:
    """Render the text of a part, without a seal.

    Args:
        part: its name: ``cli/dropsonde``, ``analytics/dropsonde``, ``systemd/dropsonde.service``,
            ``systemd/dropsonde.timer`` or ``cron/dropsonde``.
        python: the interpreter that the part starts; an absolute path.
        minute: the minute of every hour at which cron starts it.

    Raises:
        IntegrationError: the interpreter's path holds a character that would have to be quoted.
        FileError: the part is missing.
    """
    if _UNFIT.search(python):
        raise IntegrationError(
            "the path of dropsonde's Python holds a quote, a dollar, a percent sign or the like",
            "install dropsonde into another directory",
        )
    try:
        text = (_directory() / part).read_text(encoding="utf-8")
    except OSError as error:
        raise FileError(f"{part}: {error.strerror}", "install dropsonde again") from error
    text = text.replace("@MINUTE@", str(minute)).replace("@PYTHON@", python)
    return text.encode(errors="surrogateescape")


def _directory() -> Path:
    """The parts' directory: in an installed package inside it, in a checkout next to it."""
    here = Path(__file__).parent.parent
    packaged = here / "parts"
    return packaged if packaged.is_dir() else here.parent
