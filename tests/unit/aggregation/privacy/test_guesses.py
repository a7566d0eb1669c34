"""What a guesser learns at most, against the noise's own probabilities."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dropsonde.aggregation.privacy.loss import beyond, delta, epsilon, right


def worlds(scale: float, reach: int) -> list[tuple[float, float]]:
    """Of each integer, its probability in the world with the unit, and in the one without it."""
    tail = math.ceil(12 * scale) + reach
    weights = {x: math.exp(-(x**2) / (2 * scale**2)) for x in range(-tail, tail + 1)}
    whole = math.fsum(weights.values())
    return [
        (weights.get(x - reach, 0.0) / whole, weights.get(x, 0.0) / whole)
        for x in range(-tail, tail + reach + 1)
    ]


SIZES = [(50.0, 10, 0.5), (50.0, 50, 1.0), (200.0, 300, 4.0), (400.0, 100, 0.1)]


@pytest.mark.parametrize(("scale", "reach", "at"), SIZES)
def test_more_than_epsilon_is_learned_with_this_chance(scale: float, reach: int, at: float) -> None:
    found = math.fsum(
        there for there, absent in worlds(scale, reach) if there > math.exp(at) * absent
    )
    rho = reach**2 / (2 * scale**2)
    assert beyond(rho, at) == pytest.approx(found, rel=0.1)
    assert beyond(rho, at) > delta(rho, at)


@pytest.mark.parametrize(("scale", "reach"), [size[:2] for size in SIZES])
def test_the_best_guess_is_right_so_often(scale: float, reach: int) -> None:
    found = math.fsum(max(pair) for pair in worlds(scale, reach)) / 2
    assert right(reach**2 / (2 * scale**2)) == pytest.approx(found, rel=1e-3)


@given(st.floats(0, 20), st.floats(0, 20))
def test_no_loss_tells_nothing_and_more_tells_more(one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert 0.5 <= right(low) <= right(high) <= 1
    assert beyond(low, 1.0) <= beyond(high, 1.0)
    assert epsilon(low, 1e-6) <= epsilon(high, 1e-6)
    assert (right(0), beyond(0, 1.0)) == (0.5, 0)
