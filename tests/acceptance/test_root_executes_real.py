"""What root executes of ours, no other user can replace: all on the way there is root's."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from dropsonde import __version__
from tests.real.built import built_deb, built_rpm
from tests.real.old_place import NEW_PLACE, OLD_PLACE
from tests.real.package_kinds import KINDS, Kind
from tests.real.processes import run
from tests.real.puppetserver import USER
from tests.real.server_machine import Machine, private_machine
from tests.real.upstream import DATA_DIR, INSTALL_DIR

pytestmark = [pytest.mark.real, pytest.mark.each_debian]

SUBCOMMAND = f"/{INSTALL_DIR}/cli/apps/dropsonde"
PROOF = "run/whose"
# User puppet, who has read the sources: of the paths that root executes, move away what can be
# moved, and put a program there.
TAKE_OVER = """
for path in "$@"; do
    place=$path
    while [ "$place" != / ]; do
        if mv "$place" "$place.aside" 2>/dev/null; then
            mkdir -p "$(dirname "$path")"
            printf '#!/bin/sh\\nid -u >> /%s\\n' "$PROOF" > "$path"
            chmod 755 "$path"
            echo "$path"
            break
        fi
        place=$(dirname "$place")
    done
done
"""


@pytest.fixture(params=KINDS, ids=lambda kind: kind.name)
def kind(request: pytest.FixtureRequest) -> Kind:
    found: Kind = request.param
    return found


@pytest.fixture
def machine(kind: Kind, tmp_path: Path) -> Iterator[Machine]:
    """With what user puppet has of Puppet's own packages."""
    with private_machine() as fresh:
        kind.install(fresh, kind.upstream(tmp_path))
        assert (fresh.root / DATA_DIR).owner() == USER
        yield fresh


def executed(machine: Machine, kind: Kind) -> list[str]:
    """Every program that a script of ours names by its path, in the package or beside it."""
    texts = [kind.scripts(machine)]
    named = {*kind.files(machine), SUBCOMMAND}
    for name in named:
        file = machine.root / name.lstrip("/")
        if re.search(r"/bin/dropsonde$|/apps/dropsonde$|\.service$", name) and file.is_file():
            texts.append(file.read_text())
    found = set(re.findall(r"/[\w./+-]+", "\n".join(texts)))
    return [
        path
        for path in sorted(found)
        if machine.run("test", "-f", path, "-a", "-x", path).returncode == 0
    ]


def others(machine: Machine, path: str) -> list[str]:
    """What on the way to a path, through links, another user than root could replace or change."""
    found, way, seen = [], [*Path(path).parts[1:]], "/"
    while True:
        here = f"{machine.root}/{seen}"  # with a slash, for the root itself is a link of /proc's
        state = os.lstat(here)
        link = stat.S_ISLNK(state.st_mode)
        if state.st_uid != 0 or (not link and state.st_mode & 0o022):
            found.append(seen)
        if link:
            way = [*Path(here).readlink().parts, *way]
            seen = str(Path(seen).parent)
        if not way:
            return found
        name = way.pop(0)
        seen = str(Path(seen).parent if name == ".." else Path(seen, name))


def test_only_root_can_replace_what_root_executes(machine: Machine, kind: Kind) -> None:
    kind.install(machine, kind.built())
    programs = executed(machine, kind)
    assert {f"{NEW_PLACE}/bin/python"} <= set(programs)
    wanting = {
        path: found
        for path in (*programs, SUBCOMMAND, *kind.files(machine))
        if (found := others(machine, path))
    }
    assert wanting == {}


def test_where_it_stood_before_it_could_be_replaced(machine: Machine, kind: Kind) -> None:
    """So the test above would find it."""
    kind.install(machine, kind.old())
    programs = executed(machine, kind)
    assert f"{OLD_PLACE}/bin/python" in programs
    assert f"/{DATA_DIR}" in others(machine, f"{OLD_PLACE}/bin/python")


@pytest.mark.parametrize("old", [False, True], ids=["now", "before"])
def test_puppet_does_not_become_root(machine: Machine, kind: Kind, *, old: bool) -> None:
    """The attack is real: it won where the environment stood before."""
    kind.install(machine, kind.old() if old else kind.built())
    programs = executed(machine, kind)
    assert any("dropsonde" in path for path in programs)
    script = ("env", f"PROOF={PROOF}", "sh", "-c", TAKE_OVER, "sh")
    taken = machine.run(*script, *programs, user=USER).stdout.splitlines()
    machine.run("dropsonde", "--version")
    machine.run(SUBCOMMAND, "--version")
    kind.remove(machine)
    whose = machine.root / PROOF
    if old:
        assert (taken, whose.read_text().split()) == ([f"{OLD_PLACE}/bin/python"], ["0", "0", "0"])
    else:
        assert (taken, whose.exists()) == ([], False)


def test_an_upgrade_leaves_nothing_at_the_old_place(machine: Machine, kind: Kind) -> None:
    kind.install(machine, kind.old())
    assert OLD_PLACE in (machine.root / SUBCOMMAND.lstrip("/")).read_text()
    kind.install(machine, kind.built())
    assert machine.do("dropsonde", "--version") == f"dropsonde {__version__}\n"
    assert not (machine.root / OLD_PLACE.lstrip("/")).exists()
    parts = (SUBCOMMAND, f"/{DATA_DIR}/dropsonde/bin/dropsonde", "/usr/bin/dropsonde")
    for part in parts:
        text = (machine.root / part.lstrip("/")).read_text()
        assert f"{NEW_PLACE}/bin/python" in text
        assert OLD_PLACE not in text
    assert machine.do(SUBCOMMAND, "--version") == f"dropsonde {__version__}\n"
    assert machine.run("dropsonde", "integrate", "--check").returncode == 0


def test_an_upgrade_does_so_where_nothing_else_is_below_opt(kind: Kind) -> None:
    with private_machine() as machine:
        machine.do("find", "/opt", "-mindepth", "1", "-delete")  # as on most servers
        kind.install(machine, kind.old())
        kind.install(machine, kind.built())
        assert (machine.root / "opt").is_dir()
        assert not (machine.root / OLD_PLACE.lstrip("/")).exists()
        assert machine.do("dropsonde", "--version") == f"dropsonde {__version__}\n"


def test_all_in_the_packages_is_roots_and_nobody_elses_to_write() -> None:
    listed = run(["dpkg-deb", "--contents", built_deb()]).splitlines()
    form = "[%{FILEMODES:perms} %{FILEUSERNAME}/%{FILEGROUPNAME}\n]"
    listed += run(["rpm", "--query", "--package", "--queryformat", form, built_rpm()]).splitlines()
    assert len(listed) > 1000
    assert {line.split()[1] for line in listed} == {"root/root"}
    assert [line for line in listed if line[0] != "l" and "w" in line[4:10]] == []
