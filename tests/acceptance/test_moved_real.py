"""A server's packages change below dropsonde: what they have given up does not come back."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.real.package_kinds import KINDS, Kind
from tests.real.server_machine import private_machine
from tests.real.upstream import GEM, INSTALL_DIR

pytestmark = [pytest.mark.real, pytest.mark.each_debian]

SUBCOMMAND = f"{INSTALL_DIR}/cli/apps/dropsonde"
ORIGINALS = "var/lib/dropsonde/originals"


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_an_upgrade_to_a_package_without_the_gem(kind: Kind, tmp_path: Path) -> None:
    for name in ("with", "without"):
        (tmp_path / name).mkdir()
    with private_machine() as machine:
        kind.install(machine, kind.upstream(tmp_path / "with"))
        kind.install(machine, kind.built())
        assert len(list((machine.root / ORIGINALS).iterdir())) == 2
        kind.install(machine, kind.newer(tmp_path / "without"))
        machine.do("dropsonde", "integrate")  # rpm starts it before it takes the old files away
        assert {name for name in GEM if (machine.root / name).exists()} == {SUBCOMMAND}
        assert "dropsonde_puppetserver.subcommand" in (machine.root / SUBCOMMAND).read_text()
        assert not list((machine.root / ORIGINALS).iterdir())
        machine.do("dropsonde", "integrate", "--check")
        kind.remove(machine)
        assert not {name for name in GEM if (machine.root / name).exists()}
        assert not (machine.root / ORIGINALS).exists()
