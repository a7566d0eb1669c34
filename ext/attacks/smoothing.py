"""Other ways to smooth, against the mean that releases show.

The cells of :data:`LONG` weeks are drawn by the real mechanism, for made-up true numbers of sites.
Each way turns a group's cells into a number and the standard deviation of its noise; what is shown
follows the rule of releases.
"""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from dropsonde.aggregation.cells import DEVIATIONS, WEEKS
from dropsonde.aggregation.privacy import budget
from dropsonde.aggregation.privacy.drawing import draw
from dropsonde.aggregation.privacy.unit import Unit
from dropsonde.aggregation.privacy.weights import LATTICE
from dropsonde.aggregation.release import Z95, K
from ext.attacks.collecting import plans
from ext.attacks.utility import YEARS
from ext.attacks.world import World

LONG = 60  # weeks
_SAME_NOISE = 2 / (WEEKS + 1)  # the newest week's weight, with as much noise as a mean of WEEKS
_DIP = 3  # weeks, the last ones

Series = Sequence[float]
Way = Callable[[Sequence[Series], float], list[tuple[float, float]]]  # numbers with deviations


class Smoothed(NamedTuple):
    """How a way does in a world, in the last week.

    Attributes:
        world: what changes in it.
        way: of smoothing.
        shown: groups.
        error: median of the relative errors of these.
        lag: median of their relative errors with signs: below 0, they say too little.
        within: how many of all groups, shown or not, are within 1.96 deviations of the truth.
    """

    world: str
    way: str
    shown: int
    error: float
    lag: float
    within: float


def mean(weeks: int) -> Way:
    """The mean of the last weeks."""
    return lambda cells, scale: [
        (statistics.fmean(each[-weeks:]), scale / math.sqrt(weeks)) for each in cells
    ]


def halves(cells: Sequence[Series], scale: float) -> list[tuple[float, float]]:
    """The mean of twice as many weeks as in releases, where both halves of them agree."""
    found = []
    for each in cells:
        new, old = (statistics.fmean(some) for some in (each[-WEEKS:], each[-2 * WEEKS : -WEEKS]))
        deviation = scale / math.sqrt(WEEKS)
        agree = abs(new - old) < math.sqrt(2) * deviation
        found.append(((new + old) / 2, deviation / math.sqrt(2)) if agree else (new, deviation))
    return found


def exponential(cells: Sequence[Series], scale: float) -> list[tuple[float, float]]:
    """Weights that fall from week to week, with as much noise as the mean of releases."""
    return [_filtered(each, scale, 0.0, _SAME_NOISE) for each in cells]


def kalman(cells: Sequence[Series], scale: float) -> list[tuple[float, float]]:
    """A local level that changes in proportion to itself; how much, the noisy cells tell."""
    moved = squares = 0.0
    for each in cells:
        moved += sum((b - a) ** 2 - 2 * scale**2 for a, b in pairwise(each))
        squares += max(statistics.fmean(each) ** 2 - scale**2 / len(each), 0) * (len(each) - 1)
    share = max(moved / squares, 1e-7)
    return [
        _filtered(each, scale, share * max(statistics.fmean(each), K) ** 2, 0.0) for each in cells
    ]


def _filtered(each: Series, scale: float, change: float, least: float) -> tuple[float, float]:
    """Kalman's filter of a level, whose weight of the newest week is never less than ``least``."""
    level, unsure, noise = each[0], scale**2, scale**2
    for cell in each[1:]:
        unsure += change
        weight = max(unsure / (unsure + scale**2), least)
        level += weight * (cell - level)
        unsure *= 1 - weight
        noise = (1 - weight) ** 2 * noise + weight**2 * scale**2
    return level, math.sqrt(noise)


WAYS: Mapping[str, Way] = {
    f"mean of {WEEKS} weeks": mean(WEEKS),
    f"mean of {2 * WEEKS} weeks": mean(2 * WEEKS),
    f"mean of {2 * WEEKS} weeks where both halves agree": halves,
    "exponential weights": exponential,
    "Kalman filter": kalman,
}


def worlds(sites: int) -> Mapping[str, list[list[float]]]:
    """The true numbers of each module's sites, week by week, in worlds that change."""
    usage = Counter(
        row["slug"]
        for number in range(sites)
        for row in {row["slug"]: row for row in World().columns(number)["modules"]}.values()
    )
    last = [float(count) for count in usage.values()]
    weeks = range(LONG)
    season = [1.0] * (LONG - _DIP) + [0.8] * _DIP
    return {
        "nothing": [[count] * LONG for count in last],
        "a third comes within a year": [
            [count * (1 - (LONG - 1 - week) / 156) for week in weeks] for count in last
        ],
        "new for 26 weeks, growing": [
            [max(0.0, count * (week - LONG + 26) / 25) for week in weeks] for count in last
        ],
        f"a fifth stays away for the last {_DIP} weeks": [
            [count * share for share in season] for count in last
        ],
    }


def compared(sites: int) -> Iterator[Smoothed]:
    """All ways in all worlds, with the noise of ``module_usage``."""
    scales = budget.noise(plans(), Unit.MODULE, budget.weekly(YEARS[Unit.MODULE])).scales
    scale = scales["module_usage"]
    for world, numbers in worlds(sites).items():
        drawn = [_drawn([each[week] for each in numbers], scale) for week in range(LONG)]
        cells = [[drawn[week][at] for week in range(LONG)] for at in range(len(numbers))]
        for way, smooth in WAYS.items():
            yield _judged(world, way, smooth(cells, scale), [each[-1] for each in numbers])


def _judged(
    world: str, way: str, found: Sequence[tuple[float, float]], truth: Sequence[float]
) -> Smoothed:
    each = list(zip(found, truth, strict=True))
    errors = [
        number / real - 1
        for (number, deviation), real in each
        if number >= max(K, DEVIATIONS * deviation) and real > 0
    ]
    within = [abs(number - real) <= Z95 * deviation for (number, deviation), real in each]
    return Smoothed(
        world,
        way,
        len(errors),
        statistics.median(map(abs, errors)),
        statistics.median(errors),
        statistics.fmean(within),
    )


def _drawn(numbers: Sequence[float], scale: float) -> list[float]:
    exact = {(at,): round(number * LATTICE) for at, number in enumerate(numbers)}
    return [cell.parts / LATTICE for cell in draw(list(exact), exact, scale)]
