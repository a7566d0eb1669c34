"""Sites that use the Puppet module: a private view of this machine, with the module in it."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.real.built import built_deb
from tests.real.server_machine import private_machine

if TYPE_CHECKING:
    from tests.real.server_machine import Machine

MODULE = Path(__file__).parents[2] / "ext/puppet-module"
MODULES = "/opt/modules"
CRON_CORE = "/usr/share/puppet/modules.available/puppetlabs-cron-core"
PACKAGE = "/opt/dropsonde.deb"
FROM_FILE = f"Package <| title == 'dropsonde' |> {{ provider => 'dpkg', source => '{PACKAGE}' }}"
CONFD = "/etc/puppet/puppetserver/conf.d"
SETTINGS = "/etc/telemetry.yaml"
# What `--detailed-exitcodes` says: a failure after a change is 6.
UNCHANGED, CHANGED, FAILED = 0, 2, 4
# Facter's own lines, as where /proc is restricted: no catalog is to blame.
_FACTER = re.compile("Facter: ")


@dataclass(frozen=True)
class Applied:
    """One run of ``puppet apply``.

    Attributes:
        code: its exit code.
        said: what it wrote, without Facter's lines.
    """

    code: int
    said: str


@dataclass(frozen=True)
class Site:
    """A host with Debian's Puppet Server, and the module.

    Attributes:
        machine: the private view.
    """

    machine: Machine

    def path(self, name: str) -> Path:
        """Where the tests reach a file of the host's."""
        return self.machine.root / name.lstrip("/")

    def write(self, name: str, data: str | bytes) -> None:
        """Make a file, and the directories above it."""
        path = self.path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data if isinstance(data, bytes) else data.encode())

    def apply(self, code: str, *options: str, environ: Mapping[str, str] | None = None) -> Applied:
        """Apply Puppet code, as strictly as Puppet 8 does by default."""
        done = self.machine.run(
            *("puppet", "apply", "--detailed-exitcodes", "--color=false", "--strict=error"),
            *("--strict_variables", f"--modulepath={MODULES}", *options, "-e", code),
            environ=environ,
        )
        told = (done.stdout + done.stderr).splitlines(keepends=True)
        return Applied(done.returncode, "".join(line for line in told if not _FACTER.search(line)))

    def declare(
        self,
        *parameters: str,
        options: tuple[str, ...] = (),
        environ: Mapping[str, str] | None = None,
    ) -> Applied:
        """Apply the class with these parameters, and the package from a file."""
        code = f"class {{ 'dropsonde': {', '.join(parameters)} }}\n{FROM_FILE}"
        return self.apply(code, *options, environ=environ)

    def settle(self, *parameters: str, environ: Mapping[str, str] | None = None) -> Applied:
        """Apply the class, and again, which must not change anything."""
        first = self.declare(*parameters, environ=environ)
        assert first.code in {UNCHANGED, CHANGED}, first.said
        second = self.declare(*parameters, environ=environ)
        assert second.code == UNCHANGED, second.said
        return first

    def scheduled(self) -> list[str]:
        """The names of what would start a scheduled submission, below /etc."""
        places = (
            "/etc/systemd/system/timers.target.wants/dropsonde.timer",
            "/etc/cron.d/dropsonde",
        )
        return [
            place for place in places if self.path(place).is_symlink() or self.path(place).exists()
        ]

    def fact(self) -> dict[str, object] | None:
        """The module's fact; None where there is none."""
        said = self.machine.do("puppet", "facts", "show", "dropsonde", "--modulepath", MODULES)
        found: dict[str, object] = json.loads(said)["dropsonde"]
        return found or None  # what is not there is shown as empty text


@contextlib.contextmanager
def site(*, package: bool) -> Iterator[Site]:
    """Such a host, without the program; whether the program's package is there, as a file."""
    with private_machine() as machine:
        host = Site(machine)
        shutil.copytree(MODULE, host.path(MODULES) / "dropsonde")
        (host.path(MODULES) / "cron_core").symlink_to(CRON_CORE)
        if package:
            host.write(PACKAGE, built_deb().read_bytes())
        yield host
