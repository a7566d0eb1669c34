"""Read and run systemd's unit files without systemd."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.real.server_machine import ENVIRON

if TYPE_CHECKING:
    from tests.real.server_machine import Machine

UNITS = "usr/lib/systemd/system"
_VARIABLE = re.compile(r"\$\{(\w+)\}")
# ProtectSystem=strict, ReadWritePaths and PrivateTmp, in the service's own namespace.
_CONFINE = """
umask "$1"
for path in $2; do
    [ ! -e "$path" ] || mount --bind "$path" "$path"
done
mount -o remount,bind,ro /
mount -o remount,bind,ro /run
mount -t tmpfs -o mode=1777 tmp /tmp
shift 2
exec "$@"
"""


@dataclass(frozen=True)
class Unit:
    """One unit.

    Attributes:
        settings: all values of each key, in order, from all sections.
    """

    settings: Mapping[str, list[str]]

    def last(self, key: str, default: str = "") -> str:
        """The effective value of a key that takes only one."""
        return self.settings.get(key, [default])[-1]

    def command(self, environ: Mapping[str, str]) -> list[str]:
        """ExecStart's words; the word ``$NAME`` becomes several, ``${NAME}`` a part of one."""
        words: list[str] = []
        for word in shlex.split(self.last("ExecStart")):
            if re.fullmatch(r"\$\w+", word):
                words += shlex.split(environ.get(word[1:], ""))
            else:
                filled = _VARIABLE.sub(lambda found: environ.get(found[1], ""), word)
                words.append(filled.replace("%%", "%"))
        return words


def read_unit(machine: Machine, name: str) -> Unit:
    """Read a unit that a package installed."""
    text = (machine.root / UNITS / name).read_text().replace("\\\n", " ")
    settings: dict[str, list[str]] = {}
    for line in text.splitlines():
        key, equals, value = line.partition("=")
        if equals and not line.startswith(("#", ";")):
            settings.setdefault(key.strip(), []).append(value.strip())
    return Unit(settings)


def environment(machine: Machine, unit: Unit) -> dict[str, str]:
    """The variables that systemd sets for a service."""
    user = unit.last("User", "root")
    home = machine.do("getent", "passwd", user).split(":")[5]
    environ = {**ENVIRON, "USER": user, "LOGNAME": user, "HOME": home}
    del environ["DEBIAN_FRONTEND"]
    for text in unit.settings.get("Environment", []):
        for word in shlex.split(text):
            key, _, value = word.partition("=")
            environ[key] = value
    for name in unit.settings.get("EnvironmentFile", []):
        environ.update(_variables(machine, name))
    for kind, parent in (("Runtime", "/run"), ("State", "/var/lib"), ("Cache", "/var/cache")):
        if below := unit.last(f"{kind}Directory"):
            environ[f"{kind.upper()}_DIRECTORY"] = f"{parent}/{below}"
    return environ


def _variables(machine: Machine, name: str) -> dict[str, str]:
    file = machine.root / name.removeprefix("-").lstrip("/")
    if name.startswith("-") and not file.exists():
        return {}
    pairs = (
        line.split("=", 1) for line in file.read_text().splitlines() if re.match(r"\w+=", line)
    )
    return {key: " ".join(shlex.split(value)) for key, value in pairs}


def run_unit(machine: Machine, name: str) -> subprocess.CompletedProcess[str]:
    """Run a oneshot service's command with its user, environment, directory and file access.

    It has those parts of systemd's sandbox that decide whether the program can work: the read-only
    system with its exceptions, the private /tmp, and no privileges.
    """
    unit = read_unit(machine, name)
    user, group = unit.last("User"), unit.last("Group", unit.last("User"))
    environ = environment(machine, unit)
    writable = [path.lstrip("-") for path in unit.settings.get("ReadWritePaths", [])]
    confined = ["unshare", "--mount", "--propagation=private", "sh", "-euc", _CONFINE, "sh"]
    become = ["setpriv", f"--reuid={user}", f"--regid={group}", "--init-groups"]
    return machine.run(
        *(*confined, unit.last("UMask", "0022"), " ".join(writable)),
        *(*become, "--no-new-privs", "--bounding-set=-all", "--inh-caps=-all", "--"),
        *("env", "--ignore-environment", *(f"{key}={value}" for key, value in environ.items())),
        *unit.command(environ),
        cwd=unit.last("WorkingDirectory", "/").removeprefix("-"),
    )
