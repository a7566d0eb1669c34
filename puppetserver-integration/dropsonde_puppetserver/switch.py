"""Tell whether dropsonde is switched off on this host, whatever else is set.

Two things do it: the variable ``DO_NOT_TRACK`` (https://consoledonottrack.com), of this process or
in Puppet Server's file of variables, and the administrator's file ``dropsonde.disabled``. No
setting, no option and no other variable overrides them. Where it cannot be told, it is off.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from dropsonde.common.errors import SwitchedOffError
from dropsonde.common.files import is_there
from dropsonde_puppetserver.variables import variables

VARIABLE = "DO_NOT_TRACK"
NAME = "dropsonde.disabled"
# Beside telemetry.yaml, in every packaging: another confdir or home does not lead past them.
_DIRECTORIES = ("etc/puppetlabs", "etc")
_ON = frozenset({"", "0", "false"})


@dataclass(frozen=True)
class Off:
    """What switches dropsonde off.

    Attributes:
        why: what says so; a clause.
        advice: how to switch it on.
        certain: False where it cannot be told.
    """

    why: str
    advice: str
    certain: bool = True

    def error(self) -> SwitchedOffError:
        """The error of whatever would leave this host."""
        return SwitchedOffError(f"nothing is sent and nobody is asked: {self.why}", self.advice)


def switched_off(
    environ: Mapping[str, str], confdir: Path | None, root: Path = Path("/")
) -> Off | None:
    """Look anew at the variable and the files; None where dropsonde is not switched off.

    Args:
        environ: the variables of this process.
        confdir: Puppet's, where it is known; telemetry.yaml is in the directory above.
        root: the system's root.
    """
    reasons = list(_reasons(environ, confdir, root))
    return next((off for off in reasons if off.certain), reasons[0] if reasons else None)


def _reasons(environ: Mapping[str, str], confdir: Path | None, root: Path) -> Iterator[Off]:
    if _says_so(environ):
        yield Off(f"{VARIABLE} is set", "unset it, or set it to 0")
    own = variables(root)
    if VARIABLE in own.doubtful:
        advice = f"write {VARIABLE}=0 there, or remove it"
        yield Off(f"{VARIABLE} is unclear in Puppet Server's variables", advice, certain=False)
    elif _says_so(own.known):
        yield Off(f"{VARIABLE} is set in Puppet Server's variables", "remove it there")
    for name, fault in own.unread.items():
        what = f"cannot tell whether {name} sets {VARIABLE} ({fault})"
        yield Off(what, "let this user read it", certain=False)
    beside = [confdir.parent] if confdir else []
    for directory in dict.fromkeys((*beside, *(root / name for name in _DIRECTORIES))):
        file = directory / NAME
        try:
            if is_there(file):
                yield Off(f"{file} exists", "its administrator decides; to allow it, remove it")
        except OSError as error:
            what = f"cannot tell whether {file} exists ({error.strerror})"
            yield Off(what, "let this user enter its directory", certain=False)


def _says_so(environ: Mapping[str, str]) -> bool:
    return environ.get(VARIABLE, "").strip().lower() not in _ON
