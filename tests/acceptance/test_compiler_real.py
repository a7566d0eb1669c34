"""A real Puppet Server whose CA service is off: what it is to Puppet Server, and to us."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.doubles.endpoint import LoopbackEndpoint
from tests.doubles.forge import LoopbackForge
from tests.real.built import built_deb
from tests.real.packaged_site import packaged_slugs
from tests.real.puppetserver import USER, real_puppetserver
from tests.real.server_machine import private_machine
from tests.real.server_site import STATE, install, lay_out, opt_in, telemetry
from tests.real.server_units import run_unit

if TYPE_CHECKING:
    from tests.acceptance.conftest import FilledPuppetDB
    from tests.real.server_machine import Machine

pytestmark = [pytest.mark.real, pytest.mark.each_debian]

MANUAL = Path(__file__).resolve().parents[2] / "docs/puppetserver.md"
SUBCOMMAND = ("puppetserver", "dropsonde")
SERVICE = "dropsonde.service"
CA_CFG = "etc/puppet/puppetserver/services.d/ca.cfg"
WHY = f"this server's CA service is off (/{CA_CFG}), as on a compiler"


@pytest.fixture(scope="module")
def forge() -> Iterator[str]:
    """A Forge that lists the packaged modules."""
    with LoopbackForge(packaged_slugs().values()) as listed:
        yield listed.url


@pytest.fixture
def endpoint() -> Iterator[LoopbackEndpoint]:
    with LoopbackEndpoint() as listening:
        yield listening


@pytest.fixture(scope="module")
def installed(filled_puppetdb: FilledPuppetDB) -> Iterator[Machine]:
    """A machine with the package, whose ca.cfg is edited as its comments say."""
    with private_machine() as machine:
        lay_out(machine, filled_puppetdb.server)
        install(machine, built_deb())
        opt_in(machine, "enabled: true")
        swap_ca_services(machine)
        yield machine


@pytest.fixture
def compiler(installed: Machine, forge: str, endpoint: LoopbackEndpoint) -> Machine:
    """The same, before its first submission."""
    installed.do("find", f"/{STATE}", "-mindepth", "1", "-delete")
    telemetry(installed, endpoint=endpoint.url, forge=forge, splay=0, max_wait=0)
    return installed


def swap_ca_services(machine: Machine) -> None:
    """Comment out the CA service that counts, and uncomment the other one."""
    file = machine.root / CA_CFG
    lines = file.read_text().splitlines()
    for number, line in enumerate(lines):
        if "services.ca.certificate-authority" in line:
            lines[number] = line[1:] if line.startswith("#") else f"#{line}"
    file.write_text("\n".join([*lines, ""]))


def complaint(done: subprocess.CompletedProcess[str]) -> str:
    """What stands on stderr, which must be one line in the program's name."""
    assert done.stderr.count("\n") == 1, done.stderr
    assert done.stderr.startswith("dropsonde: "), done.stderr
    return done.stderr


def test_a_compiler_sends_nothing_on_schedule_and_by_hand_with_a_warning(
    compiler: Machine, endpoint: LoopbackEndpoint
) -> None:
    refused = run_unit(compiler, SERVICE)
    assert (refused.stdout, refused.returncode, endpoint.received) == ("", 100, [])
    assert WHY in complaint(refused)
    assert not any((compiler.root / STATE).iterdir())
    for user in (None, USER):
        status = compiler.run(*SUBCOMMAND, "status", user=user)
        assert status.returncode == 14
        assert WHY in complaint(status)
        assert "`:seed_file:` in telemetry.yaml" in complaint(status)
        by_hand = compiler.run(*SUBCOMMAND, "submit", user=user)
        assert by_hand.returncode == 0
        assert WHY in complaint(by_hand)
    assert len(endpoint.received) == 2


def test_the_manuals_seed_makes_it_one_of_its_site(
    compiler: Machine, endpoint: LoopbackEndpoint, forge: str
) -> None:
    section = MANUAL.read_text(encoding="utf-8").partition("\n## Compilers\n")[2]
    command = section.partition("``` sh\n")[2].partition("```")[0]
    key, file = section.partition("``` yaml\n")[2].partition("```")[0].split()
    compiler.do("sh", "-euc", command)
    assert compiler.do("stat", "--format=%U:%G %a", file) == f"root:{USER} 440\n"
    setting = {key.strip(":"): file}
    telemetry(compiler, endpoint=endpoint.url, forge=forge, splay=0, max_wait=0, **setting)
    sent = run_unit(compiler, SERVICE)
    assert (sent.stderr, sent.returncode, len(endpoint.received)) == ("", 0, 1)
    assert not (compiler.root / STATE / "seed").exists()
    for user in (None, USER):
        status = compiler.run(*SUBCOMMAND, "status", user=user)
        assert (status.stderr, status.returncode) == ("", 0)
    swap_ca_services(compiler)  # now it is the CA's server, with the same file
    try:
        assert compiler.run(*SUBCOMMAND, "submit").stderr == ""
    finally:
        swap_ca_services(compiler)
    ids = {json.loads(request.report)["site_id"] for request in endpoint.received}
    assert (len(endpoint.received), len(ids)) == (2, 1)
    compiler.do("chmod", "0444", file)
    for done in (run_unit(compiler, SERVICE), compiler.run(*SUBCOMMAND, "submit")):
        assert done.returncode == 9
        assert f"{file}: others may read the seed" in done.stderr
    assert len(endpoint.received) == 2


def test_puppet_server_itself_has_no_ca_then(
    compiler: Machine, filled_puppetdb: FilledPuppetDB, tmp_path: Path
) -> None:
    output = tmp_path / "puppetserver.log"
    with real_puppetserver(compiler, filled_puppetdb.server.authority, output) as server:
        log = server.log
    assert "CA disabled; ignoring SSL initialization for Master" in log
    assert " ERROR " not in log
