"""Weights: how much a site's group counts, so that no site moves a table by more than its bound.

A site that has more groups than its bound counts with each of them, but less: of n groups, with a
bound of C, each has the weight √(C/n). So the Euclidean norm of all that it adds is √C at most, and
the noise that hides so much hides any site. Nothing is left out, and nothing is drawn.

Weights are whole parts of a site, :data:`LATTICE` of them, rounded down. All engines divide, take
the root and round in the same way, as IEEE 754 says, so that their sums are equal to the last part.
"""

from __future__ import annotations

import math
from typing import NamedTuple

LATTICE = 1024  # parts of a site


class Bound(NamedTuple):
    """A bound on the groups of a site, or of a part of it.

    Attributes:
        most: how many groups count in full.
        groups: how many there are.
    """

    most: int
    groups: int


def weight(*bounds: Bound) -> int:
    """The weight of a group under all its bounds, in parts of a site."""
    share = 1.0
    for most, groups in bounds:
        share *= min(1.0, most / groups)
    return math.floor(LATTICE * math.sqrt(share))


def square(of: int, groups: int) -> float:
    """The square of the norm of some groups of a weight, in sites."""
    return groups * (of / LATTICE) ** 2
