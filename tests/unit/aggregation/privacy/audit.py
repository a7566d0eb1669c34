"""Lower bounds of ε from draws: what a mechanism costs at least, whatever its proof says.

An attacker draws often from each of two neighbouring worlds, and names an event beforehand. From
how often it happens in each follows a lower bound of ε at a given δ. It exceeds the true ε only if
one of the two Clopper-Pearson bounds fails, which has at most twice the chance :data:`FALSE`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

FALSE = 5e-10  # of each bound: an honest mechanism fails an audit in one run of 1,000,000,000
_HALVINGS = 40


def least_epsilon(
    without: Sequence[float], within: Sequence[float], event: float, at: float
) -> float:
    """The least ε at a δ, from what an attacker measured in two worlds.

    Args:
        without: what was measured in the world without the attacked unit.
        within: in the world with it.
        event: that a number is above this.
        at: the δ.
    """
    often = lower(sum(number > event for number in within), len(within))
    seldom = 1 - lower(sum(number <= event for number in without), len(without))
    return math.log(max(often - at, 1e-300) / seldom)


def lower(times: int, of: int) -> float:
    """The Clopper-Pearson lower bound of a chance that showed so often."""
    low, high = 0.0, times / of
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if _at_least(times, of, middle) < FALSE else (low, middle)
    return low


def _at_least(times: int, of: int, chance: float) -> float:
    """The chance of so many successes or more; ``chance`` is below their share."""
    if not times or chance >= 1:
        return 1.0
    if chance <= 0:
        return 0.0
    term = math.exp(
        math.lgamma(of + 1) - math.lgamma(times + 1) - math.lgamma(of - times + 1)
        + times * math.log(chance) + (of - times) * math.log1p(-chance)
    )  # fmt: skip
    total = 0.0
    for number in range(times, of + 1):
        total += term
        if term < total * 1e-12:
            break
        term *= (of - number) / (number + 1) * chance / (1 - chance)
    return total
