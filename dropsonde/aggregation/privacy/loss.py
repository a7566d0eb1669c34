"""Privacy loss: what a release costs a unit, and how costs add up.

Gaussian noise of standard deviation σ on numbers that one unit moves by Δ, in the Euclidean norm,
costs ρ = Δ²/2σ² (zero-concentrated differential privacy; Bun and Steinke, 2016). ρ adds up over
tables and weeks: all releases together are one Gaussian mechanism with Δ/σ = √(2ρ), whose δ at each
ε is known exactly (Balle and Wang, 2018, theorem 8): no smaller ε holds. The noise is in parts of a
site, on which the formula is as exact as on the real line: it differs by less than e^(-2π²σ²) for
a σ in those parts.
"""

from __future__ import annotations

import math
from typing import NamedTuple

_HALVINGS = 200  # of an interval of doubles, until its middle is one of its ends
_HIGHEST = 1e6  # of ρ and ε, far beyond what protects anybody


class Budget(NamedTuple):
    """The privacy loss that one unit may have, in published terms.

    Attributes:
        epsilon: more than 0.
        delta: more than 0, and less than 1.
    """

    epsilon: float
    delta: float

    def check(self) -> Budget:
        """Check the bounds, and return itself.

        Raises:
            ValueError: it is out of bounds.
        """
        if not (0 < self.epsilon <= _HIGHEST and 0 < self.delta < 1):
            raise ValueError("ε is a number above 0, and δ one between 0 and 1")
        return self


def affordable(budget: Budget) -> float:
    """The most ρ that a budget allows; rounded down."""
    budget.check()
    low, high = 0.0, _HIGHEST
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        fits = delta(middle, budget.epsilon) <= budget.delta
        low, high = (middle, high) if fits else (low, middle)
    return low


def epsilon(rho: float, at: float) -> float:
    """The least ε of a loss at a δ; rounded up, infinite for a loss beyond any use."""
    if delta(rho, _HIGHEST) > at:
        return math.inf
    if delta(rho, 0.0) <= at:
        return 0.0
    low, high = 0.0, _HIGHEST
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if delta(rho, middle) <= at else (middle, high)
    return high


def delta(rho: float, at: float) -> float:
    """The exact δ of noise at an ε."""
    if rho <= 0:
        return 0.0
    ratio = math.sqrt(2 * rho)
    without = _above(at / ratio + ratio / 2)
    # e^ε alone may be too large for a double.
    return _above(at / ratio - ratio / 2) - (math.exp(at + math.log(without)) if without else 0.0)


def beyond(rho: float, at: float) -> float:
    """The chance that a release tells for or against a unit by more than e^ε; more than δ.

    Of two worlds that differ in one unit, what is released is more probable in its own than in the
    other, by a factor above e^ε, with this chance.
    """
    ratio = math.sqrt(2 * rho)
    return _above(at / ratio - ratio / 2) if ratio else 0.0


def right(rho: float) -> float:
    """How often the best guess, of two worlds that differ in a unit and are as likely, is right."""
    return 1 - _above(math.sqrt(2 * rho) / 2)


def _above(deviations: float) -> float:
    """The chance that a standard normal number is above so many deviations."""
    return math.erfc(deviations / math.sqrt(2)) / 2
