"""Measure how well a score tells two cases apart."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

_Z95 = 1.96


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


def most(epsilon: float, delta: float) -> float:
    """The highest area that (ε, δ) allows any attacker, by both bounds of the definition."""
    return 1 / (1 + math.exp(-epsilon)) + delta
