"""The privacy loss of Gaussian noise, against the definition of differential privacy itself."""

from __future__ import annotations

import math
from typing import Any

import opendp.prelude as dp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dropsonde.aggregation.privacy.loss import Budget, affordable, delta, epsilon

dp.enable_features("contrib")

epsilons = st.floats(0.05, 20)
deltas = st.floats(1e-12, 0.1)
losses = st.floats(1e-6, 20)


def summed(scale: float, reach: int, at: float) -> float:
    """The δ of integer noise, added up number by number from the definition."""
    tail = math.ceil(12 * scale) + reach
    weights = {x: math.exp(-(x**2) / (2 * scale**2)) for x in range(-tail, tail + 1)}
    whole = math.fsum(weights.values())
    return math.fsum(
        max(0.0, weight - math.exp(at) * weights.get(x - reach, 0.0)) / whole
        for x, weight in weights.items()
    )


@pytest.mark.parametrize(
    ("scale", "reach", "at"),
    [(50.0, 10, 0.5), (50.0, 50, 1.0), (200.0, 300, 4.0), (30.0, 90, 8.0), (400.0, 100, 0.0)],
)
def test_delta_is_that_of_the_noise_itself(scale: float, reach: int, at: float) -> None:
    assert delta(reach**2 / (2 * scale**2), at) == pytest.approx(summed(scale, reach, at), rel=0.02)


@given(epsilons, deltas)
def test_a_budget_is_spent_and_not_overspent(at: float, chance: float) -> None:
    rho = affordable(Budget(at, chance))
    assert delta(rho, at) <= chance
    assert delta(rho * 1.001, at) > chance
    assert epsilon(rho, chance) == pytest.approx(at, rel=1e-6)


@given(losses, deltas)
def test_epsilon_is_enough_and_the_least(rho: float, chance: float) -> None:
    at = epsilon(rho, chance)
    assert delta(rho, at) <= chance
    assert at == 0 or delta(rho, at * 0.999) > chance


@given(st.floats(0.01, 2), st.floats(1e-9, 1e-3))
def test_it_is_less_than_what_holds_for_any_noise_of_this_rho(rho: float, chance: float) -> None:
    """OpenDP's bound holds for every mechanism of ρ, and so for this one, which is exact."""
    space = dp.atom_domain(T="i64"), dp.absolute_distance(T="f64")
    noise = dp.m.make_gaussian(*space, scale=math.sqrt(1 / (2 * rho)))
    converted: Any = dp.c.make_zCDP_to_approxDP(noise)
    bound = converted.map(1.0).epsilon(chance)
    assert epsilon(rho, chance) <= bound * (1 + 1e-9)


def test_nothing_costs_nothing_and_too_much_is_infinite() -> None:
    assert (delta(0, 0.5), epsilon(0, 1e-6)) == (0, 0)
    assert epsilon(1e9, 1e-6) == math.inf


@given(st.lists(losses, min_size=1, max_size=9), deltas)
def test_several_losses_cost_less_than_their_parts_added_up(
    several: list[float], chance: float
) -> None:
    together = math.fsum(several)
    parts = [epsilon(rho, chance / len(several)) for rho in several]
    assert epsilon(together, chance) <= math.fsum(parts) * (1 + 1e-9)


@pytest.mark.parametrize(
    "budget", [(0, 1e-6), (-1, 1e-6), (math.inf, 1e-6), (math.nan, 1e-6), (1, 0), (1, 1), (1, -1)]
)
def test_an_impossible_budget_is_refused(budget: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="above 0"):
        Budget(*budget).check()
