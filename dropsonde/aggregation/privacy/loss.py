"""Privacy loss: what a release costs a site, and how costs add up.

Gaussian noise of standard deviation σ on numbers that one site moves by Δ, in the Euclidean norm,
costs ρ = Δ²/2σ² (zero-concentrated differential privacy; Bun and Steinke, 2016). ρ adds up over
tables and weeks, and so does the δ of the thresholds. The noise of all releases together is one
Gaussian mechanism with Δ/σ = √(2ρ), whose δ at each ε is known exactly (Balle and Wang, 2018,
theorem 8): no smaller ε holds. The noise is in integers, on which the formula is as exact as on
the real line for any scale of use: it differs by less than e^(-2π²σ²).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple

_HALVINGS = 200  # of an interval of doubles, until its middle is one of its ends
_HIGHEST = 1e6  # of ρ and ε, far beyond what protects anybody


class Loss(NamedTuple):
    """The privacy loss of one site by a release.

    Attributes:
        rho: of the noise.
        delta: the chance that a threshold fails.
    """

    rho: float
    delta: float


class Budget(NamedTuple):
    """The privacy loss that one site may have, in published terms.

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


def total(losses: Iterable[Loss]) -> Loss:
    """The sum of losses."""
    every = list(losses)
    return Loss(math.fsum(each.rho for each in every), math.fsum(each.delta for each in every))


def affordable(budget: Budget) -> Loss:
    """The most that a release may cost: half of δ for the thresholds, half for the noise."""
    half = budget.delta / 2
    low, high = 0.0, _HIGHEST
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        fits = delta(middle, budget.epsilon) <= half
        low, high = (middle, high) if fits else (low, middle)
    return Loss(low, half)


def epsilon(loss: Loss, at: float) -> float:
    """The least ε of a loss at a δ; infinite if its thresholds alone may fail with that chance."""
    left = at - loss.delta
    if left <= 0 or delta(loss.rho, _HIGHEST) > left:
        return math.inf
    if delta(loss.rho, 0.0) <= left:
        return 0.0
    low, high = 0.0, _HIGHEST
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if delta(loss.rho, middle) <= left else (middle, high)
    return high


def delta(rho: float, at: float) -> float:
    """The exact δ of noise at an ε."""
    if rho <= 0:
        return 0.0
    ratio = math.sqrt(2 * rho)
    without = _above(at / ratio + ratio / 2)
    # e^ε alone may be too large for a double.
    return _above(at / ratio - ratio / 2) - (math.exp(at + math.log(without)) if without else 0.0)


def _above(deviations: float) -> float:
    """The chance that a standard normal number is above so many deviations."""
    return math.erfc(deviations / math.sqrt(2)) / 2
