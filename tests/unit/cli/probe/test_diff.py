"""``diff`` and ``preview --diff``: against what was really sent."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest

from dropsonde.delivery.outbox import Outbox, Place, Receipt
from tests.support.sites import put_module

if TYPE_CHECKING:
    from tests.support.program import Program, Result

NOON = datetime(2026, 1, 1, 12, tzinfo=timezone.utc)
NOTE = "dropsonde: note: no puppetdb.conf, so nothing is known of what nodes use\n"
SINCE = "the last report that was sent, of 2026-01-01 12:00 UTC"
# Runs the program on a terminal of its own, and prints what that shows.
TERMINAL = """
import os, pty, sys
pid, terminal = pty.fork()
if pid == 0:
    os.execv(sys.executable, [sys.executable, "-m", "dropsonde", *sys.argv[1:]])
shown = b""
try:
    while chunk := os.read(terminal, 4096):
        shown += chunk
except OSError:  # a terminal's end
    pass
os.waitpid(pid, 0)
print(shown.decode())
"""


@pytest.fixture
def site(program: Program) -> Program:
    """A site with one public module, and none of this machine's packaged ones."""
    (program.home / "conf/puppet.conf").write_text("[main]\nbasemodulepath = $codedir/modules\n")
    program.list_public("puppetlabs-ntp", "puppetlabs-stdlib")
    install(program, "puppetlabs-ntp", "1.0.0")
    return program


def install(program: Program, slug: str, version: str) -> None:
    modules = program.home / "code/environments/production/modules"
    put_module(modules / slug.partition("-")[2], slug, version=version)


def preview(program: Program, *options: str) -> bytes:
    return program.run("preview", "--no-update", "--format", "json", *options).out.encode()


def send(program: Program, data: bytes, made: datetime = NOON) -> None:
    """What a submission leaves behind."""
    outbox = Outbox(program.cache)
    answer = Receipt("2026-01-01T12:00:01Z", "https://example.com", 200, "{}")
    outbox.settle(outbox.add(data, made), Place.SENT, answer)


def diff(program: Program, *options: str) -> Result:
    return program.run("diff", "--no-update", *options)


def changes(program: Program, *options: str) -> list[dict[str, Any]]:
    document = json.loads(diff(program, "--format", "json", *options).out)
    assert document["since"] == "2026-01-01T12:00:00Z"
    found: list[dict[str, Any]] = document["changes"]
    return found


def test_nothing_was_sent_yet(program: Program) -> None:
    """Nothing is gathered then, either."""
    result = diff(program)
    assert (result.code, result.err) == (0, "")
    assert result.out == "No report of this site has been sent yet: nothing to compare with\n"
    result = diff(program, "--format", "json")
    assert json.loads(result.out) == {"since": None, "changes": []}
    assert not program.cache.exists()


def test_nothing_has_changed(site: Program) -> None:
    send(site, preview(site))
    result = diff(site)
    assert (result.code, result.out) == (0, f"Nothing has changed since {SINCE}\n")
    assert result.err == ""
    assert changes(site) == []


def test_what_has_changed(site: Program) -> None:
    send(site, preview(site))
    install(site, "puppetlabs-ntp", "2.0.0")
    install(site, "puppetlabs-stdlib", "9.0.0")
    (site.home / "code/environments/staging").mkdir()
    result = diff(site)
    assert (result.code, result.err) == (0, "")
    assert result.out.splitlines() == [
        f"Changed since {SINCE}: + new, ~ changed, - gone",
        "",
        "environment_count: 1 -> 2",
        "",
        "modules: 1 new, 1 changed",
        "    name    slug               version",
        "    ------  -----------------  -------",
        "  + stdlib  puppetlabs-stdlib  9.0.0",
        "  ~ ntp     puppetlabs-ntp     2.0.0    (version was 1.0.0)",
    ]
    row = {"name": "ntp", "slug": "puppetlabs-ntp"}
    assert changes(site) == [
        {"column": "environment_count", "kind": "value", "old": 1, "new": 2},
        {
            "column": "modules",
            "kind": "rows",
            "added": [{"name": "stdlib", "slug": "puppetlabs-stdlib", "version": "9.0.0"}],
            "removed": [],
            "changed": [{"old": {**row, "version": "1.0.0"}, "new": {**row, "version": "2.0.0"}}],
        },
    ]


def test_columns_come_and_go_with_their_metrics(site: Program) -> None:
    send(site, preview(site, "--disable", "environments"))
    assert changes(site) == [{"column": "environment_count", "kind": "new", "value": 1}]
    assert "environment_count: new, 1\n" in diff(site).out
    gone = changes(site, "--disable", "modules,environments")
    assert [(change["column"], change["kind"]) for change in gone] == [("modules", "gone")]
    shown = site.run("preview", "--no-update", "--diff", "--disable", "modules")
    assert "\nmodules: gone, was 1 row (its metric is not run)\n" in shown.out


def test_the_newest_report_counts(site: Program) -> None:
    send(site, preview(site, "--disable", "modules"), NOON - timedelta(days=1))
    send(site, preview(site))
    assert changes(site) == []


def test_reports_of_other_sites_do_not_count(site: Program) -> None:
    send(site, preview(site))
    later = NOON + timedelta(days=1)
    send(site, preview(site, "--siteid", "ab" * 64, "--disable", "modules"), later)
    send(site, b'{"self-service-analytics": {"snapshots": {}}}', later)
    assert changes(site) == []
    assert "No report of this site" in diff(site, "--siteid", "cd" * 64).out


def test_a_damaged_archive_is_one_line(site: Program) -> None:
    send(site, preview(site))
    (file,) = (path for path in (site.cache / "sent").iterdir() if "receipt" not in path.name)
    file.write_bytes(b"{}")
    for command in ("diff", "preview --diff"):
        result = site.run(*command.split(), "--no-update")
        assert (result.code, result.out) == (8, "")
        assert "it was changed" in result.complaint


def test_without_puppetdb_what_it_told_is_gone_and_the_report_incomplete(site: Program) -> None:
    document = json.loads(preview(site))
    value = {"value": [{"name": "ntp", "count": 3}], "timestamp": "2026-01-01T12:00:00Z"}
    document["self-service-analytics"]["snapshots"]["classes"] = value
    send(site, json.dumps(document).encode())
    away = ("--puppetdb", "http://127.0.0.1:1")
    result = diff(site, *away)
    assert result.code == 6
    assert "127.0.0.1:1" in result.complaint
    assert "\nclasses: gone, was 1 row (PuppetDB did not answer)\n" in result.out
    (gone,) = changes(site, *away)
    assert (gone["kind"], gone["reason"]) == ("gone", "PuppetDB did not answer")


def test_a_preview_marks_what_has_changed(site: Program) -> None:
    send(site, preview(site))
    install(site, "puppetlabs-ntp", "2.0.0")
    (site.home / "code/environments/staging").mkdir()
    result = site.run("preview", "--no-update", "--diff")
    assert (result.code, result.err) == (0, NOTE)
    lines = result.out.splitlines()
    assert lines[5] == f"Changed since {SINCE}: + new, ~ changed, - gone"
    assert "  environment_count: 2 (was 1)" in lines
    assert "  modules: 1 row (1 changed)" in lines
    assert "  ~ ntp   puppetlabs-ntp  2.0.0    (version was 1.0.0)" in lines


def test_a_preview_without_changes_has_no_marks(site: Program) -> None:
    plain = site.run("preview", "--no-update").out.splitlines()
    first = site.run("preview", "--no-update", "--diff").out.splitlines()
    assert first.pop(5).startswith("No report of this site has been sent yet")
    assert first == plain
    send(site, preview(site))
    same = site.run("preview", "--no-update", "--diff").out.splitlines()
    assert same.pop(5) == f"Nothing has changed since {SINCE}"
    assert same == plain


def test_marks_are_for_people(program: Program) -> None:
    result = program.run("preview", "--diff", "--format", "json")
    assert (result.code, result.out) == (2, "")
    assert "dropsonde diff" in result.complaint


def test_the_demo_has_sent_nothing(program: Program) -> None:
    result = program.run("preview", "--demo", "--diff")
    assert (result.code, result.err) == (0, "")
    assert "No report of this site has been sent yet" in result.out


@pytest.mark.parametrize(("environ", "colored"), [({}, True), ({"NO_COLOR": ""}, False)])
def test_a_terminal_has_colours(site: Program, environ: dict[str, str], *, colored: bool) -> None:
    send(site, preview(site))
    install(site, "puppetlabs-stdlib", "9.0.0")
    site.environ.update(environ)
    for command in ("diff", "preview --diff"):
        result = site.python(TERMINAL, *command.split(), "--no-update")
        assert "puppetlabs-stdlib  9.0.0" in result.out
        assert ("\x1b[32m  + " in result.out) is colored
    assert "\x1b" not in diff(site).out
