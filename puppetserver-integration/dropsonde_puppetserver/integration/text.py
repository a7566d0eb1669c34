"""The text of the files that ``dropsonde integrate`` installs, and how they are known again.

Each ends with a seal: a comment with the digest of all above it. So a file says by itself whether
it is ours as we wrote it, in whatever version, ours but edited, or somebody else's; nothing has to
be remembered elsewhere, and a package's upgrade that writes its own file over ours shows.
"""

from __future__ import annotations

import enum
import hashlib
import re
from pathlib import Path

from dropsonde.common.errors import FileError, IntegrationError

_SEAL = b"# Written by `dropsonde integrate`, which leaves it alone once it is edited; seal "
# What no part has to quote: it stands in a shell's, systemd's, cron's and Ruby's words.
_UNFIT = re.compile(r"[\x00-\x1f\x7f\"'\\$%`]")


class Origin(enum.Enum):
    """Whose a file is."""

    OURS = enum.auto()
    EDITED = enum.auto()
    FOREIGN = enum.auto()


def sealed(body: bytes) -> bytes:
    """A text with its seal; it ends with a newline."""
    return body + _SEAL + hashlib.sha256(body).hexdigest().encode() + b"\n"


def origin(data: bytes) -> Origin:
    """Whose a file with this content is."""
    body, mark, _ = data.partition(_SEAL)
    if not mark:
        return Origin.FOREIGN
    return Origin.OURS if sealed(body) == data else Origin.EDITED


def render(part: str, python: str, minute: int = 0) -> bytes:
    """The text of a part, without a seal.

    Args:
        part: its name: ``cli/dropsonde``, ``analytics/dropsonde``, ``systemd/dropsonde.service``,
            ``systemd/dropsonde.timer`` or ``cron/dropsonde``.
        python: the interpreter that the part starts; an absolute path.
        minute: when cron starts it, in every hour.

    Raises:
        IntegrationError: the interpreter's path holds a character that would have to be quoted.
        FileError: the part is not there.
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
    """In an installed package the parts are within it, in a checkout beside it."""
    here = Path(__file__).parent.parent
    packaged = here / "parts"
    return packaged if packaged.is_dir() else here.parent
