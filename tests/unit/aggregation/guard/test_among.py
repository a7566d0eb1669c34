"""The setting ``among``: keys of which other tables' groups, and of which never."""

from __future__ import annotations

import pytest

from dropsonde.aggregation.guard import Reason
from dropsonde.aggregation.plan import Shape
from tests.unit.aggregation.guard.judged import judged

FROM = "COUNT(DISTINCT site_id) AS sites FROM community_metrics"
USAGE = f"SELECT m.slug AS module, {FROM}, UNNEST(modules) AS m GROUP BY module"
LINE = 7  # of the first setting, after a title, a description and two columns
PAIRS = (
    f"SELECT a.slug AS x, b.slug AS y, {FROM}, UNNEST(modules) AS a, UNNEST(modules) AS b "
    "WHERE a.slug < b.slug GROUP BY x, y"
)
BESIDE = (
    f"SELECT m.slug AS module, o.name AS os, {FROM}, UNNEST(modules) AS m, "
    "UNNEST(operating_systems) AS o GROUP BY module, os"
)


def test_a_key_among_the_groups_of_another_table() -> None:
    plan = judged(USAGE, "among: module module_usage").plan
    assert plan is not None
    assert plan.among == {"module": "module_usage"}


@pytest.mark.parametrize(
    ("among", "column", "said"),
    [
        ("module", 4, "among names keys, each once and with a table"),
        ("slug module_usage", 4, "among names keys"),
        ("module module_usage, module module_usage", 4, "among names keys, each once"),
        ("module nothing", 18, "there is no table nothing: among names one of agents, "),
        ("module module_usages", 18, "there is no table module_usages"),
        ("module query", 18, "a table is not counted among its own groups"),
        ("module class_usage", 18, "class_usage is itself counted among the groups of another"),
        ("module unused_modules", 18, "unused_modules is itself counted"),
        ("module operating_systems", 18, "os of operating_systems is not"),
        ("module environments_per_site", 18, "environments of environments_per_site is not"),
    ],
)
def test_a_table_that_cannot_say_what_is_counted(among: str, column: int, said: str) -> None:
    (reason,) = judged(USAGE, f"among: {among}").reasons
    assert (reason.line, reason.column) == (LINE, column)
    assert said in reason.text


def test_a_number_is_not_among_others() -> None:
    sql = f"SELECT LEAST(environment_count, 50) AS environments, {FROM} GROUP BY environments"
    (reason,) = judged(sql, "among: environments environments_per_site").reasons
    text = (
        "environments is one of 51 numbers, 0 to 50; environments of environments_per_site is not"
    )
    assert reason == Reason(LINE, 24, text)


def test_a_major_is_not_among_versions() -> None:
    sql = f"SELECT a.version AS agent, {FROM}, UNNEST(agents) AS a GROUP BY agent"
    assert "agent of agents is not" in judged(sql, "among: agent agents").reasons[0].text


@pytest.mark.parametrize(
    ("sql", "among", "said"),
    [
        (PAIRS, "", "pairs are of modules that are shown: -- among: x module_usage"),
        (PAIRS, "x module_usage", "-- among: y module_usage"),
        (BESIDE, "", "among groups that are shown: -- among: module module_usage"),
        (BESIDE, "os operating_systems", "-- among: module module_usage"),
        (BESIDE, "module module_usage", "-- among: os TABLE"),
    ],
)
def test_what_bounds_a_sites_part_is_wanted(sql: str, among: str, said: str) -> None:
    (reason,) = judged(sql, f"among: {among}").reasons
    assert reason.text.endswith(said)


def test_and_is_enough() -> None:
    pairs = judged(PAIRS, "among: x module_usage, y module_usage").plan
    beside = judged(BESIDE, "among: module module_usage", "  os operating_systems").plan
    assert pairs is not None
    assert pairs.shape is Shape.PAIR
    assert beside is not None
    assert (beside.shape, len(beside.among)) == (Shape.BESIDE, 2)
