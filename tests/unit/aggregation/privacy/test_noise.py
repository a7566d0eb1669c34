"""With noise: what it costs, what passes the threshold, and that nothing else is looked at."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dropsonde.aggregation.privacy import noise
from dropsonde.aggregation.privacy.counted import Counted
from dropsonde.aggregation.privacy.loss import Budget, Loss, affordable, epsilon, total
from dropsonde.aggregation.release import ALL, K, Role
from tests.unit.aggregation.made import MEAN, NODES, counts, table

BUDGET = Budget(4.0, 1e-6)
BOUNDS = st.lists(st.integers(1, 1000), min_size=1, max_size=5)


def tables(bounds: list[int]) -> list[Counted]:
    return [counts(f"t{at}", ["module"], {("a",): 5}, most) for at, most in enumerate(bounds)]


def passing(scale: float, threshold: int) -> float:
    """The exact chance that integer noise brings a group of one site to a threshold."""

    def weight(x: int) -> float:
        return math.exp(-(x**2) / (2 * scale**2))

    most = math.ceil(40 * scale)
    whole = math.fsum(map(weight, range(-most, most + 1)))
    return math.fsum(map(weight, range(threshold - 1, max(threshold, most) + 1))) / whole


@settings(deadline=None, max_examples=30)
@given(BOUNDS, st.floats(0.1, 10), st.floats(1e-9, 1e-3))
def test_a_release_costs_no_more_than_its_budget(
    bounds: list[int], most: float, delta: float
) -> None:
    plan = noise.plan(tables(bounds), Budget(most, delta))
    assert plan.loss == pytest.approx(
        total([*(each.loss for each in plan.tables.values()), Loss(1 / (2 * plan.scale**2), 0)])
    )
    # Where a large delta would let a threshold fall below K, not all of it is used.
    assert 0.9 * most < epsilon(plan.loss, delta) <= most
    assert plan.loss.delta <= delta / 2
    for each, bound in zip(plan.tables.values(), bounds, strict=True):
        # The textbook's bound, to which the library's own account must come close from above.
        scale, _ = each.scales
        assert each.loss.rho >= bound / (2 * scale**2) * (1 - 1e-6)
        assert each.loss.delta >= bound * passing(scale, each.threshold) * (1 - 1e-9)
        assert each.threshold >= K


def test_the_plan_does_not_look_at_the_counts() -> None:
    few = noise.plan([counts("t", ["module"], {("a",): 1}, 7)], BUDGET)
    many = noise.plan([counts("t", ["module"], {(f"m{n}",): n for n in range(99)}, 7)], BUDGET)
    assert (few.loss, few.scale) == (many.loss, many.scale)
    assert few.tables["t"].scales == many.tables["t"].scales
    assert few.tables["t"].threshold == many.tables["t"].threshold


WRONG = [(0, 0.1), (-1, 0.1), (math.inf, 0.1), (1, 0), (1, 1), (math.nan, 0.1)]


@pytest.mark.parametrize("wrong", WRONG)
def test_a_budget_has_bounds(wrong: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="above 0"):
        noise.plan([], Budget(*wrong))


def test_a_group_of_one_site_does_not_pass() -> None:
    groups = {(f"m{at}",): 1 for at in range(20_000)}
    exact = [counts("t", ["module"], groups, 1)]
    plan = noise.plan(exact, BUDGET)
    _, _, found = noise.noisy(exact, 20_000, plan)
    # By the plan's delta, one of some million does: so three of these in one of some million runs.
    assert plan.loss.delta * len(groups) < 0.02
    assert len(found["t"].rows) <= 2


def test_large_groups_pass_near_their_true_numbers() -> None:
    groups = {(f"m{at:03}",): 1000 + at for at in range(200)}
    exact = [counts("t", ["module"], groups, 9)]
    plan = noise.plan(exact, BUDGET)
    method, told, found = noise.noisy(exact, 5000, plan)
    off = [row[1] - groups[row[:1]] for row in found["t"].rows]
    scale = method.scales["t"]
    assert len(off) == len(groups)
    # 200 draws: their spread is within 30 % of the scale but once in a billion times.
    assert 0.7 < math.sqrt(sum(each**2 for each in off) / len(off)) / scale < 1.3
    assert abs(told - 5000) < 7 * method.scales[ALL]
    assert found["t"].suppressed is None
    assert (method.epsilon, method.delta) == BUDGET
    assert method.thresholds == {"t": plan.tables["t"].threshold}
    assert method.steps == {}


@given(st.dictionaries(st.tuples(st.text(max_size=2) | st.none()), st.integers(0, 500)))
def test_no_public_number_is_below_the_threshold(groups: dict[tuple[Any, ...], int]) -> None:
    exact = [counts("t", ["module"], groups, 2)]
    _, told, found = noise.noisy(exact, 3, PLAN)
    assert told >= 0
    assert {row[:1] for row in found["t"].rows} <= set(groups)
    place = found["t"].place(Role.SITES)
    assert all(row[place] >= PLAN.tables["t"].threshold for row in found["t"].rows)


PLAN = noise.plan([counts("t", ["module"], {}, 2)], BUDGET)


def test_sums_have_noise_of_their_own() -> None:
    rows = tuple((f"m{at:03}", 1000, 50_000, 50.0) for at in range(150))
    columns = table("c", ["class"], NODES, MEAN)
    exact = [Counted(columns.with_rows(rows), 9, {"nodes": (0, 100), "mean": (-80, 80)})]
    plan = noise.plan(exact, BUDGET)
    method, _, found = noise.noisy(exact, 1000, plan)
    for at, scale in ((2, method.scales["c.nodes"]), (3, method.scales["c.mean"])):
        off = [row[at] * (row[1] if at == 3 else 1) - 50_000 for row in found["c"].rows]
        assert 0.65 < math.sqrt(sum(each**2 for each in off) / len(off)) / scale < 1.35
    assert method.scales["c.nodes"] > 100 * 3  # M is 9


def test_noise_alone_makes_no_impossible_sum() -> None:
    columns = table("c", ["class"], NODES, MEAN)
    rows = tuple((f"m{at}", 900, 0, 80.0) for at in range(60))
    exact = [Counted(columns.with_rows(rows), 9, {"nodes": (0, 100), "mean": (0, 80)})]
    _, _, found = noise.noisy(exact, 900, noise.plan(exact, BUDGET))
    sums, means = ([row[at] for row in found["c"].rows] for at in (2, 3))
    assert min(sums) == 0 < max(sums)
    assert 0 <= min(means) < max(means) == 80


def test_an_empty_week_is_a_release_too() -> None:
    _, told, found = noise.noisy([counts("t", ["module"], {}, 2)], 0, PLAN)
    assert told < 9 * PLAN.scale
    assert found["t"].rows == ()


def test_losses_add_up() -> None:
    assert total([]) == (0, 0)
    assert total([Loss(0.1, 1e-7)] * 10) == pytest.approx(Loss(1.0, 1e-6))
    once = affordable(BUDGET)
    assert epsilon(once, BUDGET.delta) == pytest.approx(4.0)
    twice = epsilon(total([once, once]), 2 * BUDGET.delta)
    assert 4.0 < twice < 8.0  # less than by adding ε
    assert epsilon(Loss(0.0, 0.0), 1e-6) == 0
    assert epsilon(Loss(0.1, 1e-6), 1e-6) == math.inf
    assert epsilon(Loss(1e9, 0), 1e-6) == math.inf
