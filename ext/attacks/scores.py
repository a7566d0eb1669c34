"""How well a score tells two cases apart, and how well any score may."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist
from typing import NamedTuple

from dropsonde.aggregation.privacy.weights import LATTICE

_Z95 = 1.96
_PHI = NormalDist().cdf
CERTAIN = math.log(19)  # of a score, from which on who guessed at 50 % is 95 % sure


class Auc(NamedTuple):
    """The area under the curve of true against false alarms: 0.5 is guessing, 1 is certainty.

    Attributes:
        value: the chance that a case of the first kind scores higher than one of the second.
        error: half the width of its 95 % confidence interval (Hanley and McNeil, 1982).
    """

    value: float
    error: float

    def __str__(self) -> str:
        return f"{self.value:.3f} ± {self.error:.3f}"


class Guesses(NamedTuple):
    """What an attacker says of cases, as many of both kinds as there are.

    Attributes:
        area: of the scores.
        right: how many of those with a score above 0 are of the first kind, and of the others, not.
        cases: how many there are.
        sure: claims of the first kind with at least 95 % certainty, and how many of them are true.
    """

    area: Auc
    right: int
    cases: int
    sure: tuple[int, int]

    def __str__(self) -> str:
        claims, true = self.sure
        sure = f"{claims} sure claims" + (f", {true} true" if claims else "")
        return f"AUC {self.area}; {self.right / self.cases:.1%} of guesses right; {sure}"


def guesses(inside: Sequence[float], outside: Sequence[float]) -> Guesses:
    """Judge the logarithms of likelihood ratios of both kinds of cases."""
    right = sum(score > 0 for score in inside) + sum(score <= 0 for score in outside)
    true, false = (sum(score >= CERTAIN for score in scores) for scores in (inside, outside))
    return Guesses(auc(inside, outside), right, len(inside) + len(outside), (true + false, true))


def auc(inside: Sequence[float], outside: Sequence[float]) -> Auc:
    """Compute the area from the scores of both cases; equal scores count half."""
    scores = sorted([*((score, 1) for score in inside), *((score, 0) for score in outside)])
    ranks, at = 0.0, 0
    while at < len(scores):
        end = at
        while end < len(scores) and scores[end][0] == scores[at][0]:
            end += 1
        ranks += (at + 1 + end) / 2 * sum(kind for _, kind in scores[at:end])
        at = end
    one, two = len(inside), len(outside)
    value = (ranks - one * (one + 1) / 2) / (one * two)
    better, worse = value / (2 - value), 2 * value**2 / (1 + value)
    variance = (
        value * (1 - value) + (one - 1) * (better - value**2) + (two - 1) * (worse - value**2)
    )
    return Auc(value, _Z95 * math.sqrt(max(variance, 0.0) / (one * two)))


def most(rho: float) -> float:
    """The highest area that a loss of ρ allows any attacker.

    All releases together are one Gaussian mechanism whose two cases are d = √(2ρ) standard
    deviations apart, and no test of these is better than the likelihood ratio (Neyman and Pearson;
    Dong, Roth and Su, 2022, "Gaussian differential privacy"). Its area is Φ(d/√2) = Φ(√ρ).
    """
    return _PHI(math.sqrt(rho))


def evidence(parts: int, without: int, moved: int, scale: float) -> float:
    """The logarithm of the likelihood ratio of a cell, with the unit and without.

    Args:
        parts: the cell, in parts of a site.
        without: the exact number without the unit, which the attacker knows; likewise.
        moved: what the unit adds to it, which the attacker knows, too.
        scale: the standard deviation of the noise, in sites; it is public.
    """
    deviation = scale * LATTICE
    return moved / deviation * (parts - without - moved / 2) / deviation
