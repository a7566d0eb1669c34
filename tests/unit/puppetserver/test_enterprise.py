"""Puppet Enterprise: its server looks like upstream's, and is refused whole."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dropsonde.common.errors import EnterpriseError
from dropsonde_puppetserver.default_endpoint import default_endpoint
from dropsonde_puppetserver.enterprise import refuse_enterprise
from dropsonde_puppetserver.server import read_server
from tests.support.program import Program
from tests.unit.puppetserver.hosts import make_host, tree

if TYPE_CHECKING:
    from collections.abc import Callable

PE_VERSION = "opt/puppetlabs/server/pe_version"
UNIT = "lib/systemd/system/pe-puppetserver.service"


def enterprise(root: Path, mark: str = PE_VERSION) -> Path:
    """A host of Puppet Enterprise: upstream's paths, and what else its installer leaves."""
    make_host(root, "upstream")
    confd = root / "etc/puppetlabs/puppetserver/conf.d"
    (confd / "pe-puppet-server.conf").write_text("jruby-puppet: { max-active-instances: 4 }\n")
    (confd / "dropsonde.conf").write_text("dropsonde: { enabled: true }\n")
    variables = root / "etc/sysconfig/pe-puppetserver"
    variables.parent.mkdir(parents=True, exist_ok=True)
    variables.write_text('USER="pe-puppet"\n')
    file = root / mark
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("2023.8.2\n")
    installed = root / "var/lib/dpkg/info/pe-puppetserver.list"
    installed.parent.mkdir(parents=True, exist_ok=True)
    jar = "/opt/puppetlabs/server/apps/puppetserver/puppet-server-release.jar"
    installed.write_text(f"{jar}\n")
    return root


@pytest.mark.parametrize("mark", [PE_VERSION, UNIT])
@pytest.mark.parametrize("ask", [refuse_enterprise, lambda root: read_server({}, root)])
def test_each_mark_is_named(tmp_path: Path, mark: str, ask: Callable[[Path], object]) -> None:
    root = enterprise(tmp_path / "host", mark)
    with pytest.raises(EnterpriseError, match=str(root / mark)):
        ask(root)


def test_integrate_refuses_and_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    program, root = Program(tmp_path / "home"), enterprise(tmp_path / "host")
    before = tree(root)
    for more in ((), ("--check",), ("--dry-run",)):
        result = program.run("integrate", "--root", str(root), *more)
        assert (result.code, result.out) == (EnterpriseError.exit_code, "")
        assert result.complaint.startswith("Puppet Enterprise is not supported, and ")
    assert program.run("integrate", "--root", str(root), "--remove").code == 0
    assert tree(root) == before


def test_it_has_no_default_endpoint(tmp_path: Path) -> None:
    assert default_endpoint(enterprise(tmp_path / "host")).url is None


@pytest.mark.parametrize("kind", ["upstream", "openvox", "debian"])
def test_no_other_server_is_taken_for_it(tmp_path: Path, kind: str) -> None:
    root = make_host(tmp_path / "host", kind)
    refuse_enterprise(root)
    assert read_server({}, root).conf is not None
