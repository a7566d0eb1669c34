"""This host's Puppet Server, as Debian's package installed it."""

from __future__ import annotations

import subprocess

import pytest

from dropsonde_puppetserver.identity import identity


@pytest.mark.real
@pytest.mark.each_debian
def test_it_is_the_server_that_says_so_itself() -> None:
    command = ("puppetserver", "--version")
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    found = identity()
    assert found is not None
    assert found.implementation == "puppet"
    assert found.version is not None
    assert said.startswith(f"puppetserver version: {found.version}.")
