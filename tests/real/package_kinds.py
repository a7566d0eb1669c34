"""The two kinds of packages: how to build, install, query and remove each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tests.real.built import built_deb, built_rpm
from tests.real.old_place import old_deb, old_rpm
from tests.real.upstream import upstream_deb, upstream_rpm

if TYPE_CHECKING:
    from tests.real.server_machine import Machine

_RPM = ("rpm", "--dbpath", "/run/rpm")  # a database without the installed packages


@dataclass(frozen=True)
class Kind:
    """One kind.

    Attributes:
        name: "deb" or "rpm".
        upstream: builds a package in the shape of Puppet Server's, in an empty directory.
        newer: the same without the gem, as OpenVox's from 8.9 on.
        built: builds ours.
        old: builds ours as it was when it was in Puppet Server's directory.
        installing: the command that installs a file.
        listing: the command that lists dropsonde's files.
        scripting: the command that shows its scripts.
        removing: the command that removes it.
    """

    name: str
    upstream: Callable[[Path], Path]
    newer: Callable[[Path], Path]
    built: Callable[[], Path]
    old: Callable[[], Path]
    installing: tuple[str, ...]
    listing: tuple[str, ...]
    scripting: tuple[str, ...]
    removing: tuple[str, ...]

    def install(self, machine: Machine, package: Path) -> None:
        """Install or upgrade a package."""
        (machine.root / "run" / package.name).write_bytes(package.read_bytes())
        machine.do(*self.installing, f"/run/{package.name}")

    def files(self, machine: Machine) -> set[str]:
        """All files of dropsonde's package."""
        return set(machine.do(*self.listing).splitlines()) - {"/."}

    def scripts(self, machine: Machine) -> str:
        """The text of its scripts."""
        return machine.do(*self.scripting)

    def remove(self, machine: Machine) -> None:
        """Remove it, with its state if the kind supports that."""
        machine.do(*self.removing)


KINDS = (
    Kind(
        name="deb",
        upstream=upstream_deb,
        newer=partial(upstream_deb, gem=False),
        built=built_deb,
        old=old_deb,
        installing=("dpkg", "--install"),
        listing=("dpkg-query", "--listfiles", "dropsonde"),
        scripting=("sh", "-c", "cat /var/lib/dpkg/info/dropsonde.p*"),
        removing=("dpkg", "--purge", "dropsonde"),
    ),
    Kind(
        name="rpm",
        upstream=upstream_rpm,
        newer=partial(upstream_rpm, gem=False),
        built=built_rpm,
        old=old_rpm,
        installing=(*_RPM, "--nodeps", "--upgrade"),
        listing=(*_RPM, "--query", "--list", "dropsonde"),
        scripting=(*_RPM, "--query", "--scripts", "--triggers", "dropsonde"),
        removing=(*_RPM, "--nodeps", "--erase", "dropsonde"),
    ),
)
