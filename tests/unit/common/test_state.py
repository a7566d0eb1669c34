"""Where the state stands: in Puppet's vardir, and beside a gem that is root's."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dropsonde.common.state import state_directory


def test_it_stands_in_the_vardir(tmp_path: Path) -> None:
    assert state_directory(tmp_path) == tmp_path / "dropsonde"
    (tmp_path / "dropsonde").mkdir()
    assert state_directory(tmp_path) == tmp_path / "dropsonde"


def test_a_gem_that_shares_its_owner_is_in_nobodys_way(tmp_path: Path) -> None:
    """As the RPMs of Puppet Server have it: all below their data directory is the server's."""
    (tmp_path / "dropsonde/gems").mkdir(parents=True)
    assert state_directory(tmp_path) == tmp_path / "dropsonde"


@pytest.mark.real
@pytest.mark.parametrize(("holds", "name"), [("gems", "dropsonde-state"), ("outbox", "dropsonde")])
def test_beside_a_gem_of_roots(tmp_path: Path, holds: str, name: str) -> None:
    """As the .debs of Puppet Server have it; a volume of root's that holds state is no gem."""
    (tmp_path / "dropsonde" / holds).mkdir(parents=True)
    os.chown(tmp_path, 65534, 65534)
    assert state_directory(tmp_path) == tmp_path / name
