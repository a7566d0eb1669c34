"""The archive with an interpreter of its own, in an old Debian without Python."""

from __future__ import annotations

import platform
import re
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from dropsonde import __version__
from dropsonde.common.errors import DeliveryError, IntegrationError
from ext.standalone.sources import PACKAGES
from ext.standalone.zig import GLIBC
from tests.doubles.authority import Authority
from tests.doubles.endpoint import LoopbackEndpoint
from tests.real.built import built_standalone, standalone_packages, workshop
from tests.real.processes import run
from tests.real.puppetserver import USER
from tests.real.server_machine import private_machine
from tests.support.patience import PATIENCE

pytestmark = pytest.mark.real

NAME = f"dropsonde-{__version__}-linux-{platform.machine()}"
PLACE = "srv/a place"
OLDEST = "bullseye"
# A shell, `readlink`, and what Rust's libraries need of every system: no Python.
CONTENT = "dash,coreutils,libc-bin,libgcc-s1"
# Enterprise Linux has its authorities here, and /etc/ssl/certs leads to this directory.
AUTHORITIES = "etc/pki/tls/certs"
SUBCOMMAND = ("puppetserver", "dropsonde")


@dataclass(frozen=True)
class OldSystem:
    """A directory with an old Debian, and the archive unpacked in it."""

    root: Path

    def start(self, *words: str, program: str = f"/{PLACE}/{NAME}/bin/dropsonde") -> str:
        done = self.run(*words, program=program)
        assert (done.stderr, done.returncode) == ("", 0)
        return done.stdout

    def run(
        self, *words: str, program: str = f"/{PLACE}/{NAME}/bin/dropsonde"
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["/usr/sbin/chroot", self.root, program, *words],
            env={"PATH": "/usr/bin:/bin", "HOME": "/nonexistent"},
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )


@pytest.fixture(scope="module")
def old_system(tmp_path_factory: pytest.TempPathFactory) -> OldSystem:
    root = tmp_path_factory.mktemp("old") / "root"
    run(["mmdebstrap", "--quiet", "--variant=extract", f"--include={CONTENT}", OLDEST, root])
    assert not [*root.rglob("*python*")]
    unpack(root / PLACE)
    return OldSystem(root)


@pytest.fixture
def trusted(old_system: OldSystem, tmp_path: Path) -> Iterator[Authority]:
    """An authority that the old system trusts, as Enterprise Linux keeps them."""
    authority = Authority.make(tmp_path)
    own = old_system.root / AUTHORITIES
    own.mkdir(parents=True)
    (own / "ca-bundle.crt").write_text(Path(authority.file).read_text())
    ssl = old_system.root / "etc/ssl"
    ssl.mkdir()
    (ssl / "certs").symlink_to(f"/{AUTHORITIES}")
    yield authority
    shutil.rmtree(ssl)
    shutil.rmtree(own)


def unpack(directory: Path) -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    run(["tar", "-xzf", built_standalone(), "-C", directory])
    return directory / NAME


def programs(directory: Path) -> list[Path]:
    """Every file of machine code."""
    files = [path for path in sorted(directory.rglob("*")) if path.is_file()]
    return [path for path in files if path.read_bytes().startswith(b"\x7fELF")]


def version(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split(".")))


def test_nothing_in_it_needs_a_newer_glibc(old_system: OldSystem) -> None:
    found = programs(old_system.root / PLACE)
    assert {"python", "_rust", "rpds"} <= {path.name.split(".")[0] for path in found}
    for path in found:
        needed = re.findall(r"Name: GLIBC_([0-9.]+)", run(["readelf", "--version-info", path]))
        assert needed, path
        assert max(map(version, needed)) <= version(GLIBC), path


def test_openssl_is_within_it_and_not_offered_to_others(old_system: OldSystem) -> None:
    (python,) = (path for path in programs(old_system.root / PLACE) if path.name == "python")
    assert "OpenSSL 3." in python.read_bytes().decode("latin-1")
    dynamic = run(["readelf", "--wide", "--dyn-syms", "--dynamic", python])
    assert "PyObject_Call" in dynamic
    assert not re.search(r" (SSL_new|EVP_DigestInit_ex|deflate)\b", dynamic)
    assert b"/dropsonde-" not in python.read_bytes()  # the directory of the build


def test_it_runs_where_there_is_no_python(old_system: OldSystem) -> None:
    assert old_system.start("--version") == f"dropsonde {__version__}\n"
    assert "To be sent: " in old_system.start("preview", "--demo")


def test_a_link_starts_it(old_system: OldSystem) -> None:
    link = old_system.root / "usr/bin/dropsonde"
    link.symlink_to(f"/{PLACE}/{NAME}/bin/dropsonde")
    assert old_system.start("--version", program="dropsonde") == f"dropsonde {__version__}\n"


def test_it_submits_to_a_collector_that_the_system_trusts(
    old_system: OldSystem, trusted: Authority
) -> None:
    with LoopbackEndpoint(tls=trusted.server("endpoint")) as endpoint:
        old_system.start("submit", "--demo", "--endpoint", endpoint.url)
    assert [request.method for request in endpoint.received] == ["POST"]


def test_it_trusts_nobody_else(old_system: OldSystem, tmp_path: Path) -> None:
    with LoopbackEndpoint(tls=Authority.make(tmp_path).server("endpoint")) as endpoint:
        done = old_system.run("submit", "--demo", "--endpoint", endpoint.url)
    assert done.returncode == DeliveryError.exit_code
    assert "its certificate is signed by an unknown authority" in done.stderr
    assert not endpoint.received


def test_it_is_roots_in_one_directory() -> None:
    with tarfile.open(built_standalone()) as archive:
        entries = archive.getmembers()
    assert {entry.name.split("/")[0] for entry in entries} == {NAME}
    assert {(entry.uid, entry.gid) for entry in entries} == {(0, 0)}
    assert {entry.mode for entry in entries} == {0o755, 0o644}
    assert all(entry.isdir() or entry.isreg() for entry in entries)


def test_it_tells_its_origins_and_their_licences(old_system: OldSystem) -> None:
    documents = old_system.root / PLACE / NAME / "share/doc/dropsonde"
    lines = (documents / "SOURCES").read_text().splitlines()[2:]
    assert [line.split()[0] for line in lines] == [*PACKAGES, "ziglang"]
    for name in (*PACKAGES, "ziglang"):
        assert "opyright" in (documents / "licences" / name).read_text()
    assert "Apache License" in (documents / "LICENSE").read_text()


def test_puppet_server_runs_it() -> None:
    with private_machine() as machine:
        program = f"/opt/{NAME}/bin/dropsonde"
        unpack(machine.root / "opt")
        machine.do(program, "integrate")
        machine.do(program, "integrate", "--check")
        assert machine.do(*SUBCOMMAND, "--version") == f"dropsonde {__version__}\n"
        done = machine.run(*SUBCOMMAND, "preview", "--demo", user=USER)
        assert (done.stderr, done.returncode) == ("", 0)
        python = f'"/opt/{NAME}/lib/dropsonde/bin/python" -I -m dropsonde_puppetserver.'
        wrapper = machine.root / "usr/share/puppetserver/cli/apps/dropsonde"
        assert f"exec {python}subcommand" in wrapper.read_text()
        service = machine.root / "etc/systemd/system/dropsonde.service"
        assert f"ExecStart={python}scheduled\n" in service.read_text()
        machine.do(*SUBCOMMAND, "integrate", "--remove")


def test_it_is_not_put_into_puppet_server_from_where_the_service_cannot_see_it() -> None:
    with private_machine() as machine:
        unpack(machine.root / "home")
        done = machine.run(f"/home/{NAME}/bin/dropsonde", "integrate")
        assert done.returncode == IntegrationError.exit_code
        assert "the service cannot see /home" in done.stderr


def test_the_packages_need_no_python() -> None:
    deb, rpm = standalone_packages()
    depends = run(["dpkg-deb", "--field", deb, "Depends"])
    assert depends.strip() == f"libc6 (>= {GLIBC}), libgcc-s1 | libgcc1"
    needed = {
        line
        for line in run(["rpm", "--query", "--package", "--requires", rpm]).splitlines()
        if not line.startswith("rpmlib(")
    }
    assert needed == {"/bin/sh", f"glibc >= {GLIBC}", "libgcc"}


@pytest.mark.parametrize("kind", ["deb", "rpm"])
def test_a_package_comes_and_goes(kind: str) -> None:
    deb, rpm = standalone_packages()
    package, install, remove = {
        "deb": (deb, ["dpkg", "--install"], ["dpkg", "--purge"]),
        "rpm": (
            rpm,
            ["rpm", "--dbpath", "/run/rpm", "--nodeps", "--install"],
            ["rpm", "--dbpath", "/run/rpm", "--nodeps", "--erase"],
        ),
    }[kind]
    with private_machine() as machine:
        shutil.copy(package, machine.root / "run")
        machine.do(*install, f"/run/{package.name}")
        assert machine.do("dropsonde", "--version") == f"dropsonde {__version__}\n"
        assert machine.do(*SUBCOMMAND, "--version") == f"dropsonde {__version__}\n"
        machine.do("dropsonde", "integrate", "--check")
        timer = "etc/systemd/system/timers.target.wants/dropsonde.timer"
        assert "/systemd/system/dropsonde.timer" in str((machine.root / timer).readlink())
        machine.do(*remove, "dropsonde")
        assert not (machine.root / "usr/share/puppetserver/cli/apps/dropsonde").exists()
        assert not (machine.root / "usr/lib/dropsonde").exists()


def test_what_the_build_lacks_is_said_before_anything_is_fetched() -> None:
    with private_machine() as machine:
        shutil.copytree(workshop() / "a checkout", machine.root / "run/a checkout")
        machine.do("rm", "/usr/bin/make", "/usr/bin/dpkg-source")
        done = machine.run("/run/a checkout/ext/standalone/build")
        assert (done.stdout, done.returncode) == ("", 1)
        assert done.stderr == (
            "ext/standalone/build: this machine lacks dpkg-dev make: "
            "apt-get install dpkg-dev make perl\n"
        )
        assert not (machine.root / "run/a checkout/dist").exists()
