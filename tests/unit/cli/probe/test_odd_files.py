"""Files that Puppet Server's user could lay for whoever reads them: endless, waiting, enormous."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.program import Program, Result

MEMORY = 1 << 30  # bytes of address space; a run takes a fifth of it
PROCESSOR = 30  # seconds
NOWHERE = "http://127.0.0.1:9"
COMMANDS = (("status",), ("submit", "--endpoint", NOWHERE, "--dry-run"))
REPORT = "outbox/20261101T000000Z-0123456789abcdef.json"


def endless(path: Path) -> None:
    path.symlink_to("/dev/zero")


def waiting(path: Path) -> None:
    os.mkfifo(path)


def enormous(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(1 << 40)


def within_limits(program: Program, *arguments: str) -> Result:
    """Run it with little memory, so that what reads without a bound fails at once."""
    limits = f"--as={MEMORY} --cpu={PROCESSOR}"
    return program.shell(f'prlimit {limits} "$@" {shlex.join(arguments)}')


@pytest.mark.slow
@pytest.mark.parametrize("lay", [endless, waiting, enormous])
@pytest.mark.parametrize(
    "name",
    [
        "var/dropsonde/seed",
        "var/dropsonde/forge.json",
        "var/dropsonde/consent.json",
        "var/dropsonde/endpoint.json",
        f"var/dropsonde/{REPORT}",
        f"var/dropsonde/{REPORT.replace('outbox', 'sent')}",
        "conf/puppet.conf",
        "conf/puppetdb.conf",
        "code/environments/production/environment.conf",
        "code/environments/production/Puppetfile",
        "code/environments/production/modules/ntp/metadata.json",
        "code/environments/production/modules/ntp/checksums.json",
        "code/environments/production/modules/ntp/manifests/init.pp",
        "conf.d/puppetserver.conf",
        "telemetry.yaml",
    ],
)
def test_no_command_reads_it_whole_or_waits_for_it(
    site: Program, name: str, lay: Callable[[Path], None]
) -> None:
    path = site.home / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    lay(path)
    for command in COMMANDS:
        result = within_limits(site, *command, "--no-update")
        assert 0 <= result.code < 20, (command, result)
        assert "unexpected" not in result.err, (command, result.err)


def test_looking_writes_nothing(tmp_path: Path) -> None:
    """Not even where there is nothing to look at yet, and no Puppet."""
    program = Program(tmp_path)
    program.environ["PUPPET_VARDIR"] = str(tmp_path / "none/var")
    before = sorted(tmp_path.rglob("*"))
    for command in (
        ("status",),
        ("list",),
        ("diff",),
        ("history",),
        ("verify",),
        ("dev", "schema"),
        ("dev", "example", "--size", "2"),
        ("preview", "--demo"),
    ):
        result = program.run(*command)
        assert result.code in {0, 2, 14}, (command, result)
        assert sorted(tmp_path.rglob("*")) == before, command


def test_a_damaged_list_is_left_where_it_is_by_who_looks(site: Program) -> None:
    (site.cache / "forge.json").write_text("{")
    before = sorted(site.cache.iterdir())
    assert site.run("status").code == 0
    assert sorted(site.cache.iterdir()) == before


def test_diff_asks_nobody_for_the_list(site: Program) -> None:
    """A list that is due stays as it is; the report is compared by it."""
    before = (site.cache / "forge.json").read_bytes()
    assert site.run("submit", "--endpoint", NOWHERE, "--dry-run", "--no-update").code == 0
    result = site.run("diff", "--forge", NOWHERE)
    assert (result.code, result.err) == (0, "")
    assert (site.cache / "forge.json").read_bytes() == before
