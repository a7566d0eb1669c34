"""The split of a budget: no part of a unit is charged more than there is."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dropsonde.aggregation.plan import Measure, Plan, Value
from dropsonde.aggregation.privacy.budget import noise, weekly
from dropsonde.aggregation.privacy.loss import Budget, epsilon
from dropsonde.aggregation.privacy.unit import PARTS, Unit, reaches
from dropsonde.aggregation.release import ALL, Role
from dropsonde.schema.model import Type
from tests.unit.aggregation.engines.sites import PLANS

SUM = Measure("nodes", Role.SUM, "Nodes.", Value("count", Type.INTEGER, 0), 0, 1000)


@pytest.mark.parametrize("unit", Unit)
@given(
    st.lists(st.tuples(st.sampled_from(PLANS), st.integers(1, 99), st.booleans()), max_size=9),
    st.floats(1e-6, 10),
)
def test_no_part_costs_more_than_there_is(
    unit: Unit, chosen: list[tuple[Plan, int, bool]], rho: float
) -> None:
    plans = [
        replace(
            plan,
            name=f"t{at}",
            share=share,
            measures=(*plan.measures, SUM) if added else plan.measures,
        )
        for at, (plan, share, added) in enumerate(chosen)
    ]
    found = noise(plans, unit, rho)
    for part in PARTS[unit]:
        cost = 1 / (2 * found.scales[ALL] ** 2) if part is PARTS[unit][-1] else 0.0
        for plan in plans:
            reach = reaches(plan, unit).get(part, 0.0)
            cost += reach / (2 * found.scales[plan.name] ** 2)
            for each in plan.sums:
                cost += reach * each.reach**2 / (2 * found.scales[f"{plan.name}.{each.name}"] ** 2)
        assert cost <= rho
        assert found.rho[part] == pytest.approx(cost)


@pytest.mark.parametrize("unit", Unit)
def test_the_projects_queries_use_up_the_budget(unit: Unit) -> None:
    year = Budget(2.0, 1e-6)
    found = noise(PLANS, unit, weekly(year))
    assert max(found.rho.values()) == pytest.approx(weekly(year))
    spent = [epsilon(52 * rho, year.delta) for rho in found.rho.values()]
    assert 0.95 * year.epsilon < min(spent) <= max(spent) <= year.epsilon
    assert all(math.isfinite(scale) and scale > 1 for scale in found.scales.values())
