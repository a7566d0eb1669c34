"""Whose Puppet Server a host has, and its version."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from dropsonde_puppetserver.identity import identity
from tests.unit.puppetserver.hosts import DEBIAN, UPSTREAM, make_host

JARS = {"debian": f"{DEBIAN}/puppetserver-7.jar"}
PUPPETS = "META-INF/maven/puppetlabs/puppetserver/pom.properties"
OPENVOXS = "META-INF/maven/org.openvoxproject/puppetserver/pom.properties"
ABOUT = "groupId=acme\nartifactId=puppetserver\nversion={}\n"


def installed(root: Path, kind: str, package: str, files: dict[str, str]) -> Path:
    """A host with a server's jar of these files, which dpkg lists in a package."""
    host = make_host(root / "host", kind)
    jar = JARS.get(kind, f"{UPSTREAM}/puppet-server-release.jar")
    with zipfile.ZipFile(host / jar, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    if package:
        listed = host / f"var/lib/dpkg/info/{package}.list"
        listed.parent.mkdir(parents=True)
        listed.write_text(f"/.\n/{jar}\n")
    return host


@pytest.mark.parametrize(
    ("kind", "package", "files", "expected"),
    [
        ("upstream", "puppetserver", {PUPPETS: ABOUT.format("8.7.0")}, ("puppet", "8.7")),
        ("openvox", "openvox-server", {PUPPETS: ABOUT.format("8.11.0")}, ("openvox", "8.11")),
        # Without a package's list, as in an image: its libraries tell.
        ("openvox", "", {OPENVOXS: ABOUT.format("9.1.0-SNAPSHOT")}, ("openvox", "9.1")),
        ("upstream", "pe-puppetserver", {PUPPETS: ABOUT.format("8.6.3.1")}, ("pe", "8.6")),
        ("debian", "puppetserver", {PUPPETS: ABOUT.format("7.9.5")}, ("puppet", "7.9")),
        ("debian", "", {PUPPETS: ABOUT.format("7.9.5")}, ("puppet", "7.9")),
        # What does not tell is not known.
        ("upstream", "", {PUPPETS: ABOUT.format("8.7.0")}, (None, "8.7")),
        ("upstream", "acme-puppetserver", {PUPPETS: ABOUT.format("8.7.0")}, (None, "8.7")),
        ("upstream", "puppetserver", {PUPPETS: ABOUT.format("acme")}, ("puppet", None)),
        ("upstream", "puppetserver", {PUPPETS: "version=\n"}, ("puppet", None)),
        ("upstream", "puppetserver", {PUPPETS: "x" * 9000 + "\nversion=1.2\n"}, ("puppet", None)),
        ("upstream", "puppetserver", {}, ("puppet", None)),
        (
            "upstream",
            "puppetserver",
            {"META-INF/maven/acme/puppetserver/pom.properties": ABOUT.format("8.7.0")},
            ("puppet", None),
        ),
    ],
)
def test_its_files_tell(
    tmp_path: Path,
    kind: str,
    package: str,
    files: dict[str, str],
    expected: tuple[str | None, str | None],
) -> None:
    assert identity(installed(tmp_path, kind, package, files)) == expected


def test_a_host_without_a_server_has_none(tmp_path: Path) -> None:
    assert identity(tmp_path) is None


def test_of_a_jar_that_cannot_be_read_nothing_is_known(tmp_path: Path) -> None:
    host = make_host(tmp_path / "host", "upstream")
    (host / UPSTREAM / "puppet-server-release.jar").write_bytes(b"PK\x03\x04 acme")
    assert identity(host) == (None, None)


def test_of_a_jar_whose_file_cannot_be_read_nothing_is_known(tmp_path: Path) -> None:
    files = {PUPPETS: ABOUT.format("8.7.0")}
    host = installed(tmp_path, "upstream", "puppetserver", files)
    jar = host / UPSTREAM / "puppet-server-release.jar"
    jar.write_bytes(b"\0" * 4 + jar.read_bytes()[4:])  # it is still listed
    assert identity(host) == (None, None)
