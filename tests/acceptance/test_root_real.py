"""Root on a Puppet Server whose user has turned against it: what root runs, opens and writes."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.real.built import built_deb
from tests.real.puppetserver import USER
from tests.real.server_files import differences
from tests.real.server_machine import ENVIRON, Machine, private_machine
from tests.real.server_site import STATE, TELEMETRY, install, opt_in, telemetry
from tests.real.traced import replaceable, trace
from tests.real.upstream import DATA_DIR, upstream_deb

pytestmark = [pytest.mark.real, pytest.mark.each_debian]

SUBCOMMAND = ("puppetserver", "dropsonde")
TARGET = "etc/apt/apt.conf.d"
# Puts a link in the state directory's place and takes it away again, as fast as it can.
SWAP = f"""
import os, signal, sys
state, link, real = "/{STATE}", "/{STATE}.link", "/{STATE}.real"
os.path.lexists(link) or os.symlink("/{TARGET}", link)
seed = f"{{real}}/seed"  # or it would be made once alone
while os.getppid() != 1:
    moves = (state, real), (link, state), (seed, "/{STATE}.seed"), (state, link), (real, state)
    for source, target in moves:
        try:
            os.rename(source, target)
        except OSError:
            pass
"""
COMMANDS = (
    ("status",),
    ("preview",),
    ("diff",),
    ("history",),
    ("accept",),
    ("submit", "--dry-run"),
    ("submit",),
    ("submit", "--scheduled"),
    ("forget",),
    ("update",),
)


@pytest.fixture(scope="module")
def installed() -> Iterator[Machine]:
    with private_machine() as machine:
        install(machine, built_deb())
        opt_in(machine, "enabled: true")
        telemetry(machine, endpoint="http://127.0.0.1:9", update=False, splay=0, max_wait=0)
        yield machine


@pytest.fixture
def machine(installed: Machine) -> Machine:
    """The same, without any state."""
    installed.do("rm", "-rf", f"/{STATE}", *(f"/{STATE}.{end}" for end in ("link", "real", "seed")))
    return installed


def of_root(machine: Machine) -> set[str]:
    """What is in the directory that nobody but root may add to."""
    return {path.name for path in (machine.root / TARGET).iterdir()}


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_root_writes_nothing_through_a_link(machine: Machine, command: tuple[str, ...]) -> None:
    before = of_root(machine)
    machine.run("ln", "-s", f"/{TARGET}", f"/{STATE}", user=USER)
    machine.run(*SUBCOMMAND, *command)
    assert of_root(machine) == before


def test_root_writes_nothing_through_a_link_that_comes_and_goes(machine: Machine) -> None:
    before = of_root(machine)
    machine.do("install", "-d", "-m", "0700", "-o", USER, "-g", USER, f"/{STATE}")
    swapping = subprocess.Popen(
        machine.command("python3", "-c", SWAP, user=USER), env=ENVIRON, stdin=subprocess.DEVNULL
    )
    try:
        for _ in range(15):
            machine.run(*SUBCOMMAND, "preview")
            assert swapping.poll() is None
    finally:
        swapping.kill()
        swapping.wait()
    assert of_root(machine) == before


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_another_user_can_replace_no_path_that_root_uses(
    machine: Machine, command: tuple[str, ...]
) -> None:
    machine.do("install", "-d", "-m", "0700", "-o", USER, "-g", USER, f"/{STATE}")
    traced = trace(machine, *SUBCOMMAND, *command)
    assert traced.dropped
    assert "/etc/default/puppetserver" in traced.paths
    assert replaceable(machine, traced.paths) == []


def test_the_trace_would_show_a_path_that_can_be_replaced(machine: Machine) -> None:
    machine.do("install", "-d", "-m", "0700", "-o", USER, "-g", USER, f"/{STATE}")
    traced = trace(machine, "cat", f"/{STATE}/seed")
    assert replaceable(machine, traced.paths) == [f"/{STATE}/seed"]
    assert not traced.dropped


@pytest.mark.parametrize("more", [(), ("--check",), ("--dry-run",), ("--remove",)])
def test_integrate_follows_no_path_that_can_be_replaced(
    more: tuple[str, ...], tmp_path: Path
) -> None:
    """On a host of Puppet's own packages, whose data directory is the server's user's."""
    with private_machine() as machine:
        machine.do("dpkg", "--purge", "--force-depends", "puppetserver")
        package = upstream_deb(tmp_path)
        install(machine, package)
        install(machine, built_deb())
        # As dpkg does; the subcommand has conf.d read besides, by its owner.
        traced = trace(machine, _python(machine), "-I", "-m", "dropsonde", "integrate", *more)
        assert replaceable(machine, traced.paths) == []
        assert f"/{DATA_DIR}/dropsonde" in traced.by_name


def test_code_of_another_user_is_not_run_as_root(machine: Machine) -> None:
    """Neither plug-ins nor settings count that the server's user could have put there."""
    own = f"/{STATE}/own"
    code = f"import os\nopen('{own}/ran-as-%d' % os.geteuid(), 'w')\n"
    machine.do("install", "-d", "-o", USER, "-g", USER, f"/{STATE}", own)
    plugin = machine.root / own.lstrip("/") / "metric.py"
    plugin.write_text(code)
    machine.do("chown", USER, f"{own}/metric.py")
    python = machine.do("readlink", "-f", "/usr/bin/dropsonde") and _python(machine)
    for options in (("--plugins", own), ("--config", f"{own}/telemetry.yaml")):
        (machine.root / own.lstrip("/") / "telemetry.yaml").write_text(f":plugins: {own}\n")
        done = machine.run(python, "-I", "-m", "dropsonde", "list", *options)
        assert done.returncode in {3, 7}
        assert f"belongs to {USER}" in done.stderr
    # Nor as that user, in a process that root started on its own terminal.
    done = machine.run(*SUBCOMMAND, "preview", "--plugins", own)
    assert done.returncode == 7
    assert f"belongs to {USER}" in done.stderr
    assert not list(plugin.parent.glob("ran-as-*"))
    machine.run(*SUBCOMMAND, "preview", "--plugins", own, user=USER)
    assert len(list(plugin.parent.glob("ran-as-*"))) == 1  # where that user runs it himself


def _python(machine: Machine) -> str:
    """The interpreter that the packages' command starts."""
    text = (machine.root / "usr/bin/dropsonde").read_text()
    return text.split('exec "')[1].split('"')[0]


def test_what_needs_root_is_still_roots(machine: Machine) -> None:
    """Settings and the integration are root's own; the subcommand leads to them, too."""
    kept = (machine.root / TELEMETRY).read_text()
    done = machine.run(*SUBCOMMAND, "initconfig", "--force", "--ttl", "3")
    assert (done.stdout, done.returncode) == (f"wrote /{TELEMETRY}\n", 0)
    (machine.root / TELEMETRY).write_text(kept)
    assert machine.run("dropsonde", "integrate").stdout.startswith(f"made: /{STATE}\n")
    assert machine.run(*SUBCOMMAND, "integrate", "--check").returncode == 0
    assert machine.do("stat", "-c", "%U %a", f"/{STATE}") == f"{USER} 700\n"


def test_a_program_that_the_servers_user_cannot_read(machine: Machine) -> None:
    """As in a virtual environment below root's home."""
    machine.do("cp", "--archive", "/usr/lib/dropsonde", "/root/own")
    done = machine.run("/root/own/bin/python", "-I", "-m", "dropsonde", "preview")
    assert (done.stdout, done.returncode) == ("", 8)
    assert done.stderr.count("\n") == 1
    assert f"user {USER}, who owns Puppet's directories, cannot read it" in done.stderr


def test_looking_writes_nothing(machine: Machine) -> None:
    before = differences(machine)
    for command in (("status",), ("diff",), ("history",), ("list",), ("dev", "schema")):
        for user in (None, USER):
            machine.run(*SUBCOMMAND, *command, user=user)
    machine.run(_python(machine), "-I", "-m", "dropsonde", "preview", "--demo")
    assert differences(machine) == before
