"""Reports that DuckDB's own way treats apart: each is there on purpose, and counts as it should."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from dropsonde.aggregation.engines.duckdb import coded, masks
from dropsonde.aggregation.engines.duckdb.engine import DuckDB
from dropsonde.aggregation.engines.duckdb.groups import Groups
from dropsonde.aggregation.engines.duckdb.masks import Masks
from dropsonde.aggregation.engines.sql import Counting
from dropsonde.aggregation.plan import Bounds, Shape
from dropsonde.aggregation.privacy.unit import Unit
from dropsonde.aggregation.privacy.weights import LATTICE
from dropsonde.collector.store.parquet.view import View
from tests.unit.aggregation.engines.sites import OTHERS, PLANS
from tests.unit.aggregation.engines.stored import TABLE, by_statement, check_all, put

if TYPE_CHECKING:
    from dropsonde.aggregation.plan import Plan
    from tests.unit.aggregation.engines.model import Among, Report

WEEK = "2026-W47"
FORGE = ("puppetlabs-ntp", "saz-ntp", "saz-ssh", "saz-sudo")


def modules(*every: str) -> list[dict[str, Any]]:
    """Rows from texts like ``saz-ntp 1.0.0``; the version can be absent."""
    found = [each.partition(" ") for each in every]
    return [
        {"name": slug.partition("-")[2], "slug": slug, "version": version or None}
        for slug, _, version in found
    ]


def classes(*every: str) -> dict[str, Any]:
    """Both lists of classes, on two platforms; each with its place as the number of nodes."""
    return {
        "classes": [{"name": name, "count": count} for count, name in enumerate(every)],
        "class_platforms": [
            {"name": name, "platform": platform, "count": count}
            for count, name in enumerate(every)
            for platform in ("Debian", "RedHat")
        ],
    }


REPORTS: dict[str, Report] = {
    "alone": {"modules": modules("saz-ntp 1.0.0", "saz-ssh"), **classes("ntp", "ssh::server")},
    "one group of several codes": {
        "modules": modules("saz-ntp 1.0.0", "saz-ntp 1.1.0", "saz-ntp"),
        **classes("ntp", "ntp::a", "ntp::b"),
    },
    "two codes": {"modules": modules("saz-ntp 1.0.0", "saz-ntp 1.1.0"), **classes("ntp::a")},
    "one row of each author": {"modules": modules("puppetlabs-ntp", "saz-ntp"), **classes("ntp")},
    "more than the bound": {
        "modules": modules(*(f"saz-ntp {major}.0.0" for major in range(9)), "saz-ssh 1.0.0"),
        **classes(*(f"ntp::c{number}" for number in range(12)), "ssh"),
    },
    "two authors": {
        "modules": modules("puppetlabs-ntp 1.0.0", "saz-ntp 1.0.0", "saz-ntp 2.0.0"),
        **classes("ntp", "ntp::a"),
    },
    "a row twice but for its number": {"modules": modules("saz-ntp"), **classes("ntp", "ntp")},
    "no such module": {"modules": modules("saz-sudo 1.0.0"), **classes("ntp", "acme")},
    "empty lists": {"modules": [], "classes": [], "class_platforms": []},
    "nothing": {},
}
SYSTEMS = {
    "operating_systems": [
        {"name": "Debian", "release": release, "count": 1} for release in ("12", None)
    ],
    "agents": [
        {"implementation": whose, "version": version, "count": 1}
        for whose, version in ((None, "8.14"), ("openvox", "8.19"), ("openvox", "8.23"))
    ],
}


def engine_of(reports: Sequence[Report]) -> DuckDB:
    connection = duckdb.connect()
    connection.execute("SET threads = 1")
    connection.execute(TABLE.ddl())
    for number, report in enumerate(reports):
        put(connection, number, "2026-W46", {})
        put(connection, number, WEEK, report)
    return DuckDB.of(View(connection, TABLE, ()))


def amongs(plan: Plan) -> Iterator[Among]:
    some = {
        "module": FORGE[1:3],
        "first": FORGE[1:3],
        "second": FORGE[1:3],
        "os": ["Debian"],
        "release": [None],
        "agent": [None, "openvox"],
        "major": ["8"],
    }
    if plan.among:
        yield {key: some[key] for key in plan.among}
    if plan.shape not in {Shape.PAIR, Shape.BESIDE}:
        yield {}


@pytest.mark.parametrize("unit", Unit)
@pytest.mark.parametrize("bound", [1, 2])
@pytest.mark.parametrize("name", ["all", "alone", "empty lists", "nothing"])
def test_each_kind_of_report_counts_as_it_should(name: str, bound: int, unit: Unit) -> None:
    every = list(REPORTS.values()) if name == "all" else [REPORTS[name]]
    reports = [{**report, **SYSTEMS} for report in every]
    engine = engine_of(reports)
    for plan in PLANS:
        if "modules" in plan.sources:
            few = replace(plan, bounds=Bounds(bound, bound, bound))
            for among in amongs(plan):
                check_all(engine, few, unit, WEEK, reports, among)


def numbers(engine: DuckDB, statement: str) -> list[Any]:
    return [number for (number,) in engine.view.connection.execute(statement).fetchall()]


def test_rows_that_are_alone_in_their_module_are_found_once_for_all_plans() -> None:
    engine = engine_of([REPORTS["alone"], REPORTS["two authors"]])
    counts = engine.count(OTHERS["module_usage"], WEEK, Unit.MODULE, {})
    first = "SELECT alone FROM modules_coded ORDER BY site, code"
    assert numbers(engine, first) == [True, True, False, False, False]
    # Two of one name are one unit, whose bound is 1.
    assert counts[("saz-ssh",)] == (LATTICE,)
    assert counts[("saz-ntp",)] == (LATTICE + 724,)
    groups = Groups(engine.coded, Counting(OTHERS["module_usage"], Unit.MODULE, "TRUE", {}))
    alone, others = Masks(groups).weighed()  # others: of the modules that have more
    for weighed, weight in ((alone, LATTICE), (others, 724)):
        assert numbers(engine, f"SELECT w FROM ({weighed})") == [weight] * 2  # noqa: S608 - ours
    engine.count(OTHERS["module_versions"], WEEK, Unit.SITE, {})
    assert list(engine.coded.marked) == ["modules"]


def test_rows_that_are_alone_in_their_module_can_share_a_group_of_another_plan() -> None:
    engine = engine_of([{**REPORTS["alone"], **SYSTEMS, "modules": modules("saz-ntp", "saz-ssh")}])
    systems = OTHERS["module_systems"]
    (module, *rest), version = systems.keys, OTHERS["module_versions"].keys[1]
    assert module.name == "module"
    plan = replace(systems, keys=(replace(version, name="module"), *rest))
    engine.count(OTHERS["module_usage"], WEEK, Unit.MODULE, {})
    counts = engine.count(plan, WEEK, Unit.MODULE, {})
    assert counts == by_statement(engine.view, plan, Unit.MODULE, WEEK, {})
    assert counts == {(None, "Debian", release): (LATTICE,) for release in ("12", None)}


def test_a_row_that_is_alone_in_its_module_can_have_many_groups_of_another_plan() -> None:
    rows = [{"name": "saz-ntp", "version_requirement": ">= 1.0.0 < 9.0.0"}]
    reports: list[Report] = [{"dependencies": rows}]
    engine, plan = engine_of(reports), OTHERS["private_dependencies"]
    engine.count(replace(plan, keys=plan.keys[:1]), WEEK, Unit.MODULE, {})
    assert list(engine.coded.marked) == ["dependencies"]
    check_all(engine, plan, Unit.MODULE, WEEK, reports, {})


@pytest.mark.parametrize(
    ("widest", "expected"), [(10, ["ntp"]), (1, ["ntp", "ssh"]), (masks.WIDEST, [])]
)
def test_modules_of_more_groups_than_a_number_has_bits_are_counted_by_their_rows(
    monkeypatch: pytest.MonkeyPatch, widest: int, expected: list[str]
) -> None:
    monkeypatch.setattr(masks, "WIDEST", widest)
    engine, usage = engine_of(list(REPORTS.values())), OTHERS["class_usage"]
    counts = engine.count(usage, WEEK, Unit.MODULE, {})
    assert counts == by_statement(engine.view, usage, Unit.MODULE, WEEK, {})
    wide = "SELECT DISTINCT module FROM groups0 JOIN wide USING (part) ORDER BY module"
    assert numbers(engine, wide) == expected
    tables = numbers(engine, "SELECT table_name FROM duckdb_tables()")
    assert ("rows0" in tables) == bool(expected)
    if expected:
        rows = "SELECT DISTINCT module FROM rows0 JOIN groups0 USING (part) ORDER BY module"
        assert numbers(engine, rows) == expected


def test_a_module_of_as_many_groups_as_a_number_has_bits_is_weighed_by_all() -> None:
    names = ["ntp", *(f"ntp::c{number}" for number in range(masks.WIDEST - 1))]
    full: Report = {"modules": modules("saz-ntp"), **classes(*names)}
    more: Report = {"modules": modules("saz-ntp"), **classes(*names, "ntp::more")}
    for report, wide in ((full, False), (more, True)):
        engine, usage = engine_of([report]), OTHERS["class_usage"]
        check_all(engine, usage, Unit.MODULE, WEEK, [report], {})
        counts = engine.count(usage, WEEK, Unit.MODULE, {})
        assert len(counts) == len(names) + wide
        assert numbers(engine, "SELECT count(*) FROM wide") == [int(wide)]


@pytest.mark.parametrize("rows", [1, 4, 1000])
def test_steps_are_as_large_as_their_rows_allow(monkeypatch: pytest.MonkeyPatch, rows: int) -> None:
    monkeypatch.setattr(coded, "AT_ONCE", rows)
    engine = engine_of([REPORTS["more than the bound"], *[REPORTS["alone"]] * 6])
    engine.coded.take(WEEK, ["modules"])
    steps = sorted(engine.coded.ranges(["modules_coded"]))
    sites = [site for first, last in steps for site in range(first, last + 1)]
    assert sites == [1, 2, 3, 4, 5, 6, 7]
    assert len(steps) == {1: 7, 4: 4, 1000: 1}[rows]


@pytest.mark.parametrize("rows", [1, 10, 1000])
def test_lists_are_read_some_sites_at_a_time(monkeypatch: pytest.MonkeyPatch, rows: int) -> None:
    monkeypatch.setattr(coded, "AT_ONCE", rows)
    monkeypatch.setattr(coded, "_FEWEST", 1)
    reports = [REPORTS["alone"], *REPORTS.values()]
    engine = engine_of(reports)
    engine.coded.take(WEEK, ["modules"])
    words = numbers(engine, "SELECT code FROM modules_words ORDER BY code")
    different = {tuple(row.values()) for each in reports for row in each.get("modules", [])}
    assert words == list(range(1, len(different) + 1))
    total = sum(len(each.get("modules", [])) for each in reports)
    assert numbers(engine, "SELECT count(*) FROM modules_coded") == [total]
