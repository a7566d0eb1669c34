"""The contributor's loop, and a week from reports to a release, as programs."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

import dropsonde.aggregation
from dropsonde.aggregation.query import load
from dropsonde.aggregation.release import K, Role, history
from dropsonde.common.weeks import week_of
from tests.unit.cli.collector.made import filled
from tests.unit.cli.collector.test_commands import complaint, run

QUERIES = Path(dropsonde.aggregation.__file__).parent / "queries"
LAST_WEEK = datetime.now(timezone.utc) - timedelta(weeks=2)
SITES = 60
BAD = """-- Addresses
--
-- Who reports.
--
-- address: Where from.
-- sites: Distinct sites.
SELECT ip AS address, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY address
"""


@pytest.mark.parametrize("command", ["check", "try"])
def test_a_refused_query_is_22_and_says_where(tmp_path: Path, command: str) -> None:
    file = tmp_path / "addresses.sql"
    file.write_text(BAD)
    result = run(command, str(file))
    assert result.code == 22
    assert complaint(result).startswith(f"{file}: the guard refuses it: 7:8: ip tells one report")
    shown = f"{file}:7:8: ip tells one report from another\n" if command == "check" else ""
    assert result.out.startswith(shown)
    assert bool(result.out) == bool(shown)


def make_nothing(_: Path) -> None:
    pass


def make_large(file: Path) -> None:
    with file.open("wb") as opened:
        opened.truncate(100 << 20)


NO_QUERIES: dict[str, tuple[Callable[[Path], object], str]] = {
    "missing": (make_nothing, "No such file or directory"),
    "a directory": (Path.mkdir, "Is a directory"),
    "a pipe": (os.mkfifo, "Not a regular file"),
    "large": (make_large, "Larger than 65,536 bytes"),
    "bytes": (lambda file: file.write_bytes(b"-- T\n\xff\xfe"), "Not UTF-8 in line 2"),
}


@pytest.mark.parametrize("kind", NO_QUERIES)
@pytest.mark.parametrize("command", ["check", "try"])
def test_a_file_that_is_no_query_is_8(tmp_path: Path, command: str, kind: str) -> None:
    file = tmp_path / "query.sql"
    make, said = NO_QUERIES[kind]
    make(file)
    result = run(command, str(file))
    assert (result.code, result.out) == (8, "")
    assert complaint(result) == f"{file}: {said}: name a text file, NAME.sql"


def test_standard_input_is_no_query() -> None:
    result = run("check", "-")
    assert (result.code, result.out) == (8, "")
    assert complaint(result).startswith("-: Standard input has no name for the table: name a text")


@pytest.mark.parametrize(
    "sql",
    [
        "",
        "\ufeffSELECT 1",
        "SELECT SPLIT(version, '.')[0]",
        "9" * 5000,
        "SELECT '",
        "x\r\n\t\u4e2d",
    ],
    ids=["empty", "mark", "bracket", "digits", "open", "odd"],
)
def test_a_text_that_is_no_query_is_22_and_each_line_has_a_place(tmp_path: Path, sql: str) -> None:
    file = tmp_path / "query.sql"
    file.write_bytes(sql.encode())
    result = run("check", str(file))
    assert result.code == 22
    assert complaint(result).startswith(f"{file}: the guard refuses it: 1:")
    places = [line.removeprefix(f"{file}:") for line in result.out.splitlines()]
    assert places
    assert all(re.match(r"[1-9]\d*:[1-9]\d*: \S", place) for place in places), places


def test_try_runs_a_query_on_made_up_reports() -> None:
    words = ("try", str(QUERIES / "environments_per_site.sql"), "--example", "200", "--seed", "7")
    result = run(*words)
    assert (result.code, result.err) == (0, "")
    plan, _, table = result.out.partition("\n\n")
    assert plan.endswith(f"made-up sites, without noise, from {K} sites on:")
    head, _, *groups, last = table.splitlines()
    assert head.split() == ["environments", "sites"]
    assert groups
    assert last == f"{len(groups)} rows"
    assert all(int(row.split()[1]) >= K for row in groups)
    assert run(*words).out == result.out
    assert run(*words[:-1], "8").out != result.out


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("aggregate") / "data"
    return filled(path, SITES, (LAST_WEEK - timedelta(weeks=1), LAST_WEEK))


@pytest.mark.parametrize("unit", ["module", "site"])
def test_a_week_becomes_a_release_of_all_queries(data: Path, tmp_path: Path, unit: str) -> None:
    (data / "ledger.json").unlink(missing_ok=True)  # of the other unit, to which nobody may change
    week = week_of(LAST_WEEK)
    out = tmp_path / "out"
    words = ("aggregate", "--data", str(data), "--out", str(out), "--week", week)
    few_groups = run(*words, "--unit", unit, "--epsilon-year", "10000")
    assert (few_groups.code, few_groups.err) == (0, "")
    (release,) = history(out)
    assert (release.week, release.method.unit) == (week, unit)
    assert release.tables.keys() == {query.name for query in load()}
    assert abs(release.sites - SITES) < 5
    shown = [
        row[table.place(Role.SITES)] for table in release.tables.values() for row in table.rows
    ]
    assert len(shown) > 100
    assert min(shown) >= K
    assert run(*words, "--unit", unit).code == 31
