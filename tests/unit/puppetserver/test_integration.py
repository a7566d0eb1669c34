"""What is put where: one schedule, never two; and whose a file is."""

from __future__ import annotations

import itertools
import os
import shlex
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dropsonde.common.errors import FileError, IntegrationError
from dropsonde_puppetserver.integration.part import Kind, Part
from dropsonde_puppetserver.integration.parts import Host, look_at_host, nothing, parts, table
from dropsonde_puppetserver.integration.places import places
from dropsonde_puppetserver.integration.steps import carry_out, plan
from dropsonde_puppetserver.integration.systemd import after, before, tell
from dropsonde_puppetserver.integration.text import Origin, origin, render, sealed
from dropsonde_puppetserver.packaging import find, layouts
from tests.unit.puppetserver.hosts import (
    KINDS,
    UPSTREAM,
    UPSTREAM_DATA,
    make_host,
    move_to_openvox,
    put_gem,
    tree,
)

if TYPE_CHECKING:
    from dropsonde_puppetserver.integration.decide import Step
    from dropsonde_puppetserver.packaging import Packaging

PYTHON = "/opt/with blank/bin/python"
NAMES = (
    "cli/dropsonde",
    "analytics/dropsonde",
    "systemd/dropsonde.service",
    "systemd/dropsonde.timer",
    "cron/dropsonde",
)
each_kind = pytest.mark.parametrize("kind", KINDS)


def wanted(root: Path) -> tuple[Part, ...]:
    packaging = find(root)
    assert packaging is not None
    return parts(packaging, look_at_host(root), PYTHON, analytics=packaging.analytics)


def do(root: Path, made: Callable[[Path], Sequence[Part]], at_most: int = 999) -> list[Step]:
    """Plan for a host, and do so many steps."""
    return list(carry_out(plan(made(root), root)[:at_most]))


YES_NO = (True, False)
UPSTREAMS, DEBIANS = layouts()


@pytest.mark.parametrize(
    ("packaging", "analytics"), [(UPSTREAMS, True), (UPSTREAMS, False), (DEBIANS, False)]
)
@pytest.mark.parametrize(("systemd", "cron"), list(itertools.product(YES_NO, YES_NO)))
@pytest.mark.parametrize("units", ["", "/lib/systemd/system"])
def test_there_are_never_two_schedules(
    packaging: Packaging, analytics: bool, systemd: bool, cron: bool, units: str
) -> None:
    host = Host(systemd=systemd, cron=cron, units=units)
    made = parts(packaging, host, PYTHON, analytics=analytics)
    scheduling = [part for part in made if part.schedules and part.want is not None]
    assert len(scheduling) == (1 if analytics or systemd or cron else 0)
    own_units = [part for part in made if part.path.parent.name == "system" and part.want]
    assert len(own_units) == (2 if systemd and not analytics and not units else 0)


def test_every_place_is_looked_at_on_every_host() -> None:
    """So that what an earlier state of the host needed is taken away."""
    every = {part.path for _, part in places(Path("/")) if part.kind is not Kind.DIRECTORY}
    for packaging in layouts():
        made = parts(packaging, Host(systemd=True, cron=True), PYTHON, analytics=False)
        assert every <= {part.path for part in made}
    assert every <= {part.path for part in nothing(Path("/"))}


def test_the_timer_of_a_package_is_enabled_where_it_stands() -> None:
    host = Host(systemd=True, cron=True, units="/lib/systemd/system")
    made = parts(layouts()[1], host, PYTHON, analytics=False)
    (link,) = (part for part in made if part.kind is Kind.LINK)
    assert link.want == b"/lib/systemd/system/dropsonde.timer"


def test_the_minute_is_the_hosts_own() -> None:
    minutes = [Host(False, True, name=f"host{number}".encode()).minute for number in range(600)]
    assert set(minutes) == set(range(60))
    assert Host(False, True, name=b"one").minute == Host(False, True, name=b"one").minute


def test_the_table_names_every_file() -> None:
    text = table()
    for _, part in places(Path("/")):
        assert not part.use or f"`{part.path}`" in text
    lines = text.splitlines()
    assert len({line.count("|") for line in lines}) == 1
    analytics, timer = (
        next(line for line in lines if word in line) for word in ("analytics service", "timer")
    )
    assert analytics.count("—") == 2
    assert timer.split("|")[2].strip() == "—"


@pytest.mark.parametrize("name", NAMES)
def test_a_part_is_complete(name: str) -> None:
    text = render(name, PYTHON, 17).decode()
    assert "@" not in text.replace("@system-service", "").replace("~@privileged", "").replace(
        "@resources", ""
    ).replace('"$@"', "")
    assert name.endswith("timer") or PYTHON in text
    assert text.endswith("\n")


@pytest.mark.parametrize("character", ['"', "'", "\\", "$", "%", "`", "\n", "\x7f"])
def test_a_path_that_would_have_to_be_quoted_is_refused(character: str) -> None:
    with pytest.raises(IntegrationError, match="install dropsonde into another directory"):
        render("cli/dropsonde", f"/opt/{character}/python")


@given(st.text(st.characters(exclude_categories=["C"], exclude_characters="\"'\\$%`")))
def test_every_other_path_reaches_the_shell_as_it_is(name: str) -> None:
    line = render("cli/dropsonde", f"/opt/{name}").decode().rstrip("\n").split("\n")[-1]
    assert shlex.split(line, posix=True)[1] == f"/opt/{name}"


def test_a_part_that_is_not_there() -> None:
    with pytest.raises(FileError, match="install dropsonde again"):
        render("cli/none", PYTHON)


@given(st.binary())
def test_a_sealed_file_is_known_again(body: bytes) -> None:
    assert origin(sealed(body)) is Origin.OURS


@given(st.binary(min_size=1), st.data())
def test_every_edit_is_seen(body: bytes, data: st.DataObject) -> None:
    whole = sealed(body)
    place = data.draw(st.integers(0, len(whole) - 1))
    other = data.draw(st.integers(0, 255).filter(lambda byte: byte != whole[place]))
    edited = whole[:place] + bytes([other]) + whole[place + 1 :]
    assert origin(edited) is not Origin.OURS
    assert origin(whole + b"x") is Origin.EDITED
    assert origin(whole[:place]) is not Origin.OURS


@given(st.binary())
def test_what_was_never_ours_is_foreign(data: bytes) -> None:
    assert origin(data) is Origin.FOREIGN


@each_kind
def test_removal_leaves_the_host_as_it_was(kind: str, tmp_path: Path) -> None:
    root = make_host(tmp_path / "host", kind)
    before_it = tree(root)
    assert do(root, wanted)
    assert tree(root) != before_it
    assert do(root, nothing)
    assert tree(root) == before_it
    assert do(root, nothing) == []


@each_kind
def test_a_second_run_touches_nothing(kind: str, tmp_path: Path) -> None:
    root = make_host(tmp_path / "host", kind)
    do(root, wanted)
    first = tree(root)
    assert {step.done for step in do(root, wanted)} == {"nothing to do"}
    assert tree(root) == first


@each_kind
def test_a_run_that_stopped_after_any_step_is_finished_by_the_next(
    kind: str, tmp_path: Path
) -> None:
    count = len(do(make_host(tmp_path / "whole", kind), wanted))
    names = set(tree(tmp_path / "whole"))
    for steps in range(count):
        root = make_host(tmp_path / f"in{steps}", kind)
        bare = tree(root)
        do(root, wanted, steps)
        do(root, wanted)
        assert set(tree(root)) == names
        removals = 0
        while do(root, nothing, 1):
            removals += 1
        assert removals >= count
        assert tree(root) == bare


@pytest.mark.parametrize("umask", [0o022, 0o027, 0o077, 0])
def test_the_umask_of_puppetserver_changes_nothing(umask: int, tmp_path: Path) -> None:
    root = make_host(tmp_path / "host", "upstream")
    before_it = os.umask(umask)
    try:
        do(root, wanted)
        assert os.umask(umask) == umask
    finally:
        os.umask(before_it)
    modes = {name: about[0] for name, about in tree(root).items() if "dropsonde" in name}
    assert modes["opt/puppetlabs/server/apps/puppetserver/cli/apps/dropsonde"] == "-rwxr-xr-x"
    state = "opt/puppetlabs/server/data/puppetserver/dropsonde"
    assert modes[f"{state}/bin/dropsonde"] == "-rwxr-xr-x"
    assert modes["var/lib/dropsonde/originals"] == "drwx------"


def test_a_host_that_changes_is_put_right(tmp_path: Path) -> None:
    """Upstream's 7.4 with a timer learns to run dropsonde itself; its upgrade brings the gem."""
    root = make_host(tmp_path / "host", "upstream 7.4")
    do(root, wanted)
    assert (root / "etc/systemd/system/timers.target.wants/dropsonde.timer").is_symlink()
    newer = make_host(tmp_path / "newer", "upstream")
    jar = "opt/puppetlabs/server/apps/puppetserver/puppet-server-release.jar"
    (newer / jar).rename(root / jar)
    put_gem(root)
    faults = [step.fault for step in plan(wanted(root), root) if step.fault]
    assert "runs dropsonde a second time" in faults
    do(root, wanted)
    left = [name for name in tree(root) if "dropsonde" in name and name.startswith("etc")]
    assert left == []
    assert {step.done for step in do(root, wanted)} == {"nothing to do"}


@pytest.mark.parametrize("runs_between", [0, 1, 2])
def test_what_a_package_gave_up_does_not_come_back(runs_between: int, tmp_path: Path) -> None:
    """From Puppet's packages to OpenVox's: the gem goes, and so do the backups of its files."""
    root = make_host(tmp_path / "host", "upstream")
    do(root, wanted)
    move_to_openvox(root)
    bare = tree(root)
    for _ in range(runs_between):
        do(root, wanted)
        program = root / UPSTREAM_DATA / "dropsonde/bin/dropsonde"
        assert not program.exists()
        assert not any((root / "var/lib/dropsonde/originals").iterdir())
    do(root, nothing)
    originals = "var/lib/dropsonde"
    assert tree(root) == {name: what for name, what in bare.items() if originals not in name}


def test_a_file_that_somebody_deleted_comes_back_while_its_package_is_there(
    tmp_path: Path,
) -> None:
    root = make_host(tmp_path / "host", "upstream")
    bare = tree(root)
    do(root, wanted)
    (root / UPSTREAM / "cli/apps/dropsonde").unlink()
    do(root, nothing)
    assert tree(root) == bare


def test_an_administrators_own_subcommand_comes_back(tmp_path: Path) -> None:
    """Without any gem, a file there is somebody's own."""
    root = make_host(tmp_path / "host", "upstream 7.4")
    (root / UPSTREAM / "cli/apps/dropsonde").write_text("#!/bin/sh\n# mine\n")
    bare = tree(root)
    for _ in range(3):
        do(root, wanted)
    do(root, nothing)
    assert tree(root) == bare


def test_a_run_that_stopped_between_keeping_and_replacing(tmp_path: Path) -> None:
    root = make_host(tmp_path / "host", "upstream")
    bare = tree(root)
    do(root, wanted)
    put_gem(root)
    assert {step.done for step in do(root, wanted)} == {"replaced"}
    put_gem(root)  # as it is before the second half
    do(root, nothing)
    assert tree(root) == bare


def test_what_a_killed_write_left_is_taken_away(tmp_path: Path) -> None:
    root = make_host(tmp_path / "host", "debian")
    clean = tree(root)
    left = root / "usr/share/puppetserver/cli/apps/.dropsonde.ab_12cde"
    left.write_text("half")
    do(root, nothing)
    assert tree(root) == clean


def test_a_running_systemd_is_told(tmp_path: Path) -> None:
    root = make_host(tmp_path / "host", "debian")
    steps = do(root, wanted)
    assert before(steps) == []
    assert after(steps, wanted(root)) == [["daemon-reload"], ["restart", "dropsonde.timer"]]
    assert after(do(root, wanted), wanted(root)) == [["start", "dropsonde.timer"]]
    going = plan(nothing(root), root)
    assert before(going) == [["stop", "dropsonde.timer", "dropsonde.service"]]
    assert after(going, nothing(root)) == [["daemon-reload"]]


def test_without_a_timer_systemd_has_nothing_to_hear(tmp_path: Path) -> None:
    root = make_host(tmp_path / "host", "upstream")
    steps = do(root, wanted)
    assert before(steps) == []
    assert after(steps, wanted(root)) == []


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("#!/bin/sh\nexit 0\n", []),
        ("#!/bin/sh\necho Unit is masked. >&2; exit 1\n", ["Unit is masked."]),
        (None, ["No such file or directory"]),
    ],
)
def test_what_systemd_refuses_is_a_warning(
    script: str | None,
    expected: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    if script is not None:
        (tmp_path / "systemctl").write_text(script)
        (tmp_path / "systemctl").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    tell(["start", "dropsonde.timer"])
    assert len(caplog.messages) == len(expected)
    for message, words in zip(caplog.messages, expected, strict=True):
        assert message.startswith("systemctl start dropsonde.timer: ")
        assert words in message
        assert message.endswith("; run it manually")
