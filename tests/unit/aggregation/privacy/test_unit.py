"""How far a unit moves a table: never farther than the noise is made for."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dropsonde.aggregation.plan import USAGE, Plan, Shape
from dropsonde.aggregation.privacy.unit import PARTS, Part, Unit, reach_of_site, reaches
from dropsonde.aggregation.privacy.weights import LATTICE
from dropsonde.schema.model import Type
from tests.unit.aggregation.engines.model import Among, Report, weighed
from tests.unit.aggregation.engines.queries import accepted, queries
from tests.unit.aggregation.engines.sites import AUTHORS, NAMES, PLANS, made

OF_MODULES = (
    *("modules", "unused_modules", "classes", "unused_classes", "class_platforms"),
    "dependencies",
)


def without_module(report: Report, name: str) -> Report:
    """The same report without every row that names a module."""

    def names(column: str, row: dict[str, Any]) -> bool:
        if column == "dependencies":
            return bool(row["name"].partition("-")[2] == name)
        return bool(row["name"].partition("::")[0] == name)

    return {
        column: [row for row in value if not names(column, row)] if column in OF_MODULES else value
        for column, value in report.items()
    }


def without_rest(report: Report) -> Report:
    """The same report without all that the site says of itself."""
    return {column: value for column, value in report.items() if column in OF_MODULES}


def moved(plan: Plan, unit: Unit, one: Report, other: Report | None, among: Among) -> float:
    """The square of the norm of the difference that two reports of a site make, in sites.

    Of the numbers of sites, or of a sum in units of its reach, whichever moves farther.
    """
    before, after = (
        {} if report is None else weighed(plan, unit, report, among) for report in (one, other)
    )
    nothing = (0, (0,) * len(plan.sums))
    squares = [0.0] * (1 + len(plan.sums))
    numbers = [at for at, key in enumerate(plan.keys) if key.expression.type is Type.INTEGER]
    for keys in before.keys() | after.keys():
        if any(keys[at] is None for at in numbers):
            continue  # of a number that the report lacks: no known group
        (old, olds), (new, news) = before.get(keys, nothing), after.get(keys, nothing)
        squares[0] += ((old - new) / LATTICE) ** 2
        for at, each in enumerate(plan.sums):
            far = (old * olds[at] - new * news[at]) / LATTICE / each.reach
            squares[1 + at] += far**2
    return max(squares)


def among_of(plan: Plan) -> Among:
    """Of modules of one name, pairs and what is beside a site's own rows have only one."""
    if plan.shape not in {Shape.PAIR, Shape.BESIDE}:
        return {}
    slugs = [f"{AUTHORS[0]}-{name}" for name in NAMES]
    return {key: slugs for key, table in plan.among.items() if table == USAGE}


def check(plan: Plan, report: Report, among: Among) -> None:
    """A unit that goes moves no table farther than its reach."""
    module = reaches(plan, Unit.MODULE)
    for name in NAMES:
        far = moved(plan, Unit.MODULE, report, without_module(report, name), among)
        assert far <= module.get(Part.MODULE, 0.0), (plan, name, report)
    far = moved(plan, Unit.MODULE, report, without_rest(report), among)
    assert far <= module.get(Part.REST, 0.0), (plan, report)
    far = moved(plan, Unit.SITE, report, None, among)
    assert far <= reaches(plan, Unit.SITE)[Part.SITE], (plan, report)
    for unit in Unit:
        far = moved(plan, unit, report, None, among)
        assert far <= reach_of_site(plan, unit, len(NAMES) + 1), (plan, report)  # and of acme


@pytest.mark.parametrize("plan", PLANS, ids=lambda plan: plan.name)
@given(st.integers(0, 2**32))
def test_no_unit_moves_a_table_farther_than_its_reach(plan: Plan, seed: int) -> None:
    check(plan, made(random.Random(seed)), among_of(plan))


@settings(deadline=None)
@given(queries(), st.integers(0, 2**32))
def test_nor_one_of_whatever_the_guard_lets_through(text: str, seed: int) -> None:
    plan = accepted(text)
    check(plan, made(random.Random(seed)), among_of(plan))


@pytest.mark.parametrize("plan", PLANS, ids=lambda plan: plan.name)
def test_reaches_are_of_the_parts_of_the_unit(plan: Plan) -> None:
    for unit in Unit:
        found = reaches(plan, unit)
        assert found
        assert found.keys() <= {*PARTS[unit]}
