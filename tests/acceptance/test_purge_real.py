"""A purge removes what is dropsonde's, as the user whose it is; so a link can lead it nowhere."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from dropsonde.common.state import ASIDE, DIRECTORIES, FILES, FORGE, LOCKS
from tests.real.built import built_deb
from tests.real.puppetserver import USER
from tests.real.server_machine import ENVIRON, Machine, private_machine
from tests.real.server_site import STATE as DEBIANS
from tests.real.server_site import install
from tests.real.upstream import DATA_DIR, upstream_deb

pytestmark = [pytest.mark.real, pytest.mark.each_debian]

UPSTREAMS = f"{DATA_DIR}/dropsonde"
POSTRM = "/var/lib/dpkg/info/dropsonde.postrm"
KEPT = (
    *FILES,
    *LOCKS,
    *(f"{name}/report" for name in DIRECTORIES),
    f"{FORGE}{ASIDE}20261128T030405",
    *(f".{name}.abcdefg0" for name in FILES),  # a killed run's
)
VICTIM = "/srv/victim"
MAKE = 'for file in $1; do mkdir -p "$(dirname "$file")" && echo x > "$file"; done'
# User puppet: lays links for all that a purge may enter, and takes them away, as fast as it can.
SWAP = """
echo ready
while :; do
    mv "$1" "$1.aside" 2>/dev/null
    ln -s "$2" "$1"
    rm "$1"
    mkdir "$1"
    for name in outbox sent quarantine; do ln -s "$2/$name" "$1/$name"; done
    rm -rf "$1"
    mv "$1.aside" "$1" 2>/dev/null
    mv "$1/outbox" "$1/aside" && ln -s "$2/outbox" "$1/outbox" && rm "$1/outbox"
    mv "$1/aside" "$1/outbox"
done 2>/dev/null
"""


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    """With Debian's Puppet Server, the places of Puppet's own, ours, and what is none of ours."""
    with private_machine() as fresh:
        install(fresh, upstream_deb(tmp_path))
        install(fresh, built_deb())
        make(fresh, VICTIM, user=None)
        yield fresh


def make(machine: Machine, directory: str, *, user: str | None = USER) -> None:
    paths = " ".join(f"{directory}/{name}" for name in KEPT)
    done = machine.run("sh", "-euc", MAKE, "sh", paths, user=user)
    assert done.returncode == 0, done.stderr


def left(machine: Machine, directory: str) -> set[str]:
    home = machine.root / directory.lstrip("/")
    return {str(path.relative_to(home)) for path in home.rglob("*") if not path.is_dir()}


def purge(machine: Machine) -> subprocess.CompletedProcess[str]:
    return machine.run(POSTRM, "purge")


@contextlib.contextmanager
def swapping(machine: Machine, state: str) -> Iterator[None]:
    command = machine.command("sh", "-c", SWAP, "sh", state, VICTIM, user=USER)
    with subprocess.Popen(command, env=ENVIRON, stdout=subprocess.PIPE, text=True) as puppet:
        assert puppet.stdout
        assert puppet.stdout.readline() == "ready\n"
        try:
            yield
            assert puppet.poll() is None  # it swapped to the end
        finally:
            puppet.kill()


@pytest.mark.parametrize("state", [f"/{DEBIANS}", f"/{UPSTREAMS}"])
def test_what_is_dropsondes_goes(machine: Machine, state: str) -> None:
    before = left(machine, state)  # the gem of Puppet's own packages
    make(machine, state)
    machine.do("mkdir", "-p", "/var/lib/dropsonde/originals")
    done = purge(machine)
    assert (done.stderr, done.returncode) == ("", 0)
    assert left(machine, state) == before - set(KEPT)
    assert not (machine.root / "var/lib/dropsonde").exists()
    assert left(machine, VICTIM) == set(KEPT)


@pytest.mark.parametrize("state", [f"/{DEBIANS}", f"/{UPSTREAMS}"])
def test_puppet_cannot_lead_it_elsewhere(machine: Machine, state: str) -> None:
    with swapping(machine, state):
        for _ in range(30):
            machine.run("sh", "-euc", MAKE, "sh", f"{state}/outbox/report", user=USER)
            assert purge(machine).returncode == 0
    assert left(machine, VICTIM) == set(KEPT)


@pytest.mark.parametrize("state", [f"/{DEBIANS}", f"/{UPSTREAMS}"])
def test_root_does_nothing_in_puppets_directory(machine: Machine, state: str) -> None:
    """What puppet could not remove himself stays, and is named."""
    make(machine, state)
    make(machine, f"{state}/outbox/root", user=None)
    done = purge(machine)
    assert done.stderr == f"dropsonde: {state} was not removed wholly: look at what is left in it\n"
    assert done.returncode == 0
    assert {f"outbox/root/{name}" for name in KEPT} <= left(machine, state)


@pytest.mark.parametrize("spoil", ["chown root:puppet {0} && chmod g+w {0}", "chmod o+w {0}/.."])
@pytest.mark.parametrize("state", [f"/{DEBIANS}", f"/{UPSTREAMS}"])
def test_nothing_is_done_where_others_lead_the_way(
    machine: Machine, state: str, spoil: str
) -> None:
    make(machine, state)
    before = left(machine, state)
    machine.do("sh", "-c", spoil.format(state.rpartition("/")[0]))
    done = purge(machine)
    assert done.returncode == 0
    assert (
        f"dropsonde: {state} was left: users other than root can change what leads there\n"
        in done.stderr
    )
    assert left(machine, state) == before


def test_an_administrators_link_stays(machine: Machine) -> None:
    machine.do("rm", "-rf", f"/{DEBIANS}", "/var/lib/dropsonde")
    for path in (f"/{DEBIANS}", "/var/lib/dropsonde"):
        machine.do("ln", "-s", VICTIM, path)
    assert purge(machine).returncode == 0
    assert left(machine, VICTIM) == set(KEPT)
    assert (machine.root / DEBIANS).is_symlink()
