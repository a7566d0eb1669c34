"""``dropsonde integrate``: what it says, does, and leaves alone."""

from __future__ import annotations

import sys
import venv
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dropsonde.common.errors import FileError, IntegrationError
from tests.unit.puppetserver.hosts import (
    DEBIAN,
    GEMS_PROGRAM,
    GEMS_WRAPPER,
    KINDS,
    UPSTREAM,
    UPSTREAM_DATA,
    make_host,
    put_gem,
    tree,
)

if TYPE_CHECKING:
    from tests.support.program import Program, Result

WRAPPER, RUBY = f"{UPSTREAM}/cli/apps/dropsonde", f"{UPSTREAM_DATA}/dropsonde/bin/dropsonde"
ORIGINALS = "var/lib/dropsonde/originals"
UNITS = "etc/systemd/system"
ENABLED = f"{UNITS}/timers.target.wants/dropsonde.timer"


@pytest.fixture
def host(tmp_path: Path) -> Path:
    """Where a host is laid out; the path has a blank."""
    return tmp_path / "an image"


def integrate(program: Program, root: Path, *more: str) -> Result:
    return program.run("integrate", "--root", str(root), *more)


def lines(result: Result, root: Path) -> list[str]:
    """What was done, with the paths below the root."""
    assert result.code == 0, result.err
    return result.out.replace(f"{root}/", "").splitlines()


def complaint(result: Result, root: Path) -> str:
    assert result.code == IntegrationError.exit_code
    assert result.out == ""
    return result.complaint.replace(f"{root}/", "")


def test_upstreams_server_that_runs_dropsonde_itself(program: Program, host: Path) -> None:
    make_host(host, "upstream")
    assert lines(integrate(program, host), host) == [
        f"replaced: {WRAPPER} (the original is kept at {ORIGINALS}/cli-apps-dropsonde)",
        f"replaced: {RUBY} (the original is kept at {ORIGINALS}/bin-dropsonde)",
    ]
    assert sys.executable in (host / WRAPPER).read_text()
    assert (host / ORIGINALS / "bin-dropsonde").read_text() == GEMS_PROGRAM
    assert not (host / UNITS / "dropsonde.timer").exists()
    assert lines(integrate(program, host), host) == [
        f"nothing to do: {WRAPPER}",
        f"nothing to do: {RUBY}",
    ]
    assert lines(integrate(program, host, "--remove"), host) == [
        f"restored: {RUBY}",
        f"restored: {WRAPPER}",
        f"removed: {ORIGINALS}",
        "removed: var/lib/dropsonde",
    ]
    assert (host / WRAPPER).read_text() == GEMS_WRAPPER


def test_debians_server(program: Program, host: Path) -> None:
    make_host(host, "debian")
    expected = [
        "made: var/lib/puppetserver/dropsonde",
        f"installed: {DEBIAN}/cli/apps/dropsonde",
        f"installed: {UNITS}/dropsonde.service",
        f"installed: {UNITS}/dropsonde.timer",
        f"made: {UNITS}/timers.target.wants",
        f"installed: {ENABLED}",
    ]
    assert lines(integrate(program, host), host) == expected
    assert str((host / ENABLED).readlink()) == f"/{UNITS}/dropsonde.timer"
    assert (host / DEBIAN / "cli/apps/dropsonde").stat().st_mode & 0o777 == 0o755
    assert (host / UNITS / "dropsonde.service").stat().st_mode & 0o777 == 0o644


def test_cron_where_there_is_no_systemd(program: Program, host: Path) -> None:
    make_host(host, "debian without systemd")
    assert "installed: etc/cron.d/dropsonde" in lines(integrate(program, host), host)
    line = (host / "etc/cron.d/dropsonde").read_text().splitlines()[2]
    minute, *others = line.split()
    assert 0 <= int(minute) < 60
    assert others[:5] == ["*", "*", "*", "*", "puppet"]
    assert line.endswith(" -m dropsonde_puppetserver.scheduled >/dev/null")


def test_units_of_a_package_are_used_where_they_stand(program: Program, host: Path) -> None:
    make_host(host, "debian")
    for unit in ("dropsonde.service", "dropsonde.timer"):
        (host / "usr/lib/systemd/system" / unit).write_text("[Unit]\n")
    integrate(program, host)
    assert str((host / ENABLED).readlink()) == "/usr/lib/systemd/system/dropsonde.timer"
    assert not (host / UNITS / "dropsonde.timer").exists()


@pytest.mark.parametrize("kind", KINDS)
def test_a_dry_run_says_what_a_run_does_and_touches_nothing(
    kind: str, program: Program, host: Path
) -> None:
    make_host(host, kind)
    before = tree(host)
    said = lines(integrate(program, host, "--dry-run"), host)
    assert tree(host) == before
    assert [line.removeprefix("would be ") for line in said] == lines(
        integrate(program, host), host
    )


@pytest.mark.parametrize("kind", KINDS)
def test_check(kind: str, program: Program, host: Path) -> None:
    make_host(host, kind)
    assert "run `dropsonde integrate` as root" in complaint(
        integrate(program, host, "--check"), host
    )
    integrate(program, host)
    before = tree(host)
    done = integrate(program, host, "--check")
    assert (done.code, done.err) == (0, "")
    assert done.out.endswith(" parts are in place\n")
    assert tree(host) == before


def test_check_names_what_is_missing_changed_and_edited(program: Program, host: Path) -> None:
    make_host(host, "debian")
    integrate(program, host)
    (host / ENABLED).unlink()
    (host / DEBIAN / "cli/apps/dropsonde").chmod(0o600)
    with (host / UNITS / "dropsonde.timer").open("a") as file:
        file.write("# mine\n")
    said = complaint(integrate(program, host, "--check"), host)
    assert f"{ENABLED}: missing" in said
    assert f"{DEBIAN}/cli/apps/dropsonde: changed" in said
    assert f"{UNITS}/dropsonde.timer: edited by you" in said


def test_check_finds_two_schedules(program: Program, host: Path) -> None:
    make_host(host, "upstream")
    integrate(program, host)
    (host / ENABLED).parent.mkdir()
    (host / ENABLED).symlink_to("/lib/systemd/system/dropsonde.timer")
    (host / "etc/cron.d/dropsonde").write_text("* * * * * puppet dropsonde submit\n")
    said = complaint(integrate(program, host, "--check"), host)
    assert f"{ENABLED}: runs dropsonde a second time" in said
    assert "etc/cron.d/dropsonde: runs dropsonde a second time" in said
    done = lines(integrate(program, host), host)
    assert f"removed: {ENABLED}" in done
    assert "left: etc/cron.d/dropsonde (not dropsonde's)" in done


def test_an_edited_file_is_left_alone(program: Program, host: Path) -> None:
    make_host(host, "debian")
    integrate(program, host)
    unit = host / UNITS / "dropsonde.timer"
    unit.write_text(unit.read_text().replace("OnCalendar=hourly", "OnCalendar=daily"))
    mine = unit.read_bytes()
    for more in ((), ("--remove",)):
        said = lines(integrate(program, host, *more), host)
        assert any(line.startswith(f"left: {UNITS}/dropsonde.timer (edited") for line in said)
        assert unit.read_bytes() == mine


def test_a_file_that_was_there_first_is_left_alone(program: Program, host: Path) -> None:
    make_host(host, "debian")
    file = host / DEBIAN / "cli/apps/dropsonde"
    file.write_text("#!/bin/sh\n# a site's own\n")
    for more in ((), ("--remove",)):
        integrate(program, host, *more)
        assert file.read_text() == "#!/bin/sh\n# a site's own\n"


def test_a_masked_timer_stays_masked(program: Program, host: Path) -> None:
    make_host(host, "debian")
    masked = host / UNITS / "dropsonde.timer"
    masked.symlink_to("/dev/null")
    said = lines(integrate(program, host), host)
    assert f"left: {UNITS}/dropsonde.timer (not dropsonde's)" in said
    assert str(masked.readlink()) == "/dev/null"


def test_a_file_of_an_older_version_is_replaced(program: Program, host: Path) -> None:
    make_host(host, "upstream 7.4")
    integrate(program, host)
    code = (
        "import sys; from pathlib import Path;"
        "from dropsonde_puppetserver.integration.text import sealed;"
        "Path(sys.argv[1]).write_bytes(sealed(b'#!/bin/sh\\n# older\\n'))"
    )
    program.python(code, str(host / WRAPPER))
    assert f"replaced: {WRAPPER}" in lines(integrate(program, host), host)
    assert not (host / ORIGINALS).exists()


def test_an_upgrade_that_put_the_gem_back(program: Program, host: Path) -> None:
    make_host(host, "upstream")
    integrate(program, host)
    put_gem(host, "# 8.0\n")
    newer = tree(host)[RUBY]
    assert "not dropsonde's" in complaint(integrate(program, host, "--check"), host)
    assert lines(integrate(program, host), host)[1].startswith(f"replaced: {RUBY}")
    integrate(program, host, "--remove")
    assert tree(host)[RUBY] == newer


def test_removal_after_an_upgrade_leaves_what_the_package_brought(
    program: Program, host: Path
) -> None:
    make_host(host, "upstream")
    integrate(program, host)
    put_gem(host, "# 8.0\n")
    integrate(program, host, "--remove")
    assert (host / WRAPPER).read_text() == f"{GEMS_WRAPPER}# 8.0\n"
    assert not (host / ORIGINALS).exists()


@pytest.mark.parametrize("kind", KINDS)
def test_removal_after_puppet_server_was_removed(kind: str, program: Program, host: Path) -> None:
    make_host(host, kind)
    integrate(program, host)
    install = host / (DEBIAN if kind.startswith("debian") else UPSTREAM)
    for jar in install.glob("*.jar"):
        jar.unlink()
    done = integrate(program, host, "--remove")
    assert done.code == 0
    left = [name for name in tree(host) if name.endswith(("dropsonde", ".timer", ".service"))]
    assert [name for name in left if (host / name).is_file()] == []
    assert lines(integrate(program, host, "--remove"), host) == ["nothing to do"]


def test_state_stays_when_dropsonde_goes(program: Program, host: Path) -> None:
    make_host(host, "debian")
    integrate(program, host)
    seed = host / "var/lib/puppetserver/dropsonde/seed"
    seed.write_text("kept")
    integrate(program, host, "--remove")
    assert seed.read_text() == "kept"


def test_no_puppet_server(program: Program, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for more in ((), ("--check",), ("--dry-run",)):
        said = complaint(integrate(program, tmp_path / "empty", *more), tmp_path)
        assert said.startswith("there is no Puppet Server here: ")
    assert lines(integrate(program, tmp_path / "empty", "--remove"), tmp_path) == ["nothing to do"]


def test_no_such_root(program: Program, tmp_path: Path) -> None:
    done = integrate(program, tmp_path / "none")
    assert done.code == FileError.exit_code
    assert "--root takes an existing directory" in done.complaint


def test_a_host_with_neither_systemd_nor_cron(program: Program, host: Path) -> None:
    make_host(host, "debian without systemd")
    (host / "etc/cron.d").rmdir()
    done = integrate(program, host)
    assert done.code == 0
    assert "neither systemd nor cron" in done.complaint
    assert "neither systemd nor cron" in complaint(integrate(program, host, "--check"), host)


def test_not_as_root(program: Program, host: Path) -> None:
    """The real root of this machine is not touched by anybody else."""
    code = (
        "import os, sys;"
        "from dropsonde.cli.probe import main;"
        # Loads all that a run needs, while this Python may still be read.
        "main(['integrate', '--dry-run', '--root', sys.argv.pop()]);"
        "os.geteuid() or os.setresuid(65534, 65534, 65534);"
        "sys.exit(main(sys.argv[1:]))"
    )
    make_host(host, "debian")
    for more in ((), ("--remove",)):
        done = program.python(code, "integrate", *more, str(host))
        assert done.code == FileError.exit_code, done.err
        assert done.complaint.startswith("Puppet Server's directories: only root may write there")


@pytest.mark.parametrize("place", ["opt/puppetlabs", f"{UPSTREAM_DATA}/dropsonde/bin"])
def test_a_link_out_of_the_root_is_not_written_through(
    place: str, program: Program, host: Path, tmp_path: Path
) -> None:
    make_host(host, "upstream")
    outside = tmp_path / "outside"
    (host / place).rename(outside)
    (host / place).symlink_to(outside)
    before = tree(outside)
    said = complaint(integrate(program, host), host)
    assert said.startswith(f"{place}: a link that leads elsewhere")
    assert tree(outside) == before


def test_a_link_within_the_root_is_an_administrators(program: Program, host: Path) -> None:
    make_host(host, "upstream")
    (host / "opt").rename(host / "srv")
    (host / "opt").symlink_to("srv")
    assert len(lines(integrate(program, host), host)) == 2


def test_originals_that_another_could_have_changed_are_not_put_back(
    program: Program, host: Path
) -> None:
    make_host(host, "upstream")
    integrate(program, host)
    ours = (host / WRAPPER).read_bytes()
    (host / ORIGINALS).chmod(0o777)
    done = integrate(program, host, "--remove")
    assert done.code == IntegrationError.exit_code
    assert "others could have changed what was kept there" in done.complaint
    assert (host / WRAPPER).read_bytes() == ours


def make_python(program: Program, directory: Path) -> str:
    """An interpreter that finds dropsonde by PYTHONPATH alone; gives what to set that to."""
    venv.create(directory, symlinks=True, with_pip=False)
    code = (
        "import dropsonde as d, dropsonde_puppetserver as p, sysconfig, os;"
        "up = os.path.dirname; print(up(*d.__path__), up(*p.__path__),"
        " sysconfig.get_path('purelib'), sep=':')"
    )
    return program.python(code).out.strip()


def test_a_python_that_would_not_find_dropsonde_later(program: Program, host: Path) -> None:
    make_host(host, "debian")
    before = tree(host)
    environ = {"PYTHONPATH": make_python(program, program.home / "bare")}
    script = f'"{program.home}/bare/bin/python" -m dropsonde integrate --root "{host}"'
    done = program.shell(script, environ)
    assert "cannot be found again by Puppet Server" in complaint(done, host)
    assert tree(host) == before


def test_a_python_that_others_could_replace(program: Program, host: Path) -> None:
    """Root runs it later, whenever somebody types `puppetserver dropsonde`."""
    make_host(host, "debian")
    before = tree(host)
    path = make_python(program, program.home / "shared/venv")
    (packages,) = (program.home / "shared/venv").glob("lib/python*/site-packages")
    (packages / "dropsonde.pth").write_text(path.replace(":", "\n") + "\n")
    (program.home / "shared").chmod(0o777)
    script = f'"{program.home}/shared/venv/bin/python" -m dropsonde integrate --root "{host}"'
    said = complaint(program.shell(script), host)
    assert said.startswith(f"{program.home}/shared: others may write to it, and root would run")
    assert tree(host) == before


def test_an_interpreter_within_an_image_is_named_as_the_image_will(
    program: Program, host: Path
) -> None:
    make_host(host, "debian")
    path = make_python(program, host / "opt/venv")
    (packages,) = (host / "opt/venv").glob("lib/python*/site-packages")
    (packages / "dropsonde.pth").write_text(path.replace(":", "\n") + "\n")
    done = program.shell(f'"{host}/opt/venv/bin/python" -m dropsonde integrate --root "{host}"')
    assert done.code == 0, done.err
    assert 'exec "/opt/venv/bin/python" -I' in (host / DEBIAN / "cli/apps/dropsonde").read_text()
