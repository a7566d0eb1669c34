"""What ``check`` prints of a query: its plan, its vocabularies, its noise, and its reasons."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import dropsonde.aggregation
from dropsonde.aggregation.query import load
from tests.unit.cli.collector.test_commands import complaint, run

QUERIES = Path(dropsonde.aggregation.__file__).parent / "queries"
HEAD = "-- T\n--\n-- D.\n--\n-- v: V.\n-- sites: S.\n"
FROM = "COUNT(DISTINCT site_id) AS sites FROM community_metrics"
USAGE = f"SELECT m.slug AS v, {FROM}, UNNEST(modules) AS m GROUP BY v"


def test_it_prints_the_plan_the_vocabularies_and_the_noise() -> None:
    result = run("check", str(QUERIES / "module_pairs.sql"))
    assert (result.code, result.err) == (0, "")
    lines = result.out.splitlines()
    assert lines[:12] == [
        "from: each site's report of the week, rows s0 of its modules, rows s1 of its",
        "  modules",
        "group by first: s0.slug, among those that module_usage shows",
        "group by second: s1.slug, among those that module_usage shows",
        "groups with: (s0.slug < s1.slug)",
        "sites: distinct sites",
        "",
        "vocabularies (every word is counted, those that no site has, too):",
        "  first: modules on the Forge's list",
        "  second: modules on the Forge's list",
        "noise: discrete Gaussian on every number, of the standard deviation \u03c3",
        "",
    ]
    module, site = (line.split() for line in lines[14:16])
    assert (module[:2], site[:2]) == (["module", "2"], ["site", "4"])
    assert module[2:6] == ["20", "of", "a", "module"]
    assert site[2:6] == ["100", "of", "a", "site"]
    for row in (module, site):
        week, mean, shown, shown_mean = (float(cell.replace(",", "")) for cell in row[6:])
        assert mean == pytest.approx(week / 13**0.5, abs=0.1)
        assert shown == pytest.approx(max(10, shown_mean * 13**0.5), rel=0.01)


@pytest.mark.parametrize("name", [query.name for query in load()])
def test_it_fits_a_terminal(name: str) -> None:
    result = run("check", str(QUERIES / f"{name}.sql"))
    lines = result.out.splitlines()
    assert result.code == 0
    assert len(lines) < 24
    assert max(map(len, lines)) < 80


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            f"{HEAD}SELECT version AS v, {FROM} GROUP BY v",
            "7:8: version has no published vocabulary",
        ),
        (f"{HEAD}-- among: v nothing\n{USAGE}", "7:13: there is no table nothing"),
        (f"{HEAD}-- among: v class_usage\n{USAGE}", "7:13: class_usage is itself counted"),
        (f"{HEAD}; SELECT 1", "7:1: there is nothing before this semicolon"),
    ],
    ids=["vocabulary", "table", "among", "semicolon"],
)
@pytest.mark.parametrize("command", ["check", "try"])
def test_a_refusal_is_22_and_says_where(tmp_path: Path, command: str, text: str, said: str) -> None:
    file = tmp_path / "query.sql"
    file.write_text(text)
    result = run(command, str(file))
    assert result.code == 22
    assert complaint(result).startswith(f"{file}: the guard refuses it: {said}")
    if command == "check":
        places = [line.removeprefix(f"{file}:") for line in result.out.splitlines()]
        assert any(place.startswith(said) for place in places)
        assert all(re.match(r"[1-9]\d*:[1-9]\d*: \S", place) for place in places)
