"""Privacy loss: what a release costs a site, and how costs add up.

Losses are kept as zero-concentrated differential privacy does (Bun and Steinke, 2016): ``rho`` for
the noise and ``delta`` for the thresholds. Both simply add up, over tables and over weeks. OpenDP
computes the published (ε, δ) from the sum.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, NamedTuple

import opendp.prelude as dp

dp.enable_features("contrib")  # OpenDP requires it: its proofs are public, not all are audited

_HALVINGS = 60
_HIGHEST = 64  # of rho: an ε of about 100, far beyond any useful budget


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
        if not (0 < self.epsilon < math.inf and 0 < self.delta < 1):
            raise ValueError("ε is a number above 0, and δ one between 0 and 1")
        return self


def total(losses: Iterable[Loss]) -> Loss:
    """The sum of losses."""
    every = list(losses)
    return Loss(math.fsum(each.rho for each in every), math.fsum(each.delta for each in every))


def affordable(budget: Budget) -> Loss:
    """The most that a release may cost: half of δ for the thresholds, half for the noise."""
    half = budget.delta / 2
    low, high = 0.0, float(_HIGHEST)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if _epsilon(middle, half) <= budget.epsilon else (low, middle)
    return Loss(low, half)


def epsilon(loss: Loss, delta: float) -> float:
    """The ε of a loss at a δ; infinite if its thresholds alone may fail with that chance."""
    return _epsilon(loss.rho, delta - loss.delta) if loss.delta < delta else math.inf


def _epsilon(rho: float, delta: float) -> float:
    if rho <= 0:
        return 0.0
    if rho > _HIGHEST:
        return math.inf
    space = dp.atom_domain(T="i64"), dp.absolute_distance(T="f64")
    noise = dp.m.make_gaussian(*space, scale=math.sqrt(1 / (2 * rho)))
    converted: Any = dp.c.make_zCDP_to_approxDP(noise)
    return float(converted.map(1.0).epsilon(delta))
