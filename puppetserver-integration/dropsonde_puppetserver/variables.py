"""Read Puppet Server's own variables, in one way for everything that starts dropsonde.

They are in a file that ``puppetserver`` sources in a shell, and that systemd reads for the server's
unit by rules of its own. Nothing in it is executed here. A value counts only if it is written so
that both read the same; any other is unknown, also where the process that starts dropsonde has one:
a shell may have executed what systemd did not.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from dropsonde.common.files import read_file

_FILES = ("etc/default/puppetserver", "etc/sysconfig/puppetserver")
_ASSIGNMENT = re.compile(r"[ \t]*(?:export[ \t]+)?([A-Za-z_]\w*)=(.*)", re.ASCII)
# Of a bare value, or one in quotes: no character that a shell or systemd treats specially there.
_PLAIN = re.compile(r"""(?:[\w%+,./:=@^-]*|'[^'\\]*'|"[^"\\$`]*")[ \t]*""", re.ASCII)
_BLANK = re.compile(r"[ \t]*(?:#.*)?")
_NAME = re.compile(r"([A-Za-z_]\w*)\+?=", re.ASCII)


class Variables(NamedTuple):
    """The variables of Puppet Server's file.

    Attributes:
        assigned: those that a shell would set without executing anything.
        doubtful: the names whose values depend on who reads the file.
        unread: the files that exist and cannot be read, each with the reason.
    """

    assigned: Mapping[str, str]
    doubtful: frozenset[str]
    unread: Mapping[str, str]

    @property
    def known(self) -> dict[str, str]:
        """Those that a shell and systemd read alike."""
        return {name: text for name, text in self.assigned.items() if name not in self.doubtful}

    def over(self, environ: Mapping[str, str]) -> dict[str, str]:
        """The server's environment: its own variables, and others of this process."""
        others = {name: text for name, text in environ.items() if name not in self.doubtful}
        return {**others, **self.known}


def variables(root: Path = Path("/")) -> Variables:
    """Read the files of variables below a system's root; one that cannot be read sets none."""
    assigned: dict[str, str] = {}
    doubtful: set[str] = set()
    unread: dict[str, str] = {}
    for file in _FILES:
        try:
            data = read_file(root / file)
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            unread[str(root / file)] = error.strerror or str(error)
            continue
        lines = data.decode(errors="surrogateescape").split("\n")
        assigned.update(_assigned(lines))
        doubtful.update(_doubtful(lines))
    return Variables(assigned, frozenset(doubtful), unread)


def _assigned(lines: list[str]) -> Iterator[tuple[str, str]]:
    """Yield the assignments of a shell that need no substitution."""
    for line in lines:
        if found := _ASSIGNMENT.fullmatch(line):
            name, value = found.groups()
            words = _words(value)
            if words is not None and len(words) <= 1 and not re.search("[$`]", value):
                yield name, words[0] if words else ""


def _doubtful(lines: list[str]) -> Iterator[str]:
    """Yield the names that a shell and systemd may read differently.

    Where a line is no complete assignment, a later one may be inside of quotes or of a condition.
    """
    lost = False
    for line in lines:
        found = _ASSIGNMENT.fullmatch(line)
        whole = found is not None and _words(found[2]) is not None
        lost = lost or line.endswith("\\") or not (whole or _BLANK.fullmatch(line))
        if lost:
            yield from _NAME.findall(line)
        elif found is not None and not _PLAIN.fullmatch(found[2]):
            yield found[1]


def _words(value: str) -> list[str] | None:
    """Split a value as a shell does; None where a quote is not closed."""
    try:
        return shlex.split(value, comments=True)
    except ValueError:
        return None
