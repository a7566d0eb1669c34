"""Whether a host has a default endpoint: only where Puppet's own server sends there itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from dropsonde_puppetserver.default_endpoint import URL, default_endpoint
from tests.unit.puppetserver.hosts import (
    ANALYTICS,
    KINDS,
    SERVICE,
    UPSTREAM,
    make_host,
    write_jar,
)

JAR = f"{UPSTREAM}/puppet-server-release.jar"
SERVICES = "etc/puppetlabs/puppetserver/services.d/bootstrap.cfg"


def installed_by(root: Path, package: str) -> None:
    """Write what dpkg keeps of a package that installed the jar."""
    info = root / "var/lib/dpkg/info"
    info.mkdir(parents=True)
    (info / f"{package}.list").write_text(f"/.\n/opt\n/{UPSTREAM}\n/{JAR}\n")


def rpm_says(root: Path, script: str) -> None:
    """Put a program in rpm's place."""
    rpm = root / "usr/bin/rpm"
    rpm.parent.mkdir(parents=True)
    rpm.write_text(f"#!/bin/sh\n{script}\n")
    rpm.chmod(0o755)


@pytest.fixture
def host(tmp_path: Path) -> Path:
    """A host with Puppet's own server, whose package is not known yet."""
    return make_host(tmp_path / "host", "upstream")


def test_puppets_own_server_has_one(host: Path) -> None:
    installed_by(host, "puppetserver")
    assert default_endpoint(host) == (URL, "this Puppet Server's own analytics service sends there")


def test_rpm_tells_whose_package_it_is(host: Path) -> None:
    rpm_says(host, f'case "$*" in *"--file /{JAR}") echo puppetserver ;; esac')
    assert default_endpoint(host).url == URL


@pytest.mark.parametrize(
    "script",
    [
        "echo openvox-server",
        "echo puppetserver; echo openvox-server",
        "echo puppetserver; exit 1",
        f"echo 'file /{JAR} is not owned by any package'",
        "exit 1",
        "kill $$",
    ],
)
def test_any_other_answer_of_rpm_leaves_none(host: Path, script: str) -> None:
    rpm_says(host, script)
    assert default_endpoint(host).url is None


@pytest.mark.parametrize("kind", KINDS)
def test_a_package_that_nobody_knows_leaves_none(tmp_path: Path, kind: str) -> None:
    assert default_endpoint(make_host(tmp_path / "host", kind)).url is None


def test_openvox_has_none_even_with_the_analytics_service(host: Path) -> None:
    installed_by(host, "openvox-server")
    assert default_endpoint(host) == (None, "OpenVox Server sends nothing to Puppet")


def test_a_jar_with_openvoxs_libraries_leaves_none(host: Path) -> None:
    installed_by(host, "puppetserver")
    write_jar(host / JAR, ANALYTICS, "META-INF/maven/org.openvoxproject/puppetserver/pom.xml")
    assert default_endpoint(host) == (None, "OpenVox Server sends nothing to Puppet")


def test_a_server_without_the_service_leaves_none(tmp_path: Path) -> None:
    root = make_host(tmp_path / "host", "upstream 7.4")
    installed_by(root, "puppetserver")
    assert default_endpoint(root) == (None, "this Puppet Server has no analytics service")


@pytest.mark.parametrize("text", ["", f"#{SERVICE}", "other/service\n"])
def test_a_service_that_is_not_started_for_certain_leaves_none(host: Path, text: str) -> None:
    installed_by(host, "puppetserver")
    (host / SERVICES).write_text(text)
    assert default_endpoint(host).url is None


def test_a_broken_jar_leaves_none(host: Path) -> None:
    installed_by(host, "puppetserver")
    (host / JAR).write_bytes(b"PK\x03\x04 broken")
    assert default_endpoint(host) == (None, "this Puppet Server's files cannot be read")


def test_debians_server_and_no_server_have_none(tmp_path: Path) -> None:
    assert default_endpoint(tmp_path) == (None, "there is no Puppet Server here")
    root = make_host(tmp_path / "host", "debian")
    assert default_endpoint(root) == (None, "Debian's Puppet Server sends nothing")
