"""What stands on stdout, and what does not; where options may stand."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.support.program import Program

NEED_PUPPETDB = {
    *("classes", "unused_modules", "unused_classes", "class_platforms"),
    *("agents", "operating_systems"),
}
OTHERS = {"dependencies", "environment_count", "modules", "puppetfile_ruby_methods", "servers"}


def test_the_demo_is_json_and_nothing_else(program: Program) -> None:
    result = program.run("preview", "--demo", "--format", "json")
    assert (result.code, result.err) == (0, "")
    document = json.loads(result.out)
    assert result.out.count("\n") == 1
    assert set(document["self-service-analytics"]["snapshots"]) == NEED_PUPPETDB | OTHERS


def test_verbose_leaves_stdout_alone(program: Program) -> None:
    result = program.run("preview", "--demo", "--format", "json", "-v")
    json.loads(result.out)
    assert "modules: 0." in result.err


def test_without_puppetdb_there_is_a_note_and_less(program: Program) -> None:
    program.list_public("puppetlabs-stdlib")
    result = program.run("preview", "--no-update", "--format", "json")
    assert result.code == 0
    assert "note: no puppetdb.conf" in result.complaint
    snapshots = json.loads(result.out)["self-service-analytics"]["snapshots"]
    assert set(snapshots) == OTHERS


def test_a_fault_of_puppetdb_conf_costs_its_columns_alone(program: Program) -> None:
    program.list_public("puppetlabs-stdlib")
    (program.home / "conf/puppetdb.conf").write_text("[main]\nserver_urls = acme:8081\n")
    result = program.run("preview", "--no-update", "--format", "json")
    assert result.code == 6
    assert "puppetdb.conf:2: server_urls holds something that is not https" in result.err
    assert "acme" not in result.err
    assert set(json.loads(result.out)["self-service-analytics"]["snapshots"]) == OTHERS


def test_options_stand_before_or_after_the_command(program: Program) -> None:
    before = program.run("--disable", "platforms", "list")
    after = program.run("list", "--disable", "platforms")
    assert before == after
    assert "platforms (left out here)" in before.out


def test_options_of_dev_stand_anywhere(program: Program) -> None:
    results = [
        program.run("-d", "modules", "dev", "schema"),
        program.run("dev", "-d", "modules", "schema"),
        program.run("dev", "schema", "-d", "modules"),
    ]
    assert results[0] == results[1] == results[2]
    names = {column["name"] for column in json.loads(results[0].out)}
    assert "environment_count" in names
    assert "unused_modules" not in names


def test_the_command_line_overlays_the_file(program: Program) -> None:
    (program.home / "telemetry.yaml").write_text(":disable: [modules]\n")
    assert "\nmodules (left out here)" in program.run("list").out
    result = program.run("list", "--disable", "platforms")
    assert "\nmodules\n" in result.out
    assert "\nplatforms (left out here)" in result.out


def test_the_file_can_ask_for_tracebacks(program: Program) -> None:
    (program.home / "telemetry.yaml").write_text(":verbose: true\n:plugins: /nonexistent\n")
    result = program.run("list")
    assert result.code == 7
    assert "Traceback" in result.err


@pytest.mark.parametrize("closed", ["2>&-", "2>/dev/full"])
def test_what_cannot_be_said_does_not_get_into_the_result(program: Program, closed: str) -> None:
    result = program.shell(f'"$@" list --plugins nowhere {closed}')
    assert (result.code, result.out, result.err) == (7, "", "")
    assert program.shell(f'"$@" list {closed}').out == program.run("list").out
    noted = program.shell(f'"$@" preview --no-update {closed}')
    assert (noted.code, noted.err) == (0, "")
    assert "no puppetdb.conf" not in noted.out


@pytest.mark.parametrize("words", ["list", "--help", "--version", "initconfig"])
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_an_output_that_cannot_be_written_is_an_error(
    program: Program, words: str, unbuffered: str
) -> None:
    environ = {"PYTHONUNBUFFERED": unbuffered}
    full = program.shell(f'"$@" {words} >/dev/full', environ)
    assert full.code == 8
    assert "standard output: No space left" in full.complaint
    closed = program.shell(f'"$@" {words} >&-', environ)
    assert closed.code == 8
    assert "standard output: closed" in closed.complaint


def test_a_reader_may_go_away(program: Program) -> None:
    result = program.shell('"$@" dev example --size 1000 | head -1; exit ${PIPESTATUS[0]}')
    assert (result.code, result.err) == (141, "")
    assert json.loads(result.out)["product"] == "popularity-module"
