"""Which packaging is there, and whether that server runs dropsonde itself."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from dropsonde.common.errors import IntegrationError
from dropsonde_puppetserver.packaging import Packaging, find
from tests.unit.puppetserver.hosts import DEBIAN, KINDS, SERVICE, UPSTREAM, make_host


def found(root: Path) -> Packaging:
    packaging = find(root)
    assert packaging is not None
    return packaging


@pytest.mark.parametrize("kind", KINDS)
def test_the_packaging(kind: str, tmp_path: Path) -> None:
    root = make_host(tmp_path / "host", kind)
    debian = kind.startswith("debian")
    packaging = found(root)
    assert packaging.name == ("debian" if debian else "upstream")
    assert packaging.install_dir == root / (DEBIAN if debian else UPSTREAM)
    assert packaging.confd.is_dir()
    assert packaging.data_dir.is_dir()
    assert packaging.analytics == (kind in {"upstream", "openvox"})
    assert packaging.defaults["PUPPET_VARDIR"] == str(packaging.data_dir)
    assert set(packaging.defaults) == {
        f"PUPPET_{name}DIR" for name in ("CONF", "CODE", "VAR", "LOG")
    }


def test_no_puppet_server(tmp_path: Path) -> None:
    assert find(tmp_path) is None


def test_directories_alone_are_no_puppet_server(tmp_path: Path) -> None:
    root = make_host(tmp_path / "host", "debian")
    (root / DEBIAN / "puppetserver.jar").unlink()
    (root / DEBIAN / "puppetserver-7.jar").unlink()
    assert find(root) is None


def test_a_host_that_moved_to_upstreams_packages(tmp_path: Path) -> None:
    root = make_host(tmp_path / "host", "debian")
    shutil.copytree(make_host(tmp_path / "other", "upstream") / "opt", root / "opt")
    assert found(root).name == "upstream"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("CONFIG=/srv/conf.d", "srv/conf.d"),
        ('CONFIG="/srv/conf.d"  # ours', "srv/conf.d"),
        ("CONFIG='/srv/with blank'", "srv/with blank"),
        ("  export CONFIG=/srv/conf.d", "srv/conf.d"),
        ("CONFIG=/srv/old\nCONFIG=/srv/new", "srv/new"),
        ("#CONFIG=/srv/conf.d", "etc/puppet/puppetserver/conf.d"),
        ("CONFIG=", "etc/puppet/puppetserver/conf.d"),
        ("CONFIG=$OTHER/conf.d", "etc/puppet/puppetserver/conf.d"),
        ('CONFIG="/srv', "etc/puppet/puppetserver/conf.d"),
        ("MY_CONFIG=/srv/conf.d", "etc/puppet/puppetserver/conf.d"),
    ],
)
@pytest.mark.parametrize("file", ["etc/default/puppetserver", "etc/sysconfig/puppetserver"])
def test_another_configuration_directory(
    file: str, line: str, expected: str, tmp_path: Path
) -> None:
    root = make_host(tmp_path / "host", "debian")
    (root / file).parent.mkdir(exist_ok=True)
    (root / file).write_text(f"JAVA_ARGS='-Xmx1g'\n{line}\n")
    assert found(root).confd == root / expected


@pytest.mark.parametrize(
    ("text", "runs"),
    [
        (SERVICE, True),
        (f"other/service\n  {SERVICE}", True),
        (f"#{SERVICE}other/service\n", False),
        (f"; {SERVICE}other/service\n", False),
        (f"{SERVICE.strip()} # counts\n", True),
        ("other/service\n", False),
        ("", True),  # nothing is known: taken to run
    ],
)
def test_a_server_whose_analytics_service_is_switched_off(
    text: str, runs: bool, tmp_path: Path
) -> None:
    root = make_host(tmp_path / "host", "upstream")
    (root / "etc/puppetlabs/puppetserver/services.d/bootstrap.cfg").write_text(text)
    assert found(root).analytics == runs


def test_other_bootstrap_files(tmp_path: Path) -> None:
    root = make_host(tmp_path / "host", "upstream")
    (root / "etc/default").mkdir()
    (root / "srv").mkdir()
    (root / "srv/one.cfg").write_text("other/service\n")
    (root / "etc/default/puppetserver").write_text("BOOTSTRAP_CONFIG=/srv/one.cfg,/srv/none\n")
    assert not found(root).analytics


def test_a_broken_jar(tmp_path: Path) -> None:
    root = make_host(tmp_path / "host", "upstream")
    (root / UPSTREAM / "puppet-server-release.jar").write_bytes(b"PK\x03\x04 broken")
    with pytest.raises(IntegrationError, match=r"puppet-server-release\.jar: cannot be read"):
        _ = found(root).analytics
