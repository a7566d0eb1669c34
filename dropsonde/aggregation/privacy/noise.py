"""Tables with noise: differentially private, including the choice of public groups.

The steps, for each table:

1. A site adds one to at most M groups: the engine bounds that before counting.
2. Gaussian noise is added to the number of sites of each group, and groups whose noisy number is
   below a threshold are dropped. The threshold is so high that a group of one site passes it with
   a chance of δ at most.
3. Gaussian noise is also added to the sums of the remaining groups.

All noise is drawn by OpenDP, exactly, in integers, from the operating system's randomness. Counts
are only given to OpenDP: everything public is made from what it returns.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import opendp.prelude as dp

from dropsonde.aggregation.privacy.loss import Budget, Loss, affordable, total
from dropsonde.aggregation.release import ALL, K, Method, Role

if TYPE_CHECKING:
    from dropsonde.aggregation.privacy.counted import Counted
    from dropsonde.aggregation.release import Table

    Keys = tuple[Any, ...]

dp.enable_features("contrib")  # OpenDP requires it: its proofs are public, not all are audited

_MOST = (1 << 31) - 1  # the highest threshold


@dataclass(frozen=True)
class Mechanism:
    """The noise of one table.

    Attributes:
        sites: maps counts by index of group to noisy counts, without small ones.
        sums: column to a function that adds noise to a list of sums.
        scales: of ``sites``, and of each of ``sums``.
        threshold: of ``sites``.
        loss: the total, as OpenDP computes it.
    """

    sites: Any
    sums: Mapping[str, Any]
    scales: tuple[float, Mapping[str, float]]
    threshold: int
    loss: Loss


@dataclass(frozen=True)
class Plan:
    """The noise of a week's release, independent of the counts.

    Attributes:
        budget: of the release.
        tables: name to mechanism.
        all_sites: adds noise to the number of all sites.
        scale: of that noise.
        loss: the total.
    """

    budget: Budget
    tables: Mapping[str, Mechanism]
    all_sites: Any
    scale: float
    loss: Loss


def plan(counted: Sequence[Counted], budget: Budget) -> Plan:
    """Split a budget: a table to which a site contributes more gets more.

    Shares grow with the square root of M, which minimizes the sum of the variances. The counts of
    the tables are not used.
    """
    most = affordable(budget.check())
    weights = {exact.table.name: math.sqrt(exact.contributions) for exact in counted}
    whole = math.fsum(weights.values()) + 1  # one for the number of all sites
    # Slightly less than the budget, so that rounding in the sums cannot exceed it.
    rho, delta = most.rho / whole * (1 - 1e-9), most.delta / max(len(counted), 1) * (1 - 1e-9)
    tables = {
        exact.table.name: _mechanism(exact, Loss(rho * weights[exact.table.name], delta))
        for exact in counted
    }
    scale = _scale(rho, 1)
    all_sites: Any = dp.m.make_gaussian(
        dp.atom_domain(T="i64"), dp.absolute_distance(T="f64"), scale=scale
    )
    loss = total([*(mechanism.loss for mechanism in tables.values()), Loss(all_sites.map(1.0), 0)])
    if loss.rho > most.rho or loss.delta > most.delta:
        raise ValueError("the noise costs more than there is")
    return Plan(budget, tables, all_sites, scale, loss)


def noisy(
    counted: Sequence[Counted], sites: int, made: Plan
) -> tuple[Method, int, Mapping[str, Table]]:
    """Draw the noise. Each call costs the plan's loss: pay it before.

    Args:
        counted: exact tables.
        sites: distinct sites of the week.
        made: by :func:`plan` for these tables.

    Returns:
        the method, the number of sites, and the tables.
    """
    scales = {ALL: made.scale}
    for name, mechanism in made.tables.items():
        scales[name], sums = mechanism.scales
        scales |= {f"{name}.{column}": scale for column, scale in sums.items()}
    method = Method(
        contributions={each.table.name: each.contributions for each in counted},
        epsilon=made.budget.epsilon,
        delta=made.budget.delta,
        scales=scales,
        thresholds={name: each.threshold for name, each in made.tables.items()},
    )
    tables = {each.table.name: _released(each, made.tables[each.table.name]) for each in counted}
    return method, max(made.all_sites(sites), 0), tables


def _mechanism(counted: Counted, loss: Loss) -> Mechanism:
    rho = loss.rho / (1 + len(counted.clamps))
    bound = counted.contributions
    scale = _scale(rho, math.sqrt(bound))
    threshold = _threshold(scale, bound, loss.delta)
    # OpenDP 0.16 tells the δ of the next higher threshold (its issue 2922), which is drawn with.
    spent = [Loss(*_counts(scale, threshold - 1).map((bound, bound, 1)))]
    counts = _counts(scale, threshold)
    sums: dict[str, Any] = {}
    scales = {}
    for name in counted.clamps:
        reach = counted.reach(name) * math.sqrt(bound) * (1 + 1e-9)  # rounded up
        scales[name] = _scale(rho, reach)
        sums[name] = dp.m.make_gaussian(
            dp.vector_domain(dp.atom_domain(T="i64")), dp.l2_distance(T="f64"), scale=scales[name]
        )
        spent.append(Loss(sums[name].map(reach), 0))
    return Mechanism(counts, sums, (scale, scales), threshold, total(spent))


def _scale(rho: float, reach: float) -> float:
    """The standard deviation that costs rho if a site moves a vector by ``reach``; rounded up."""
    return reach / math.sqrt(2 * rho) * (1 + 1e-9)


def _counts(scale: float, threshold: int) -> Any:
    """Noise and threshold on a map of counts by index of group."""
    return dp.m.make_gaussian_threshold(
        dp.map_domain(dp.atom_domain(T="i32"), dp.atom_domain(T="i32")),
        dp.l02inf_distance(dp.absolute_distance(T="i32")),
        scale=scale,
        threshold=threshold,
    )


def _threshold(scale: float, bound: int, delta: float) -> int:
    """The lowest threshold, at least k, that fails with a chance of at most delta."""

    def holds(threshold: int) -> bool:
        return bool(_counts(scale, threshold - 1).map((bound, bound, 1))[1] <= delta)

    low, high = K - 1, K
    while not holds(high):
        low, high = high, high * 2
        if high > _MOST:
            raise ValueError("the budget is too small for any table")
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high


def _released(counted: Counted, mechanism: Mechanism) -> Table:
    """Make the public table, with noise."""
    exact = counted.sites()
    order = list(exact)
    sites: dict[int, int] = mechanism.sites(dict(enumerate(exact.values())))
    shown = sorted(sites)
    sums: dict[str, list[int]] = {}
    for name, noise in mechanism.sums.items():
        added = counted.added(name)
        sums[name] = noise([added[order[at]] for at in shown]) if shown else []
    rows = []
    for place, at in enumerate(shown):
        values: list[Any] = list(order[at])
        for field in counted.table.fields[counted.table.keys :]:
            if field.role is Role.SITES:
                values.append(sites[at])
                continue
            # Noise can make a sum impossible for so many sites; clamping needs no exact number.
            total, (low, high) = sums[field.name][place], counted.clamps[field.name]
            total = min(max(total, low * sites[at]), high * sites[at])
            values.append(total if field.role is Role.SUM else total / sites[at])
        rows.append(tuple(values))
    return counted.table.with_rows(tuple(rows)).with_suppressed(None)
