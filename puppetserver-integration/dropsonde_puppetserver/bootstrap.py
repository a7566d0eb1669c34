"""Read Puppet Server's bootstrap files, which list the services that it starts.

Trapperkeeper reads the paths of ``--bootstrap-config``: files, or directories with ``*.cfg`` files;
in them one service a line, and comments after ``#`` or ``;``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from dropsonde.common.files import read_bounded
from dropsonde_puppetserver.gate.folder import MOST

_COMMENT = re.compile("[#;]")
_LINE_END = re.compile(r"\r\n|\r|\n")  # as Java counts lines


def services_in(text: str) -> Iterator[str]:
    """Yield the services that a file lists."""
    for line in _LINE_END.split(text):
        if service := _COMMENT.split(line, maxsplit=1)[0].strip():
            yield service


def services_of(path: Path) -> Iterator[tuple[Path, str]]:
    """Yield the readable files of a path, each with every service that it lists."""
    for file in _files(path):
        text = (read_bounded(file) or b"").decode(errors="replace")
        yield from ((file, service) for service in services_in(text))


def _counts(name: str) -> bool:
    """Whether a file of a directory counts: as for conf.d, hidden ones do not."""
    return name.endswith(".cfg") and not name.startswith(".")


def _files(path: Path) -> list[Path]:
    """List the files of a path; none where the directory cannot be read or has too many."""
    try:
        if not path.is_dir():
            return [path]
        found = sorted(file for file in path.iterdir() if _counts(file.name))
    except OSError:
        return []
    return found if len(found) <= MOST else []
