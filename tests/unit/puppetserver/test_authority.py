"""Whether this host's Puppet Server runs the CA, and what that means for its reports."""

from __future__ import annotations

from pathlib import Path

import pytest

from dropsonde.common.errors import NotOneSiteError
from dropsonde_puppetserver.authority import CaService, read_authority, refusal, warning
from dropsonde_puppetserver.gate.folder import MOST
from tests.unit.puppetserver.hosts import make_host

ENABLED = "puppetlabs.services.ca.certificate-authority-service/certificate-authority-service\n"
DISABLED = (
    "puppetlabs.services.ca.certificate-authority-disabled-service/"
    "certificate-authority-disabled-service\n"
)
SERVICES = {
    "upstream": "etc/puppetlabs/puppetserver/services.d",
    "debian": "etc/puppet/puppetserver/services.d",
}
each_kind = pytest.mark.parametrize("kind", SERVICES)


def state(root: Path, **environ: str) -> CaService:
    authority = read_authority(environ, root)
    assert authority is not None
    return authority.service


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (ENABLED, CaService.ON),
        (DISABLED, CaService.OFF),
        (f"{ENABLED}#{DISABLED}", CaService.ON),
        (f"#{ENABLED}{DISABLED}", CaService.OFF),
        (f" ; {ENABLED}\t{DISABLED.strip()} # a compiler\n", CaService.OFF),
        (f"{ENABLED.strip()};{DISABLED}", CaService.ON),
        (ENABLED.replace("\n", "\r\n"), CaService.ON),
        (ENABLED + DISABLED, CaService.OFF),  # Puppet Server does not start
        (ENABLED.strip() + "s\n", CaService.UNKNOWN),
        ("other.services/service\n", CaService.UNKNOWN),
        ("", CaService.UNKNOWN),
    ],
)
@each_kind
def test_the_state_of_the_ca_service(
    kind: str, text: str, expected: CaService, tmp_path: Path
) -> None:
    root = make_host(tmp_path / "host", kind)
    (root / SERVICES[kind] / "ca.cfg").write_text(text)
    assert state(root) is expected


@each_kind
def test_a_compiler_is_told_by_the_file_and_the_way_out(kind: str, tmp_path: Path) -> None:
    root = make_host(tmp_path / "host", kind)
    (root / SERVICES[kind] / "ca.cfg").write_text(DISABLED)
    authority = read_authority({}, root)
    refused = refusal(authority, shares_id=False)
    assert isinstance(refused, NotOneSiteError)
    for told in (refused, warning(authority, shares_id=False)):
        assert f"CA service is off ({root / SERVICES[kind]}/ca.cfg)" in str(told)
        assert "`:seed_file:` in telemetry.yaml" in str(told)
    assert refusal(authority, shares_id=True) is None
    assert warning(authority, shares_id=True) is None


def test_the_ca_server_hears_nothing(tmp_path: Path) -> None:
    root = make_host(tmp_path / "host", "upstream")
    (root / SERVICES["upstream"] / "ca.cfg").write_text(ENABLED)
    authority = read_authority({}, root)
    assert refusal(authority, shares_id=False) is None
    assert warning(authority, shares_id=False) is None


def test_a_server_whose_bootstrap_files_are_gone_is_not_known_to_run_the_ca(
    tmp_path: Path,
) -> None:
    root = make_host(tmp_path / "host", "debian")
    (root / SERVICES["debian"] / "bootstrap.cfg").unlink()
    (root / SERVICES["debian"]).rmdir()
    assert state(root) is CaService.UNKNOWN
    told = str(refusal(read_authority({}, root), shares_id=False))
    assert f"{root / SERVICES['debian']} does not say" in told
    assert "BOOTSTRAP_CONFIG in /etc/default/puppetserver" in told


@pytest.mark.parametrize("file", ["etc/default/puppetserver", "etc/sysconfig/puppetserver"])
def test_bootstrap_files_elsewhere(file: str, tmp_path: Path) -> None:
    root = make_host(tmp_path / "host", "upstream")
    (root / SERVICES["upstream"] / "ca.cfg").write_text(DISABLED)  # not read then
    (root / file).parent.mkdir(exist_ok=True)
    (root / file).write_text('BOOTSTRAP_CONFIG="/srv/one.cfg,/srv/more/"\n')
    (root / "srv/more").mkdir(parents=True)
    assert state(root) is CaService.UNKNOWN
    (root / "srv/one.cfg").write_text("other.services/service\n")
    (root / "srv/more/ca.cfg").write_text(ENABLED)
    assert state(root) is CaService.ON
    (root / "srv/more/ca.cfg").rename(root / "srv/more/ca.cfg.old")
    assert state(root) is CaService.UNKNOWN


def test_what_puppetserver_exports_wins(tmp_path: Path) -> None:
    root = make_host(tmp_path / "host", "upstream")
    (root / SERVICES["upstream"] / "ca.cfg").write_text(DISABLED)
    (tmp_path / "ca.cfg").write_text(ENABLED)
    assert state(root, BOOTSTRAP_CONFIG=f"{tmp_path}/none,{tmp_path}/ca.cfg") is CaService.ON
    assert state(root, BOOTSTRAP_CONFIG="") is CaService.OFF


def test_a_mounted_file_is_a_link_as_in_kubernetes(tmp_path: Path) -> None:
    root = make_host(tmp_path / "host", "upstream")
    services = root / SERVICES["upstream"]
    (services / "..2026").mkdir()
    (services / "..2026/ca.cfg").write_text(DISABLED)
    (services / "..data").symlink_to("..2026")
    (services / "ca.cfg").symlink_to("..data/ca.cfg")
    assert state(root) is CaService.OFF


def test_a_file_that_cannot_be_read_is_no_ca(tmp_path: Path) -> None:
    root = make_host(tmp_path / "host", "upstream")
    (root / SERVICES["upstream"] / "ca.cfg").symlink_to("ca.cfg")
    assert state(root) is CaService.UNKNOWN


@pytest.mark.parametrize("name", [".ca.cfg", "ca.cfg~", "ca.CFG", "cfg"])
def test_a_file_that_puppet_server_does_not_read_does_not_count(name: str, tmp_path: Path) -> None:
    root = make_host(tmp_path / "host", "upstream")
    (root / SERVICES["upstream"] / name).write_text(ENABLED)
    assert state(root) is CaService.UNKNOWN


def test_a_directory_with_too_many_files_is_no_ca(tmp_path: Path) -> None:
    root = make_host(tmp_path / "host", "upstream")
    for number in range(MOST + 1):
        (root / SERVICES["upstream"] / f"{number}.cfg").write_text(ENABLED)
    assert state(root) is CaService.UNKNOWN


def test_a_configuration_without_a_known_package_is_no_ca(tmp_path: Path) -> None:
    assert state(tmp_path, CONFIG="/srv/conf.d") is CaService.UNKNOWN


def test_without_a_puppet_server_there_is_no_compiler(tmp_path: Path) -> None:
    assert read_authority({}, tmp_path) is None
    assert refusal(None, shares_id=False) is None
    assert warning(None, shares_id=False) is None
