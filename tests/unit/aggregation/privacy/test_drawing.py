"""The noise itself: whose it is, its distribution, and that it costs no more than its loss."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from dataclasses import replace

import pytest

from dropsonde.aggregation.plan import Measure, Plan, Value
from dropsonde.aggregation.privacy.budget import noise
from dropsonde.aggregation.privacy.drawing import Cell, draw
from dropsonde.aggregation.privacy.loss import delta
from dropsonde.aggregation.privacy.unit import PARTS, Unit
from dropsonde.aggregation.privacy.weights import LATTICE, Bound, weight
from dropsonde.aggregation.release import Role
from dropsonde.schema.model import Type
from tests.unit.aggregation.made import QUERIES
from tests.unit.aggregation.privacy.audit import least_epsilon, lower

GROUPS = [(f"g{at}",) for at in range(20_000)]


def test_every_known_group_is_drawn_once_and_in_order() -> None:
    groups = [*GROUPS, (None,), ("a", 1)]
    exact = {("g3",): 5 * LATTICE, ("unknown",): 900 * LATTICE}
    found = list(draw(groups, exact, 0.5))
    assert [each.keys for each in found] == groups
    assert all(isinstance(each.parts, int) for each in found)
    assert sum(each.parts != 0 for each in found) > 0.9 * len(groups)


def test_nothing_known_is_nothing_drawn() -> None:
    assert list(draw([], {("a",): 1}, 1.0)) == []


def test_more_groups_than_are_drawn_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dropsonde.aggregation.privacy.drawing._AT_ONCE", 7)
    exact = {keys: at * LATTICE for at, keys in enumerate(GROUPS[:30])}
    found = list(draw(GROUPS[:30], exact, 0.001))
    assert [round(each.parts / LATTICE) for each in found] == list(range(30))


def chance_below(scale: float, least: int) -> float:
    """The exact chance that the noise is below a number of parts, from its definition."""
    far = math.ceil(9 * scale)
    weights = {x: math.exp(-(x**2) / (2 * scale**2)) for x in range(-far, far + 1)}
    return math.fsum(each for x, each in weights.items() if x < least) / math.fsum(weights.values())


@pytest.mark.parametrize("scale", [0.01, 0.5, 20.0])
def test_noise_is_the_discrete_gaussian(scale: float) -> None:
    """Against the exact chances at nine places: one run of some 30,000,000 fails."""
    drawn = [each.parts for each in draw(GROUPS, {}, scale)]
    for at in (-3, -2, -1, -0.5, 0, 0.5, 1, 2, 3):
        least = math.ceil(at * scale * LATTICE)
        expected = chance_below(scale * LATTICE, least)
        below = sum(number < least for number in drawn)
        assert lower(below, len(drawn)) <= expected
        assert lower(len(drawn) - below, len(drawn)) <= 1 - expected
    # It does not repeat itself.
    again = [each.parts for each in draw(GROUPS, {}, scale)]
    alike = sum(one == other for one, other in zip(drawn, again, strict=True))
    assert alike < len(drawn) / 10


NODES = Measure("nodes", Role.SUM, "Nodes.", Value("count", Type.INTEGER, 0), 0, 7)
USAGE = replace(QUERIES["module_usage"], bounds=replace(QUERIES["module_usage"].bounds, site=4))
RUNS = 4_000
Drawn = Callable[[list[tuple[int, int]], dict[tuple[int, int], int], float], list[Cell]]


def honest(
    groups: list[tuple[int, int]], exact: dict[tuple[int, int], int], scale: float
) -> list[Cell]:
    return list(draw(groups, exact, scale))


def broken(
    groups: list[tuple[int, int]], exact: dict[tuple[int, int], int], scale: float
) -> list[Cell]:
    return list(draw(groups, exact, scale / 2))


def audit(plan: Plan, name: str, unit: Unit, has: list[int], by: Drawn) -> tuple[float, float]:
    """What an attacker finds of a unit in some of a table's cells, and what its loss allows.

    Args:
        plan: of the only table.
        name: of the table, or of its sum.
        unit: that is hidden.
        has: what the attacked unit adds to each of its groups, in parts.
        by: draws.
    """
    rho = 0.5
    found = noise([plan], unit, rho)
    scale = found.scales[name]
    # The other sites' numbers are known to the attacker, and are taken as 0.
    groups = [(run, at) for run in range(RUNS) for at in range(len(has))]
    exact = {(run, at): has[at] for run, at in groups}
    length = math.sqrt(sum(each**2 for each in has))

    def measured(numbers: dict[tuple[int, int], int]) -> list[float]:
        drawn = [cell.parts for cell in by(groups, numbers, scale)]
        runs = (drawn[first : first + len(has)] for first in range(0, len(drawn), len(has)))
        return [sum(map(operator.mul, run, has)) / length for run in runs]

    # Of this table (or sum) alone, its part of the loss.
    cost = (length / LATTICE / scale) ** 2 / 2
    assert 0.3 * rho < cost <= rho
    least = least_epsilon(measured({}), measured(exact), length, delta(cost, 1.0))
    assert max(found.rho[part] for part in PARTS[unit]) <= rho
    return least, 1.0


FULL = [LATTICE]
SITE = [weight(Bound(4, 9))] * 9  # a site with 9 groups, of which 4 count in full
CASES = {
    "a module of a site": (USAGE, "module_usage", Unit.MODULE, FULL),
    "a site": (USAGE, "module_usage", Unit.SITE, SITE),
    "a sum": (
        replace(USAGE, measures=(*USAGE.measures, NODES)),
        "module_usage.nodes",
        Unit.MODULE,
        [7 * LATTICE],
    ),
}


@pytest.mark.parametrize(("plan", "name", "unit", "has"), CASES.values(), ids=CASES)
def test_no_attack_finds_more_than_is_allowed(
    plan: Plan, name: str, unit: Unit, has: list[int]
) -> None:
    least, most = audit(plan, name, unit, has, honest)
    assert least <= most
    caught, most = audit(plan, name, unit, has, broken)
    assert caught > most
