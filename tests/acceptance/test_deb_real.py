"""The Debian package: what is in it, and what comes and goes with it."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from dropsonde import __version__
from dropsonde.settings import telemetry_yaml
from dropsonde.settings.options import OPTIONS
from tests.real.built import DEBIANS_PYTHON, built_deb, wheels, workshop
from tests.real.processes import run
from tests.real.puppetserver import USER
from tests.real.server_files import Entry, differences
from tests.real.server_machine import Machine, private_machine
from tests.real.server_site import STATE, install
from tests.real.upstream import DATA_DIR, GEM, NAME, upstream_deb
from tests.support.program import Program
from tests.unit.cli.probe.test_verify import HELD, HOLDER, key_file, pem, settle

pytestmark = [pytest.mark.real, pytest.mark.each_debian]

VENV = "usr/lib/dropsonde"
SITE = f"{VENV}/lib/{Path(DEBIANS_PYTHON).name}/site-packages"
SERVER = "puppetserver"
DEBIANS = f"/usr/share/{SERVER}"
SUBCOMMAND = "usr/share/puppetserver/cli/apps/dropsonde"
TIMER = "etc/systemd/system/timers.target.wants/dropsonde.timer"
UNCHECKED_HASH = b"\1\0\0\0"  # after a compiled file's magic number
# What dpkg and its helpers keep for themselves.
BOOKKEEPING = (
    "/etc/hosts",
    "/var/cache/debconf",
    "/var/cache/ldconfig",
    "/var/cache/man",
    "/var/lib/dpkg",
    "/var/log",
)


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package's files, nowhere near where they belong, with the Python that they look for."""
    directory = tmp_path_factory.mktemp("unpacked")
    run(["dpkg-deb", "--extract", built_deb(), directory])
    (directory / DEBIANS_PYTHON.lstrip("/")).symlink_to(DEBIANS_PYTHON)
    return directory


@pytest.fixture
def machine() -> Iterator[Machine]:
    """A machine with Debian's Puppet Server, and nothing of ours."""
    with private_machine() as fresh:
        yield fresh


def changed(machine: Machine) -> Mapping[str, Entry]:
    found = differences(machine)
    return {path: entry for path, entry in found.items() if not path.startswith(BOOKKEEPING)}


def test_lintian_has_nothing_to_say() -> None:
    command = ("lintian", "--allow-root", "--fail-on", "error,warning", built_deb())
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("", 0)


def test_the_environment_holds_the_libraries_and_nothing_else(unpacked: Path) -> None:
    names = {path.name.split("-")[0] for path in (unpacked / SITE).glob("*.dist-info")}
    assert names == {wheel.name.split("-")[0] for wheel in wheels().glob("*.whl")}
    assert not {"pip", "setuptools", "wheel"} & names
    assert [path.name for path in (unpacked / VENV / "bin").iterdir()] == ["python"]
    link = (unpacked / VENV / "bin/python").readlink()
    assert os.path.normpath(f"/{VENV}/bin/{link}") == DEBIANS_PYTHON


def test_no_path_of_the_builder_is_in_it(unpacked: Path) -> None:
    builders = (str(workshop()).encode(), sys.prefix.encode(), b"debian/dropsonde/")
    told = [
        path
        for path in unpacked.rglob("*")
        if path.is_file() and any(word in path.read_bytes() for word in builders)
    ]
    assert told == []


def test_all_is_compiled_once_for_all(unpacked: Path) -> None:
    sources = list((unpacked / SITE).rglob("*.py"))
    tag = Path(DEBIANS_PYTHON).name.replace("python", "cpython-").replace(".", "")
    compiled = [path.parent / f"__pycache__/{path.stem}.{tag}.pyc" for path in sources]
    assert len(sources) > 300
    assert {path.read_bytes()[4:8] for path in compiled} == {UNCHECKED_HASH}


def test_the_copyright_file_knows_every_library(unpacked: Path) -> None:
    text = (unpacked / "usr/share/doc/dropsonde/copyright").read_text()
    for metadata in (unpacked / SITE).glob("*.dist-info"):
        name = metadata.name.split("-")[0]
        assert name == "dropsonde_telemetry" or f"*/site-packages/{name}*" in text


def test_it_verifies_a_receipt(unpacked: Path, tmp_path: Path) -> None:
    site = Program(tmp_path)
    settle(site, "https://telemetry.example.com")
    name = key_file(site, pem(HOLDER))
    python = unpacked / VENV / "bin/python"
    words = (python, "-I", "-m", "dropsonde", "verify", "--key", tmp_path / name)
    done = subprocess.run(words, env=site.environ, capture_output=True, text=True, check=False)
    assert (done.stderr, done.returncode) == ("", 0)
    assert HELD in done.stdout


def test_every_setting_stands_in_the_example(unpacked: Path, tmp_path: Path) -> None:
    example = unpacked / "usr/share/doc/dropsonde/examples/telemetry.yaml"
    assert telemetry_yaml.read(example) == {}
    everything = tmp_path / "telemetry.yaml"
    everything.write_text(example.read_text().replace("\n#:", "\n:"))
    assert list(telemetry_yaml.read(everything)) == [option.name for option in OPTIONS]


def test_the_manual_and_the_completions_are_this_versions(unpacked: Path) -> None:
    written = sorted(workshop().glob("a checkout/man/*.[158]"))
    pages = [page for page in written if page.stem != "dropsonde-collector"]  # not in the package
    assert len(pages) == len(written) - 1 == 3
    for page in pages:
        packed = unpacked / f"usr/share/man/man{page.suffix[1:]}/{page.name}.gz"
        assert gzip.decompress(packed.read_bytes()) == page.read_bytes()
    python = unpacked / VENV / "bin/python"
    for shell, file in (
        ("bash", "bash-completion/completions/dropsonde"),
        ("zsh", "zsh/vendor-completions/_dropsonde"),
    ):
        script = run([python, "-I", "-m", "dropsonde", "completion", shell])
        assert (unpacked / "usr/share" / file).read_text() == script


def test_it_comes_stays_and_goes(machine: Machine) -> None:
    before = changed(machine)
    install(machine, built_deb())
    installed = changed(machine)
    assert {f"/{SUBCOMMAND}", f"/{TIMER}"} <= set(installed)
    assert machine.do("dropsonde", "--version") == f"dropsonde {__version__}\n"
    for user in (None, USER):
        done = machine.run("dropsonde", "preview", "--demo", user=user)
        assert (done.stderr, done.returncode) == ("", 0)
    assert set(changed(machine)) == set(installed)  # nothing was compiled

    machine.do("touch", f"/{STATE}/forge.json")
    told = install(machine, built_deb())  # as an upgrade
    assert "removed" not in told
    assert set(changed(machine)) == {*installed, f"/{STATE}/forge.json"}

    machine.do("dpkg", "--remove", "dropsonde")
    left = set(changed(machine)) - set(before)
    assert {path for path in left if not path.startswith(f"/{STATE}")} == set()
    assert f"/{STATE}/forge.json" in left
    machine.do("dpkg", "--purge", "dropsonde")
    assert changed(machine) == before


def test_a_purge_follows_no_link(machine: Machine) -> None:
    install(machine, built_deb())
    machine.do("mkdir", "/var/lib/elsewhere")
    machine.do("touch", "/var/lib/elsewhere/seed")
    machine.do("ln", "-s", "/var/lib/elsewhere", f"/{STATE}/linked")
    machine.do("dpkg", "--remove", "dropsonde")
    assert (machine.root / STATE / "linked").is_symlink()
    machine.do("dpkg", "--purge", "dropsonde")
    assert not (machine.root / STATE).exists()
    assert (machine.root / "var/lib/elsewhere/seed").exists()

    install(machine, built_deb())
    machine.do("rm", "-r", f"/{STATE}")
    machine.do("ln", "-s", "/var/lib/elsewhere", f"/{STATE}")
    machine.do("dpkg", "--purge", "dropsonde")
    assert (machine.root / "var/lib/elsewhere/seed").exists()


def test_it_waits_for_a_puppet_server(machine: Machine) -> None:
    machine.do("sh", "-c", f"mv {DEBIANS}/*.jar /run")
    (machine.root / "run/dropsonde.deb").write_bytes(built_deb().read_bytes())
    done = machine.run("dpkg", "--install", "/run/dropsonde.deb")
    complaints = [line for line in done.stderr.splitlines() if line.startswith("dropsonde: ")]
    assert done.returncode == 0
    assert len(complaints) == 1
    assert "there is no Puppet Server here" in complaints[0]
    assert not (machine.root / SUBCOMMAND).exists()

    machine.do("sh", "-c", f"mv /run/*.jar {DEBIANS}")
    machine.do("dpkg-trigger", "--no-await", f"--by-package={SERVER}", DEBIANS)
    machine.do("dpkg", "--triggers-only", "--pending")
    assert (machine.root / SUBCOMMAND).exists()


def test_puppets_own_packages_get_back_what_is_theirs(machine: Machine, tmp_path: Path) -> None:
    # No package owns /opt: dpkg removes it with the last one whose files are there.
    machine.do("mkdir", "/opt/another")
    before = changed(machine)
    package = upstream_deb(tmp_path)
    install(machine, built_deb())
    install(machine, package)
    root = machine.root
    assert (root / DATA_DIR / "dropsonde").owner() == USER
    for name in GEM:
        ours = name.endswith("/dropsonde")
        assert (root / name).read_text() != GEM[name] if ours else (root / name).exists()
    assert not (root / SUBCOMMAND).exists()
    assert not (root / TIMER).is_symlink()  # the server has a schedule of its own

    machine.do("touch", f"/{DATA_DIR}/dropsonde/seed")
    machine.do("dpkg", "--purge", "dropsonde")
    assert {name: (root / name).read_text() for name in GEM} == GEM
    assert sorted(path.name for path in (root / DATA_DIR / "dropsonde").iterdir()) == [
        "bin",
        "gems",
    ]
    machine.do("dpkg", "--purge", NAME)
    assert changed(machine) == before
