"""The RPM package, as a proof of the spec: built, queried and installed with Debian's rpm."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dropsonde import __version__
from tests.real.built import DEBIANS_PYTHON, built_rpm
from tests.real.processes import run
from tests.real.server_files import differences
from tests.real.server_machine import Machine, private_machine
from tests.real.upstream import GEM, NAME, upstream_rpm

if TYPE_CHECKING:
    from tests.real.server_files import Entry

pytestmark = pytest.mark.real

RPMLINT = Path(__file__).resolve().parents[2] / "ext/rpm/rpmlint.toml"
SUBCOMMAND = "usr/share/puppetserver/cli/apps/dropsonde"
FILES = {
    "/usr/lib/dropsonde/bin/python",
    "/usr/lib/dropsonde/pyvenv.cfg",
    "/usr/bin/dropsonde",
    "/usr/lib/systemd/system/dropsonde.service",
    "/usr/lib/systemd/system/dropsonde.timer",
    "/usr/share/bash-completion/completions/dropsonde",
    "/usr/share/doc/dropsonde/examples/telemetry.yaml",
    "/usr/share/man/man1/dropsonde.1.gz",
    "/usr/share/man/man5/telemetry.yaml.5.gz",
    "/usr/share/man/man8/puppetserver-dropsonde.8.gz",
    "/usr/share/zsh/site-functions/_dropsonde",
}
SYSTEMS = {"/usr/share/licenses"}  # a directory that every system with rpm has
BOOKKEEPING = ("/etc/hosts", "/var/cache/ldconfig", "/var/lib/rpm", "/var/log")


def query(*arguments: str) -> list[str]:
    return run(["rpm", "--query", "--package", *arguments, built_rpm()]).splitlines()


def rpm(machine: Machine, *arguments: str, package: Path | None = None) -> None:
    """Let rpm work on this Debian: it knows of none of the packages that are there."""
    command = ["rpm", "--dbpath", "/run/rpm", "--nodeps", *arguments]
    if package:
        shutil.copy(package, machine.root / "run")
        command.append(f"/run/{package.name}")
    machine.do(*command)


def changed(machine: Machine) -> Mapping[str, Entry]:
    found = differences(machine)
    return {path: entry for path, entry in found.items() if not path.startswith(BOOKKEEPING)}


def test_rpmlint_has_nothing_to_say() -> None:
    done = subprocess.run(
        ["rpmlint", "--config", RPMLINT, built_rpm()], capture_output=True, text=True, check=False
    )
    assert "0 errors, 0 warnings" in done.stdout, done.stdout


def test_its_files_are_in_their_places() -> None:
    files = set(query("--list"))
    modes = query("--queryformat", "[%{FILEMODES:perms}\n]")
    assert set(modes) == {"-rw-r--r--", "-rwxr-xr-x", "drwxr-xr-x", "lrwxrwxrwx"}
    assert files >= FILES
    # Those are Puppet Server's, and some of them user puppet's.
    assert {file for file in files if file.startswith("/opt")} == set()


def test_it_needs_its_very_python_and_offers_no_library() -> None:
    needed = {line for line in query("--requires") if not line.startswith("rpmlib(")}
    assert needed == {"/bin/sh", DEBIANS_PYTHON}
    assert {line.split()[0] for line in query("--provides")} == {"dropsonde", "dropsonde(x86-64)"}
    assert query("--queryformat", "%{VERSION}") == [__version__]


def test_a_puppet_server_that_comes_later_is_noticed() -> None:
    triggers = "\n".join(query("--triggers"))
    assert "triggerin scriptlet" in triggers
    assert "puppetserver" in triggers
    assert "openvox-server" in triggers


def test_it_comes_stays_and_goes() -> None:
    with private_machine() as machine:
        before = changed(machine)
        rpm(machine, "--install", package=built_rpm())
        installed = changed(machine)
        assert f"/{SUBCOMMAND}" in installed
        assert machine.do("dropsonde", "--version") == f"dropsonde {__version__}\n"
        rpm(machine, "--upgrade", "--force", package=built_rpm())
        assert changed(machine) == installed
        rpm(machine, "--erase", "dropsonde")
        state = "/var/lib/puppetserver/dropsonde"
        assert set(changed(machine)) - set(before) <= {state, *SYSTEMS}


def test_puppets_own_packages_get_back_what_is_theirs(tmp_path: Path) -> None:
    package = upstream_rpm(tmp_path)
    with private_machine() as machine:
        before = changed(machine)
        rpm(machine, "--install", package=built_rpm())
        rpm(machine, "--install", package=package)
        assert (machine.root / "var/lib/dropsonde/originals").is_dir()
        rpm(machine, "--erase", "dropsonde")
        assert {name: (machine.root / name).read_text() for name in GEM} == GEM
        rpm(machine, "--erase", NAME)
        assert set(changed(machine)) - set(before) <= SYSTEMS
