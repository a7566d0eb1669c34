"""The unit of privacy: what of a site one release hides, and how far it moves each table.

``site``: a site, with all that it reports.

``module``: either a module of a site, with everything that hangs on it (whether it is there, its
versions, classes and platforms, whether it lies unused, what private modules ask of it; modules of
one name are one module), or else all that the site says of itself (its server, its systems, its
environments). Each of the two is hidden as well as told; a whole site is not.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from enum import Enum
from typing import TYPE_CHECKING

from dropsonde.aggregation.plan import Shape
from dropsonde.aggregation.privacy.weights import LATTICE, Bound, square, weight

if TYPE_CHECKING:
    from dropsonde.aggregation.plan import Bounds, Plan

MOST_MODULES = 7_000  # that a site can have: those on the Forge's list
MOST_BESIDE = 400  # rows of what a site says of itself that are known: systems and their releases
MOST_PAIRED = 150  # modules whose pairs are counted


class Unit(str, Enum):
    """The unit of a release."""

    SITE = "site"
    MODULE = "module"


class Part(str, Enum):
    """What one unit is: losses of different parts do not add up, for no unit has both."""

    SITE = "site"
    MODULE = "module"
    REST = "rest"


PARTS: Mapping[Unit, tuple[Part, ...]] = {
    Unit.SITE: (Part.SITE,),
    Unit.MODULE: (Part.MODULE, Part.REST),
}


def reaches(plan: Plan, unit: Unit) -> Mapping[Part, float]:
    """The square of the most that a unit of each part moves a table's numbers of sites.

    In the Euclidean norm, in sites; parts that do not move the table are left out.
    """
    bounds = plan.bounds
    if unit is Unit.SITE:
        return {Part.SITE: float(bounds.site)}
    match plan.shape:
        case Shape.MODULE:
            return {Part.MODULE: float(bounds.module)}
        case Shape.BESIDE:
            return {
                Part.MODULE: _beside(bounds),
                Part.REST: float(bounds.module * bounds.modules),
            }
        case Shape.PAIR:
            return {Part.MODULE: _pairs(bounds.module)}
        case Shape.SITE:
            # A module more moves a site from one number of modules to another: each of its groups.
            counted = {Part.MODULE: 2.0 * bounds.site} if plan.counts_rows else {}
            return {Part.REST: float(bounds.site), **counted}


def reach_of_site(plan: Plan, unit: Unit, modules: int) -> float:
    """The square of the most that a whole site of at most so many modules moves a table.

    With the weights of the unit; as of :func:`reaches`.
    """
    bounds = plan.bounds
    if unit is Unit.SITE or plan.shape is Shape.SITE:
        return float(bounds.site)
    if plan.shape is Shape.MODULE:
        return float(bounds.module * modules)
    if plan.shape is Shape.BESIDE:
        return float(bounds.module * min(bounds.modules, modules))
    return max(
        square(pair_weight(there, bounds.module), there * (there - 1) // 2)
        for there in range(min(modules, MOST_PAIRED) + 1)
    )


def _beside(bounds: Bounds) -> float:
    """A module's own rows, and what all others of the site lose when there is one more.

    Of m modules each has rows of the norm √(S·min(1, M/m)); rounding a row's weight to the lattice
    moves it by less than one part.
    """
    most, modules = float(bounds.module), bounds.modules
    rounding = math.sqrt(MOST_BESIDE) / LATTICE
    for there in range(modules, MOST_MODULES):
        before, after = modules / there, modules / (there + 1)
        less = math.sqrt(bounds.module) * (math.sqrt(before) - math.sqrt(after)) + rounding
        most = max(most, bounds.module * after + there * less**2)
    return most


def _pairs(bound: int) -> float:
    """A module's own pairs, and what all other pairs lose when there is one module more."""
    most = 0.0
    for there in range(2, MOST_PAIRED + 1):
        before, after = pair_weight(there - 1, bound), pair_weight(there, bound)
        others = (there - 1) * (there - 2) // 2
        most = max(most, square(after, there - 1) + square(before - after, others))
    return most


def pair_weight(modules: int, bound: int) -> int:
    """The weight of each pair of a site that has so many modules, in parts of a site."""
    return weight(Bound(bound, max(modules - 1, 1)))
