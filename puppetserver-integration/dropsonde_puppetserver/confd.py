"""Read the opt-in and Puppet's directories from Puppet Server's configuration.

Only a plain opt-in counts: not ``yes``, nor a duplicate setting, nor one that depends on an include
or a substitution, nor anything in a conf.d that Puppet Server itself would refuse.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from dropsonde.settings.options import WEEK
from dropsonde_puppetserver.directories import directories
from dropsonde_puppetserver.gate.folder import read_folder
from dropsonde_puppetserver.gate.outline import STANZA
from dropsonde_puppetserver.gate.verdict import (
    ENABLED,
    below,
    clashes,
    doubt,
    doubt_of_second,
    is_false,
    shown,
)

if TYPE_CHECKING:
    from dropsonde_puppetserver.gate.verdict import Files

LONGEST = 52 * WEEK  # seconds: what `submit --interval` takes
_WHOLE = re.compile(r"[0-9]{1,9}")
_HOW = "to take part, put `dropsonde: { enabled: true }` into a .conf file of its own there"
_ALONE = f"{_HOW}, and take it out everywhere else"


@dataclass(frozen=True)
class OptIn:
    """Whether reports may be sent.

    Attributes:
        enabled: whether conf.d holds a plain yes, to the gate and to the second parser.
        where: the file that decides, or the directory.
        why: one line; for off, also how to opt in. Never a value.
        problem: whether conf.d cannot be parsed, or holds neither a plain yes nor a plain no.
        unconfirmed: whether only the second parser's yes is missing, as it was not asked.
    """

    enabled: bool
    where: str
    why: str
    problem: bool
    unconfirmed: bool = False


@dataclass(frozen=True)
class ServerConf:
    """The settings that dropsonde reads from Puppet Server's configuration.

    Attributes:
        opt_in: whether reports may be sent.
        interval: seconds between two submissions; None when it is unset or invalid.
        directories: Puppet's known directories, by the names of ``PUPPET_*DIR``.
        interval_fault: why the interval is invalid; empty where it is not.
        directory_faults: why a directory that is set is not known, by the same names.
        unread: the first file that cannot be read, and why: it may also set a directory.
    """

    opt_in: OptIn
    interval: int | None = None
    directories: Mapping[str, str] = field(default_factory=dict)
    interval_fault: str = ""
    directory_faults: Mapping[str, str] = field(default_factory=dict)
    unread: str = ""


def read(confd: Path, environ: Mapping[str, str], *, looking: bool = False) -> ServerConf:
    """Read the paths in Puppet Server's ``--config``; never raises for their content.

    Args:
        confd: the directory; also a file, or several of them, separated by commas.
        environ: the environment, for substitutions.
        looking: for a look every hour: the second parser, whose import takes longer than all
            else, is not asked whether there is an opt-in, so that none is enabled; and where there
            can be none, the directories are skipped.
    """
    files, unread = read_folder(confd)
    opt_in = _opt_in(confd, files, unread, confirms=not looking)
    interval, interval_fault = _interval(files)
    if looking and not opt_in.unconfirmed:
        return ServerConf(opt_in, interval, interval_fault=interval_fault)
    known, faults = directories(files, environ)
    told = "".join(f"{shown(file)}: {why}" for file, why in list(unread.items())[:1])
    return ServerConf(opt_in, interval, known, interval_fault, faults, told)


def _opt_in(confd: Path, files: Files, unread: Mapping[Path, str], *, confirms: bool) -> OptIn:
    for file, why in unread.items():
        return OptIn(enabled=False, where=shown(file), why=why, problem=True)
    settings = below(files, *ENABLED)
    if not settings:
        why = f"nothing there sets dropsonde.enabled: {_HOW}"
        return OptIn(enabled=False, where=shown(confd), why=why, problem=False)
    first, *more = settings
    where, what = shown(first.file), f"line {first.setting.line}: dropsonde.enabled"
    if all(each.setting.path == ENABLED and is_false(each.setting) for each in settings):
        return OptIn(False, where, f"{what} is false: {_ALONE}", problem=False)
    why = "".join(f"is also in {shown(file)}, line {each.line}" for file, each in more[:1])
    why = why or doubt(first, files)
    if confirms and not why:
        why = doubt_of_second(files[first.file])
    if why:
        return OptIn(False, where, f"{what} {why}: {_ALONE}", problem=True)
    for file, twice in clashes(files):
        why = f"line {twice.line}: this is also set in another file, and Puppet Server refuses that"
        return OptIn(False, shown(file), f"{why}: set it once", problem=True)
    return OptIn(confirms, where, f"{what} is true", problem=False, unconfirmed=not confirms)


def _interval(files: Files) -> tuple[int | None, str]:
    """Read the interval, and the fault if it is invalid."""
    settings = [each for each in below(files, STANZA, "interval") if len(each.setting.path) > 1]
    if not settings:
        return None, ""
    text = settings[0].setting.text or ""
    if len(settings) == 1 and _WHOLE.fullmatch(text) and 1 <= int(text) <= LONGEST:
        return int(text), ""
    what = f"dropsonde.interval is no whole number of seconds from 1 to {LONGEST}"
    return None, f"{shown(settings[0].file)}: {what}; the default is used"
