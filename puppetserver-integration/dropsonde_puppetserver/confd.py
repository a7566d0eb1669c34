"""Puppet Server's configuration: is there an opt-in, and where does that server's Puppet live?

Whatever is not beyond doubt is no opt-in: not ``yes``, nor one that stands twice, nor one in a
conf.d that Puppet Server itself would refuse.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dropsonde.settings.options import WEEK
from dropsonde_puppetserver.hocon import directory
from dropsonde_puppetserver.hocon.parser import STANZA
from dropsonde_puppetserver.hocon.second import sees_opt_in
from dropsonde_puppetserver.hocon.values import Scalar

if TYPE_CHECKING:
    from dropsonde_puppetserver.hocon.values import Tree

LONGEST = 52 * WEEK  # seconds: what `submit --interval` takes
_HOW = "write `dropsonde: { enabled: true }` into a .conf file there to take part"
_MEND = "mend it, and say `enabled: true` once, in one file, to take part"
_DIRECTORIES = {
    "PUPPET_CONFDIR": "conf-dir",
    "PUPPET_CODEDIR": "code-dir",
    "PUPPET_VARDIR": "var-dir",
    "PUPPET_LOGDIR": "log-dir",
}


@dataclass(frozen=True)
class OptIn:
    """Whether reports may be sent.

    Attributes:
        enabled: beyond doubt, yes.
        where: the file that says so, or the directory.
        why: one line; for off, also how to mend it. Never a value.
        problem: conf.d cannot be understood, or the value is neither true nor false.
    """

    enabled: bool
    where: str
    why: str
    problem: bool


@dataclass(frozen=True)
class ServerConf:
    """What Puppet Server's configuration tells us.

    Attributes:
        opt_in: may we?
        interval: seconds between two submissions; None when it is not set, or badly.
        directories: where Puppet lives, by the names of ``PUPPET_*DIR``; those that are set.
        interval_fault: why the interval is not taken; empty where nothing is wrong with it.
        directory_faults: which directories are not taken, and why.
    """

    opt_in: OptIn
    interval: int | None = None
    directories: Mapping[str, str] = field(default_factory=dict)
    interval_fault: str = ""
    directory_faults: tuple[str, ...] = ()


def read(confd: Path, environ: Mapping[str, str]) -> ServerConf:
    """Read what Puppet Server's ``--config`` names; never raises for what stands there.

    Args:
        confd: the directory; also a file, or several of them, separated by commas.
        environ: the environment, for substitutions.
    """
    try:
        contents = directory.read(confd, environ)
    except directory.UnreadError as error:
        return ServerConf(OptIn(enabled=False, where=str(error.where), why=error.why, problem=True))
    interval, interval_fault = _interval(confd, contents.tree)
    directories, directory_faults = _directories(contents.tree)
    return ServerConf(
        _opt_in(confd, contents), interval, directories, interval_fault, directory_faults
    )


def _opt_in(confd: Path, contents: directory.Contents) -> OptIn:
    value = directory.enabled(contents.tree)
    if value is None:
        why = f"nothing there sets dropsonde.enabled: {_HOW}"
        return OptIn(enabled=False, where=str(confd), why=why, problem=False)
    where, line = confd, ""
    if isinstance(value, Scalar):
        where, line = value.file or confd, f"line {value.line}: " if value.line else ""
    doubt = _doubt(value, contents)
    if doubt:
        return OptIn(False, str(where), f"{line}dropsonde.enabled {doubt}", problem=True)
    enabled = value.value is not False
    why = "is true" if enabled else "is false: set it to true to take part"
    return OptIn(enabled, str(where), f"{line}dropsonde.enabled {why}", problem=False)


def _doubt(value: Any, contents: directory.Contents) -> str:
    """What keeps ``dropsonde.enabled`` from being a clear yes or no; empty when nothing does."""
    if not isinstance(value, Scalar) or not isinstance(contents.tree[STANZA], dict):
        return f"is no single value: {_MEND}"
    if value.earlier:
        return f"is set in line {value.earlier}, too: {_MEND}"
    if value.value is False:
        return ""
    if value.value is not True and value.value != "true":
        return f"is neither true nor false: {_MEND}"
    if contents.stanza is not None and not sees_opt_in(contents.stanza):
        return f"is true, but written in an unusual way: {_HOW}"
    return ""


def _interval(confd: Path, tree: Tree) -> tuple[int | None, str]:
    """The interval, and what is wrong with it."""
    stanza = tree.get(STANZA)
    interval = stanza.get("interval") if isinstance(stanza, dict) else None
    if interval is None:
        return None, ""
    seconds = interval.value if isinstance(interval, Scalar) else None
    if type(seconds) is int and 1 <= seconds <= LONGEST:
        return seconds, ""
    where = interval.file if isinstance(interval, Scalar) else confd
    what = f"dropsonde.interval is no whole number of seconds from 1 to {LONGEST}"
    return None, f"{where}: {what}; the default is used"


def _directories(tree: Tree) -> tuple[dict[str, str], tuple[str, ...]]:
    """Puppet's directories; a ``server-*`` key that holds anything hides the old ``master-*``."""
    section = tree.get("jruby-puppet")
    directories: dict[str, str] = {}
    faults: list[str] = []
    for variable, name in _DIRECTORIES.items():
        for key in (f"server-{name}", f"master-{name}"):
            scalar = section.get(key) if isinstance(section, dict) else None
            value = scalar.value if isinstance(scalar, Scalar) else scalar
            if value is None:
                continue
            if isinstance(value, str) and Path(value).is_absolute():
                directories[variable] = value
            else:
                faults.append(f"jruby-puppet.{key} is no absolute path; it is passed over")
            break
    return directories, tuple(faults)
