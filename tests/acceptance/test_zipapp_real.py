"""The one-file program, for servers without network."""

from __future__ import annotations

import ast
import os
import shutil
import stat
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from dropsonde import __version__
from dropsonde.common.errors import ForgedReceiptError
from ext.zipapp.start import MACHINES, PYTHONS
from tests.real.built import DEBIANS_PYTHON, built_pyz
from tests.real.puppetserver import USER
from tests.real.server_machine import private_machine
from tests.support.patience import PATIENCE
from tests.support.places import let_others_in
from tests.support.program import Program
from tests.unit.cli.probe.test_verify import HELD, HOLDER, OTHER, key_file, pem, settle

pytestmark = [pytest.mark.real, pytest.mark.each_debian]

NOBODY = 65534
SUBCOMMAND = ("puppetserver", "dropsonde")
COMPILED = (
    "_cffi_backend",
    "charset_normalizer/md",
    "cryptography/hazmat/bindings/_rust",
    "rpds/rpds",
    "tree_sitter/_binding",
    "tree_sitter_ruby/_binding",
)
# The network is the host's own loopback and nothing else.
WITHOUT_NETWORK = ("unshare", "--net", "sh", "-c", 'ip link set lo up; exec "$@"', "sh")
UNPRIVILEGED = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--")


def pythons() -> list[str]:
    """Debian's Python, and one of each other version that this machine has."""
    found = {DEBIANS_PYTHON.rpartition("python")[2]: DEBIANS_PYTHON}
    for version in ("{}.{}".format(*python) for python in PYTHONS):
        versions = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"), "versions")
        known = [str(path) for path in sorted(versions.glob(f"{version}.*/bin/python"))]
        for path in (*known, shutil.which(f"python{version}")):
            if path:
                found.setdefault(version, path)
    return list(found.values())


def start(
    *arguments: str | Path,
    python: str = DEBIANS_PYTHON,
    user: tuple[str, ...] = (),
    **environ: str | Path,
) -> subprocess.CompletedProcess[str]:
    command = [*WITHOUT_NETWORK, *user, python, built_pyz(), *arguments]
    variables = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"}
    return subprocess.run(
        command,
        env={**variables, **{name: str(value) for name, value in environ.items()}},
        cwd="/",
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


@pytest.fixture(scope="module", autouse=True)
def readable() -> None:
    """Let the unprivileged reach what was built."""
    pyz = built_pyz()
    for directory in (pyz.parent, pyz.parent.parent):
        directory.chmod(0o755)


@pytest.mark.parametrize("python", pythons())
def test_it_runs_without_network(python: str, tmp_path: Path) -> None:
    done = start("preview", "--demo", python=python, HOME=tmp_path)
    assert (done.stderr, done.returncode) == ("", 0)
    assert "To be sent: " in done.stdout
    again = start("--version", python=python, HOME=tmp_path)
    assert again.stdout == f"dropsonde {__version__}\n"


@pytest.mark.parametrize("python", pythons())
def test_it_verifies_a_receipt(python: str, tmp_path: Path) -> None:
    site = Program(tmp_path)
    settle(site, "https://telemetry.example.com")
    name = key_file(site, pem(HOLDER))
    found = start("verify", "--key", tmp_path / name, python=python, user=(), **site.environ)
    assert (found.stderr, found.returncode) == ("", 0)
    assert HELD in found.stdout
    refused = start(
        "verify",
        "--key",
        tmp_path / key_file(site, pem(OTHER)),
        python=python,
        user=(),
        **site.environ,
    )
    assert refused.returncode == ForgedReceiptError.exit_code


def test_what_it_unpacks_is_private(tmp_path: Path) -> None:
    assert start("--version", HOME=tmp_path).returncode == 0
    assert stat.S_IMODE((tmp_path / ".shiv").stat().st_mode) == 0o700


def test_it_holds_the_compiled_libraries_of_all() -> None:
    with zipfile.ZipFile(built_pyz()) as archive:
        names = set(archive.namelist())
    expected = {
        f"site-packages/{library}.cpython-{major}{minor}-{machine}-linux-gnu.so"
        for library in COMPILED
        for major, minor in PYTHONS
        for machine in MACHINES
    }
    assert expected <= names
    assert not [name for name in names if name.endswith(".abi3.so")]


def test_a_home_that_cannot_be_written_is_one_line() -> None:
    done = start("preview", "--demo", user=UNPRIVILEGED, HOME="/nonexistent")
    assert done.stderr == (
        "dropsonde: cannot unpack itself in /nonexistent/.shiv (Permission denied): "
        "set SHIV_ROOT to a directory that is yours alone\n"
    )
    assert (done.stdout, done.returncode) == ("", 8)


def test_another_directory_helps(tmp_path: Path) -> None:
    let_others_in(tmp_path)
    root = tmp_path / "root"
    root.mkdir()
    os.chown(root, NOBODY, NOBODY)
    done = start("preview", "--demo", user=UNPRIVILEGED, HOME="/nonexistent", SHIV_ROOT=root)
    assert (done.stderr, done.returncode) == ("", 0)
    assert "To be sent: " in done.stdout


def test_a_directory_where_others_write_is_refused(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    root.chmod(0o777)
    done = start("--version", SHIV_ROOT=root)
    assert done.stderr == (
        f"dropsonde: will not unpack itself in {root}, where others write: "
        "set SHIV_ROOT to a directory that is yours alone\n"
    )
    assert (done.returncode, list(root.iterdir())) == (8, [])


def test_another_python_is_told_so() -> None:
    """Said by this Python in the name of an old one, which the machine need not have."""
    pretend = "import runpy, sys; sys.version_info = (3, 9, 2)"
    script = f"{pretend}; runpy.run_path(sys.argv[1], run_name='__main__')"
    done = subprocess.run(
        [sys.executable, "-c", script, built_pyz()], capture_output=True, text=True, check=False
    )
    assert done.stderr.startswith("dropsonde: this file is for Python 3.10 to 3.14 on ")
    assert (done.stderr.count("\n"), done.returncode) == (1, 1)


def test_an_old_python_can_read_that() -> None:
    with zipfile.ZipFile(built_pyz()) as archive:
        ast.parse(archive.read("start.py"), feature_version=(3, 6))


def test_puppet_server_runs_what_was_installed_from_it() -> None:
    """In Debian's Puppet Server, without the file from which it came."""
    with private_machine() as machine:
        file = machine.root / "root/dropsonde.pyz"
        shutil.copy(built_pyz(), file)
        pyz = (DEBIANS_PYTHON, "/root/dropsonde.pyz")
        machine.do(*pyz, "integrate")
        machine.do(*pyz, "integrate", "--check")
        assert machine.do(*SUBCOMMAND, "--version") == f"dropsonde {__version__}\n"
        file.unlink()
        shutil.rmtree(machine.root / "root/.shiv")
        done = machine.run(*SUBCOMMAND, "preview", "--demo", user=USER)
        assert (done.stderr, done.returncode) == ("", 0)
        assert "To be sent: " in done.stdout
        installed = "/opt/dropsonde/bin/python"
        scheduled = machine.run(
            installed, "-I", "-m", "dropsonde_puppetserver.scheduled", user=USER
        )
        assert (scheduled.stdout, scheduled.stderr, scheduled.returncode) == ("", "", 0)
        machine.do(*SUBCOMMAND, "integrate", "--check")
        machine.do(installed, "-I", "-m", "dropsonde", "integrate", "--remove")
        assert not (machine.root / "opt/dropsonde").exists()
        assert not (machine.root / "usr/share/puppetserver/cli/apps/dropsonde").exists()
