"""Is the unit there? The attacker knows all else, and what the unit would report.

The collector's engine counts the same reports with the unit and without. Their differences are all
that the unit moves, and the real mechanism draws the noise of these cells: it is independent from
cell to cell, so no other cell tells anything.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from dropsonde.aggregation.privacy import budget
from dropsonde.aggregation.privacy.drawing import draw
from dropsonde.aggregation.privacy.weights import LATTICE
from dropsonde.aggregation.release import ALL
from ext.attacks.collecting import HONEST, Collector, counting, plans, report, week
from ext.attacks.scores import Guesses, evidence, guesses
from ext.attacks.victims import Victim, published

if TYPE_CHECKING:
    from dropsonde.aggregation.privacy.budget import Noise
    from dropsonde.aggregation.privacy.loss import Budget
    from dropsonde.aggregation.privacy.unit import Unit

_OTHERS = 3  # sites, which report the same as the victim


class Moved(NamedTuple):
    """A cell that a unit moves.

    Attributes:
        scale: the standard deviation of its noise, in sites.
        without: its exact number without the unit, in parts of a site.
        by: what the unit adds to it; likewise.
    """

    scale: float
    without: int
    by: int


def moved(root: Path, victim: Victim, unit: Unit, noise: Noise) -> list[Moved]:
    """All cells of a release that a victim's unit moves.

    Args:
        root: an empty private directory.
        victim: what is reported with the unit and without.
        unit: whose bounds hold.
        noise: of a release.
    """
    (without, all_without), (with_, all_with) = (
        _counts(root / name, victim, columns, unit)
        for name, columns in (("without", victim.without), ("with", victim.whole))
    )
    found = [Moved(noise.scales[ALL], all_without * LATTICE, (all_with - all_without) * LATTICE)]
    for cell in sorted(with_.keys() | without.keys(), key=repr):
        one, other = without.get(cell, 0), with_.get(cell, 0)
        found.append(Moved(noise.scales[cell[0]], one, other - one))
    return [each for each in found if each.by]


def loss(cells: list[Moved]) -> float:
    """The ρ of a release for this very unit: the squares of what it moves, over 2σ²."""
    return math.fsum((each.by / LATTICE / each.scale) ** 2 / 2 for each in cells)


def attacked(cells: list[Moved], games: int) -> Guesses:
    """Draw the cells with the unit, and without, and let the attacker guess.

    Args:
        cells: that the unit moves.
        games: that are played of each kind.
    """
    return guesses(*([_score(cells, there=there) for _ in range(games)] for there in (True, False)))


def _score(cells: list[Moved], *, there: bool) -> float:
    score = 0.0
    for scale in {each.scale for each in cells}:
        own = {(at,): each for at, each in enumerate(cells) if each.scale == scale}
        exact = {keys: each.without + each.by * there for keys, each in own.items()}
        for keys, parts in draw(list(own), exact, scale):
            score += evidence(parts, own[keys].without, own[keys].by, scale)
    return score


def _counts(
    root: Path, victim: Victim, columns: Mapping[str, Any] | None, unit: Unit
) -> tuple[dict[Any, int], int]:
    """Table and keys of each group to its exact number; and the number of all sites."""
    root.mkdir(mode=0o700)
    collector = Collector(root, published())
    for number in range(2):
        collector.take(number, _reports(victim, columns))
    among = {"first": victim.slugs, "second": victim.slugs, "module": victim.slugs}
    among |= {"unused": victim.slugs, "dependency": victim.slugs}
    found: dict[Any, int] = {}
    with counting(collector) as engine:
        for plan in plans():
            chosen = {name: among[name] for name in plan.among if name in among}
            counts = engine.count(plan, week(1), unit, chosen)
            found |= {(plan.name, *keys): count[0] for keys, count in counts.items()}
        return found, engine.sites(week(1))


def _reports(victim: Victim, columns: Mapping[str, Any] | None) -> Iterator[tuple[str, bytes]]:
    for number in range(_OTHERS):
        yield HONEST, report(f"other {number}", victim.whole)
    if columns is not None:
        yield HONEST, report("victim", columns)


def released(unit: Unit, year: Budget, weeks: int = 1) -> Noise:
    """The noise of a week's release; or of one that costs as much as so many, and tells as much."""
    return budget.noise(plans(), unit, weeks * budget.weekly(year))
