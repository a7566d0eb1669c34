"""Did the site report? The attacker knows every other site, and what the site would report."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dropsonde.aggregation.privacy import noise
from dropsonde.aggregation.release import ALL
from ext.attacks.auc import Auc, auc
from ext.attacks.views import seen
from ext.attacks.world import tables, world

if TYPE_CHECKING:
    from dropsonde.aggregation.privacy.counted import Counted
    from dropsonde.aggregation.privacy.loss import Budget
    from ext.attacks.views import View
    from ext.attacks.world import World


def without_noise(
    chance: random.Random,
    weeks: int,
    sites: int,
    views: Mapping[str, Callable[[Sequence[Counted], int], View]],
    *,
    modules: int | None = None,
) -> dict[str, Auc]:
    """Publish both worlds, and check which of them equals the release.

    Args:
        chance: makes the weeks.
        weeks: their number.
        sites: about how many in each week.
        views: what is public, with different guards.
        modules: how many the target reports; all that it has if None.

    Returns:
        for each view, how well the attack works.
    """
    scores: dict[str, dict[bool, list[float]]] = {name: {True: [], False: []} for name in views}
    for week in range(weeks):
        whole = world(chance, sites)
        made = replace(whole, target=frozenset(sorted(whole.target)[:modules]))
        both = {member: made.counted(member=member) for member in (True, False)}
        member = week % 2 == 0
        for name, view in views.items():
            worlds = {each: view(both[each], made.sites(member=each)) for each in both}
            told = worlds[member]
            scores[name][member].append((told == worlds[True]) - (told == worlds[False]))
    return {name: auc(each[True], each[False]) for name, each in scores.items()}


def with_noise(
    chance: random.Random, weeks: int, sites: int, budget: Budget, *, together: int = 1
) -> Auc:
    """Compare each number's likelihood in both worlds: no test is better.

    The real mechanism draws the noise. It gets only the target's groups: the noise of groups is
    independent, so all other groups are the same in both worlds.

    Args:
        chance: makes the weeks; the noise comes from the operating system.
        weeks: how many, or how many times ``together``.
        sites: in each week.
        budget: of a release.
        together: releases of the same reports that the attacker combines.
    """
    plan = noise.plan(tables([]), budget)
    scores: dict[bool, list[float]] = {True: [], False: []}
    for week in range(weeks):
        made = world(chance, sites)
        member = week % 2 == 0
        counted = [_of_target(each, made) for each in made.counted(member=member)]
        others = _exact([_of_target(each, made) for each in made.counted(member=False)])
        score = 0.0
        for _ in range(together):
            _, told, found = noise.noisy(counted, made.sites(member=member), plan)
            score += _evidence(seen(told, found), others, made, plan)
        scores[member].append(score)
    return auc(scores[True], scores[False])


def _of_target(counted: Counted, made: World) -> Counted:
    """The table with only the target's groups."""
    (own,) = (mine for mine in tables([made.target]) if mine.table.name == counted.table.name)
    groups, keys = own.sites(), counted.table.keys
    rows = tuple(row for row in counted.table.rows if row[:keys] in groups)
    return replace(counted, table=counted.table.with_rows(rows))


def _exact(counted: Sequence[Counted]) -> dict[tuple[Any, ...], int]:
    return {
        (each.table.name, *keys): count for each in counted for keys, count in each.sites().items()
    }


def _evidence(
    told: View, others: dict[tuple[Any, ...], int], made: World, plan: noise.Plan
) -> float:
    """The log-likelihood ratio of this release with and without the target."""
    total = len(made.others)
    ratio = (told[(ALL,)] - total - 0.5) / plan.scale**2
    for group in _exact(tables([made.target])):
        mechanism = plan.tables[group[0]]
        scale, count = mechanism.scales[0], others.get(group, 0)
        if group in told:
            ratio += (told[group] - count - 0.5) / scale**2
        elif group in others:  # without another site, only the target could make it public
            gap = mechanism.threshold - 0.5 - count
            ratio += _log_below((gap - 1) / scale) - _log_below(gap / scale)
    return ratio


def _log_below(deviations: float) -> float:
    """The logarithm of the probability that a normal variable stays below."""
    return math.log(max(math.erfc(-deviations / math.sqrt(2)) / 2, 1e-300))
