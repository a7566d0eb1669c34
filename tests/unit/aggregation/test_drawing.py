"""Drawing a week: every known group gets a cell, and what is shown follows from cells alone."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import duckdb
import pytest

from dropsonde.aggregation import cells, drawing
from dropsonde.aggregation.cells import DEVIATIONS, SUFFIX
from dropsonde.aggregation.drawing import among_of
from dropsonde.aggregation.known import Words, groups
from dropsonde.aggregation.plan import Measure, Value
from dropsonde.aggregation.privacy.drawing import draw
from dropsonde.aggregation.privacy.loss import Budget
from dropsonde.aggregation.privacy.unit import MOST_PAIRED
from dropsonde.aggregation.privacy.weights import LATTICE
from dropsonde.aggregation.release import ALL, Z95, K, Role
from dropsonde.collector.vocabulary_file import Published
from dropsonde.common import weeks
from dropsonde.schema.model import Type
from tests.unit.aggregation.engines.sites import COLUMNS, PLANS
from tests.unit.aggregation.made import MODULES, QUERIES, SOME, WEEK, Made, usage


@pytest.fixture
def made(tmp_path: Path) -> Made:
    return Made(tmp_path)


def drawn(path: Path) -> dict[str, dict[tuple[Any, ...], tuple[float, float]]]:
    """Table to keys to the number and its standard deviation, as the file of cells says."""
    with duckdb.connect() as connection:
        rows = connection.execute(
            f"SELECT name, keys, parts / {LATTICE}, scale FROM read_parquet('{path}')"  # noqa: S608
        ).fetchall()
    found: dict[str, dict[tuple[Any, ...], tuple[float, float]]] = defaultdict(dict)
    for name, keys, number, scale in rows:
        assert tuple(json.loads(keys)) not in found[name]
        found[name][tuple(json.loads(keys))] = (number, scale)
    return found


def test_every_known_group_gets_a_cell(made: Made) -> None:
    made.groups = {"module_usage": usage(apache=400)}  # nobody has anything else
    made.release()
    found = drawn(made.out / f"{WEEK}{SUFFIX}")
    assert found.keys() == {ALL, *SOME} - {"module_pairs"}  # of one module there is none
    for name in ("module_usage", "environments_per_site"):
        known = groups(QUERIES[name], COLUMNS, Words(MODULES))
        assert list(found[name]) == known
    assert set(found["module_majors"]) == {("acme-apache", each) for each in (None, "1", "2")}
    noisy = [number for each in found.values() for number, _ in each.values()]
    assert sum(number != round(number) for number in noisy) > len(noisy) / 2


def test_a_group_that_is_not_known_is_not_counted(made: Made) -> None:
    made.groups = {"module_usage": {**usage(ntp=400), ("acme-secret",): 400, (None,): 400}}
    release = made.release()
    assert [row[0] for row in release.tables["module_usage"].rows] == ["acme-ntp"]
    assert "secret" not in (made.out / f"{WEEK}.json").read_text()


def test_what_is_counted_of_a_module_follows_from_what_is_shown(made: Made) -> None:
    made.release()
    shown = {"acme-apache", "acme-ntp", "other-apache"}  # three sites are too few
    assert set(made.asked["module_majors"]["module"]) == shown
    assert {keys[0] for keys in drawn(made.out / f"{WEEK}{SUFFIX}")["module_majors"]} == shown
    assert (made.asked["module_usage"], made.asked["environments_per_site"]) == ({}, {})
    assert made.steps[-2:] == [
        f"count {name} of {WEEK}" for name in ("module_majors", "module_pairs")
    ]


def test_pairs_and_what_stands_beside_have_one_module_of_each_name(made: Made) -> None:
    made.queries = (*SOME, "module_systems", "operating_systems")
    made.groups["operating_systems"] = {
        ("Debian", "12"): 300,
        ("Rocky", "9"): 200,
        ("AIX", "7.3"): 2,
    }
    made.release()
    for key in ("first", "second"):
        assert list(made.asked["module_pairs"][key]) == ["acme-apache", "acme-ntp"]
    beside = {key: list(every) for key, every in made.asked["module_systems"].items()}
    assert beside == {
        "module": ["acme-apache", "acme-ntp"],
        "os": ["Debian", "Rocky"],
        "release": ["12", "9"],
    }
    found = drawn(made.out / f"{WEEK}{SUFFIX}")
    assert list(found["module_pairs"]) == [("acme-apache", "acme-ntp")]
    assert set(found["module_systems"]) == {
        (module, *system)
        for module in ("acme-apache", "acme-ntp")
        for system in (("Debian", "12"), ("Debian", "9"), ("Rocky", "9"))
    }


def test_the_most_shown_names_are_paired(made: Made) -> None:
    """A name has the rank of its most used module: another author's, used by few, changes none."""
    names = [f"m{at:03}" for at in range(MOST_PAIRED + 20)]
    slugs = {f"acme-{name}": 5000 - 10 * at for at, name in enumerate(names)}
    slugs |= {f"other-{name}": 20 for name in names[:5]}
    made.modules = lambda: {slug: Published(frozenset(), frozenset()) for slug in slugs}
    made.groups = {"module_usage": {(slug,): number for slug, number in slugs.items()}}
    made.queries = ("module_usage", "module_pairs")
    made.release()
    asked = made.asked["module_pairs"]["first"]
    assert list(asked) == [f"acme-{name}" for name in names[:MOST_PAIRED]]


def test_every_query_is_among_tables_that_are_drawn_first() -> None:
    for plan in PLANS:
        for name, table in plan.among.items():
            assert not QUERIES[table].among
            keys = [key.name for key in QUERIES[table].keys]
            assert name in keys or len(keys) == 1, (plan.name, name)
            assert among_of(plan, defaultdict(list), PLANS)[name] == {}


def test_sums_are_drawn_and_shown_with_their_groups(
    made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    nodes = Measure("nodes", Role.SUM, "Nodes.", Value("count", Type.INTEGER, 0), 0, 4)
    plan = QUERIES["environments_per_site"]
    summed = replace(plan, measures=(*plan.measures, nodes))
    monkeypatch.setattr(Made, "plans", [summed])
    made.groups = {plan.name: {(2,): 500, (3,): 4}}
    release = made.release()
    assert [each.name for each in release.tables[plan.name].fields] == [
        "environments", "sites", "error", "week_sites", "nodes", "nodes_error",
    ]  # fmt: skip
    ((*numbers, nodes_error),) = release.tables[plan.name].rows
    scales = release.method.scales
    assert numbers == [2, 500, round(Z95 * scales[plan.name], 1), 500, pytest.approx(500, abs=4)]
    assert nodes_error == pytest.approx(Z95 * scales[f"{plan.name}.nodes"], abs=0.06)
    assert scales[f"{plan.name}.nodes"] == 4 * scales[plan.name]
    found = drawn(made.out / f"{WEEK}{SUFFIX}")
    assert found[plan.name].keys() == found[f"{plan.name}.nodes"].keys()


def recomputed(
    weeks_: list[dict[str, dict[tuple[Any, ...], tuple[float, float]]]], name: str
) -> dict[tuple[Any, ...], tuple[int, float, int]]:
    """What a table shows, from cells alone: keys to the mean, its error and the week's number."""
    found = {}
    for keys, (newest, _) in weeks_[-1][name].items():
        every = [each[name][keys] for each in weeks_ if keys in each[name]]
        mean = sum(number for number, _ in every) / len(every)
        error = math.sqrt(sum(scale**2 for _, scale in every)) / len(every)
        if mean >= max(K, DEVIATIONS * error):
            found[keys] = (round(mean), round(Z95 * error, 1), max(round(newest), 0))
    return found


def test_all_that_is_public_follows_from_the_cells_alone(made: Made) -> None:
    """Over more weeks than are shown, with noise that hides some groups and shows empty ones."""
    made.queries = ("module_usage", "module_majors")
    slugs = [f"acme-m{at}" for at in range(300)]
    made.modules = lambda: {slug: Published(frozenset({"1.0.0"}), frozenset()) for slug in slugs}
    every = []
    for number in range(15):
        week = weeks.week_of(weeks.first_moment("2026-W40") + timedelta(weeks=number))
        made.now = weeks.finished_from(week)
        made.year = Budget(2.0 if number else 3.0, 1e-6)  # weeks differ in their noise
        made.groups = {"module_usage": {(slug,): at for at, slug in enumerate(slugs)}}
        release = made.release(week)
        every.append(drawn(made.out / f"{week}{SUFFIX}"))
        shown = every[-cells.WEEKS :]
        for name, table in release.tables.items():
            found = {row[: table.keys]: row[table.keys :] for row in table.rows}
            assert found == recomputed(shown, name)
            assert list(found) == sorted(found, key=str)
        numbers = [each[ALL][()][0] for each in shown]
        assert release.sites == max(round(sum(numbers) / len(numbers)), 0)
        assert release.sites_week == max(round(numbers[-1]), 0)
    rows = made.public[-1].tables["module_usage"].rows
    assert 50 < len(rows) < 290
    assert {keys[0] for keys in every[-1]["module_majors"]} == {row[0] for row in rows}


def test_the_time_of_a_release_does_not_depend_on_the_counting(made: Made) -> None:
    class Slow(Made):
        def count(self, *rest: Any) -> Any:
            self.now += timedelta(seconds=7)
            return super().count(*rest)

    began = datetime(2026, 12, 1, tzinfo=timezone.utc)
    assert Slow(made.root, now=began).release().made == began


def test_the_others_are_counted_one_by_one(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that memory holds the numbers of one of the large tables only."""
    monkeypatch.setattr(drawing, "draw", noting(made))
    made.release()
    assert made.steps[-4:] == [
        f"count module_majors of {WEEK}", "draw", f"count module_pairs of {WEEK}", "draw",
    ]  # fmt: skip


def noting(made: Made) -> Any:
    def noted(groups: Any, exact: Mapping[Any, int], scale: float) -> Any:
        made.steps.append("draw")
        return draw(groups, exact, scale)

    return noted
