"""``dropsonde integrate`` from a single file: it unpacks itself where only root writes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dropsonde.common.errors import IntegrationError
from tests.unit.puppetserver.hosts import DEBIAN, make_host, tree

if TYPE_CHECKING:
    from tests.support.program import Program, Result

HOME = "opt/dropsonde"
START = """
import sys
sys.path[:0] = {path!r}
from dropsonde.cli.probe import main
sys.exit(main())
"""
PATH = (
    "import dropsonde as d, dropsonde_puppetserver as p, sysconfig, os;"
    "up = os.path.dirname;"
    "print(up(*d.__path__), up(*p.__path__), sysconfig.get_path('purelib'), sep=os.linesep)"
)


@pytest.fixture
def host(tmp_path: Path) -> Path:
    return make_host(tmp_path / "an image", "debian")


def make_file(program: Program, says: str = "first") -> Path:
    """A single file: it runs this checkout, and what it installs says which file it came from."""
    file = program.home / "dropsonde.pyz"
    tag = sys.implementation.cache_tag
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(
            "__main__.py", START.format(path=program.python(PATH).out.split(os.linesep)[:3])
        )
        for name in (tag, "cpython-399"):
            for machine in ("aarch64", "x86_64"):
                library = f"site-packages/_cffi_backend.{name}-{machine}-linux-gnu.so"
                archive.writestr(library, "")
        package = "site-packages/dropsonde_puppetserver"
        archive.writestr(f"{package}/__init__.py", "")
        archive.writestr(f"{package}/subcommand.py", f"import sys; print({says!r}, sys.argv[1:])\n")
    return file


def integrate(program: Program, file: Path, root: Path, *more: str) -> Result:
    words = " ".join(("integrate", *more))
    return program.shell(f'"{sys.executable}" -I "{file}" {words} --root "{root}"')


def lines(result: Result, root: Path) -> list[str]:
    assert result.code == 0, result.err
    return result.out.replace(f"{root}/", "").splitlines()


def subcommand(root: Path) -> str:
    """What the installed program says when Puppet Server's subcommand starts it."""
    wrapper = (root / DEBIAN / "cli/apps/dropsonde").read_text()
    assert f'exec "/{HOME}/bin/python" -I -m dropsonde_puppetserver.subcommand' in wrapper
    command = (root / HOME / "bin/python", "-I", "-m", "dropsonde_puppetserver.subcommand", "x")
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_it_installs_itself_and_what_starts_it(program: Program, host: Path) -> None:
    file = make_file(program)
    assert lines(integrate(program, file, host), host)[0] == f"installed: {HOME}"
    file.unlink()  # as from a medium
    assert subcommand(host) == "first ['x']\n"
    service = (host / "etc/systemd/system/dropsonde.service").read_text()
    assert f'ExecStart="/{HOME}/bin/python" -I -m dropsonde_puppetserver.scheduled' in service


def test_only_its_owner_may_write_there_and_everybody_may_read(
    program: Program, host: Path
) -> None:
    integrate(program, make_file(program), host)
    for path in ((host / HOME), *(host / HOME).rglob("*")):
        if not path.is_symlink():
            state = path.stat()
            assert state.st_uid == os.geteuid()
            assert state.st_mode & 0o777 == (0o755 if path.is_dir() else 0o644)


def test_other_pythons_of_the_file_find_the_same_libraries(program: Program, host: Path) -> None:
    integrate(program, make_file(program), host)
    (other,) = (host / HOME / "lib").glob("python3.99/site-packages/dropsonde_puppetserver")
    assert other.resolve() == host / HOME / "lib/site-packages/dropsonde_puppetserver"


def test_a_second_run_does_nothing_and_another_file_replaces_it(
    program: Program, host: Path
) -> None:
    file = make_file(program)
    integrate(program, file, host)
    before = tree(host)
    done = lines(integrate(program, file, host), host)
    assert {line.partition(":")[0] for line in done} == {"nothing to do"}
    assert tree(host) == before
    assert integrate(program, file, host, "--check").code == 0
    newer = make_file(program, "second")
    check = integrate(program, newer, host, "--check")
    assert (check.code, check.out) == (IntegrationError.exit_code, "")
    assert f"{host / HOME}: changed" in check.complaint
    assert lines(integrate(program, newer, host), host)[0] == f"replaced: {HOME}"
    assert subcommand(host) == "second ['x']\n"
    assert [path.name for path in (host / "opt").iterdir()] == ["dropsonde"]


def test_what_a_killed_run_left_goes(program: Program, host: Path) -> None:
    left = host / "opt/.dropsonde.abc"
    left.mkdir(parents=True)
    integrate(program, make_file(program), host)
    assert not left.exists()


def test_a_dry_run_touches_nothing(program: Program, host: Path) -> None:
    before = tree(host)
    done = integrate(program, make_file(program), host, "--dry-run")
    assert lines(done, host)[0] == f"would be installed: {HOME}"
    assert tree(host) == before


@pytest.mark.parametrize("by", ["file", "package"])
def test_removal(by: str, program: Program, host: Path) -> None:
    file = make_file(program)
    integrate(program, file, host)
    if by == "file":
        done = integrate(program, file, host, "--remove")
    else:
        done = program.run("integrate", "--remove", "--root", str(host))
    assert lines(done, host)[-1] == f"removed: {HOME}"
    assert not (host / HOME).exists()


def test_a_package_that_comes_later_takes_over(program: Program, host: Path) -> None:
    integrate(program, make_file(program), host)
    done = lines(program.run("integrate", "--root", str(host)), host)
    assert done[-1] == f"removed: {HOME}"
    assert sys.executable in (host / DEBIAN / "cli/apps/dropsonde").read_text()


def test_what_is_not_dropsondes_stays(program: Program, host: Path) -> None:
    (host / HOME).mkdir(parents=True)
    (host / HOME / "precious").write_text("mine")
    before = tree(host)
    done = integrate(program, make_file(program), host)
    assert (done.code, done.out) == (IntegrationError.exit_code, "")
    assert f"{host / HOME}: not dropsonde's" in done.complaint
    for more in ("--remove", "--dry-run --remove"):
        integrate(program, make_file(program), host, more)
    assert tree(host).items() >= before.items()


def test_a_directory_where_others_write_is_refused(program: Program, host: Path) -> None:
    (host / "opt").mkdir()
    (host / "opt").chmod(0o777)
    before = tree(host)
    done = integrate(program, make_file(program), host)
    assert (done.code, done.out) == (IntegrationError.exit_code, "")
    assert f"{host / 'opt'}: others may write to it" in done.complaint
    assert tree(host) == before


def test_a_file_that_others_could_replace_is_refused(program: Program, host: Path) -> None:
    place = program.home / "shared"
    place.mkdir()
    place.chmod(0o777)
    file = Path(shutil.move(make_file(program), place))
    before = tree(host)
    done = integrate(program, file, host)
    assert (done.code, done.out) == (IntegrationError.exit_code, "")
    assert f"{place}: others may write to it" in done.complaint
    assert tree(host) == before
