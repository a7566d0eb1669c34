"""Split a week's budget over its tables: how much noise each gets.

A table's share of the budget is of those that move the same part of a unit. What a table costs
another part as well is charged there, too; where a part would cost more than there is, all that
move it get less. No number of any report is looked at.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dropsonde.aggregation.privacy.loss import Budget, affordable
from dropsonde.aggregation.privacy.unit import PARTS, Part, Unit, reach_of_site, reaches
from dropsonde.aggregation.release import ALL

if TYPE_CHECKING:
    from dropsonde.aggregation.plan import Plan

YEAR = 52  # weeks in a row, any of them, that a year's budget is for
ALL_SHARE = 3  # of the number of all sites
_LESS = 1 - 1e-9  # so that rounding in the sums cannot exceed the budget


@dataclass(frozen=True)
class Noise:
    """The noise of a week's release.

    Attributes:
        unit: what it hides.
        scales: standard deviations: of each table's numbers of sites, in sites; of each
            ``table.column`` that is a sum, in the sum's unit; and of :data:`ALL`.
        rho: the loss of each part of a unit.
    """

    unit: Unit
    scales: Mapping[str, float]
    rho: Mapping[Part, float]


def weekly(year: Budget) -> float:
    """What each week of a year may cost, in rho: in any 52 weeks no more than the year's budget."""
    return affordable(year) / YEAR


def noise(plans: Sequence[Plan], unit: Unit, rho: float) -> Noise:
    """The noise of a release that costs no part more than rho.

    Args:
        plans: all tables of the release.
        unit: what it hides.
        rho: what a week may cost.
    """
    moved = {plan.name: reaches(plan, unit) for plan in plans} | {ALL: {PARTS[unit][-1]: 1.0}}
    shares = {plan.name: plan.share for plan in plans} | {ALL: ALL_SHARE}
    precision = _precision(moved, shares, unit, rho * _LESS)
    losses = {
        part: math.fsum(precision[name] * found.get(part, 0.0) for name, found in moved.items())
        for part in PARTS[unit]
    }
    scales = {ALL: math.sqrt(1 / (2 * precision[ALL]))}
    for plan in plans:
        # Its sums cost as much as its numbers of sites each.
        scales[plan.name] = math.sqrt((1 + len(plan.sums)) / (2 * precision[plan.name]))
        for each in plan.sums:
            scales[f"{plan.name}.{each.name}"] = scales[plan.name] * each.reach
    return Noise(unit, scales, losses)


def loss_of_site(plans: Sequence[Plan], of: Noise, modules: int) -> float:
    """The rho that a release costs a whole site of at most so many modules."""
    losses = [1 / (2 * of.scales[ALL] ** 2)]
    for plan in plans:
        reach = reach_of_site(plan, of.unit, modules) * (1 + len(plan.sums))
        losses.append(reach / (2 * of.scales[plan.name] ** 2))
    return math.fsum(losses)


def _precision(
    moved: Mapping[str, Mapping[Part, float]], shares: Mapping[str, int], unit: Unit, rho: float
) -> dict[str, float]:
    """1/2σ² of each table: at first as if it moved its first part alone."""
    first = {name: next(part for part in PARTS[unit] if part in moved[name]) for name in moved}
    found = {}
    for name, part in first.items():
        whole = sum(shares[other] for other in shares if first[other] is part)
        found[name] = rho * shares[name] / whole / moved[name][part]
    for part in PARTS[unit]:
        moving = [name for name in moved if part in moved[name]]
        cost = math.fsum(found[name] * moved[name][part] for name in moving)
        for name in moving:
            found[name] *= min(1.0, rho / cost)
    return found
