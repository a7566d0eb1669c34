"""How much is shown, how exactly, and what bounding takes from it: real releases of a world."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from dropsonde.aggregation.cells import WEEKS
from dropsonde.aggregation.plan import Bounds
from dropsonde.aggregation.privacy.loss import Budget
from dropsonde.aggregation.privacy.unit import Unit
from dropsonde.aggregation.privacy.weights import LATTICE
from dropsonde.aggregation.release import Role, history
from ext.attacks.collecting import (
    HONEST,
    START,
    Collector,
    counting,
    plans,
    report,
    week,
    weekly,
)
from ext.attacks.world import World

if TYPE_CHECKING:
    from dropsonde.aggregation.counting import Counts, Engine
    from dropsonde.aggregation.plan import Plan
    from dropsonde.aggregation.release import Release

DELTA = 1e-6
YEARS = {Unit.MODULE: Budget(2.0, DELTA), Unit.SITE: Budget(4.0, DELTA)}
TABLES = ("module_usage", "module_majors", "module_versions", "class_usage", "module_platforms")
ONCE = 20_000  # sites, from which on a week is taken in and counted once, and drawn each week
_ALL = Bounds(10**9, 10**9, 10**9)


class Shown(NamedTuple):
    """What releases show of a table.

    Attributes:
        sites: that reported.
        unit: what the noise hides, and its ε a year.
        table: the name.
        first: groups in the first release.
        smoothed: groups in the thirteenth.
        error: the median of the relative errors of these, noise and bounding together.
        bias: what bounding takes from the sum of their numbers, relative to it.
        worst: what it takes from one of them at most.
    """

    sites: int
    unit: str
    table: str
    first: int
    smoothed: int
    error: float | None
    bias: float | None
    worst: float | None


@dataclass(frozen=True)
class _Always:
    """An engine whose weeks are all the same one; it counts a table twice only among others."""

    engine: Engine
    week: str
    counted: dict[str, Counts]

    def count(self, plan: Plan, _: str, unit: Unit, among: Mapping[str, Collection[Any]]) -> Counts:
        if among:  # of other modules each week
            return self.engine.count(plan, self.week, unit, among)
        if plan.name not in self.counted:
            self.counted[plan.name] = self.engine.count(plan, self.week, unit, among)
        return self.counted[plan.name]

    def sites(self, _: str) -> int:
        return self.engine.sites(self.week)


def measured(root: Path, sites: int) -> Iterator[Shown]:
    """Take the reports of so many sites, make thirteen releases for each unit, and measure them.

    Args:
        root: an empty private directory.
        sites: the same ones in all weeks.
    """
    world = World()
    collector = Collector(root, world.published)
    once = sites >= ONCE
    if once:  # in the first week they say no more than that they are there
        few = report_of(world, whole=False)
        collector.take(0, ((HONEST, few(number)) for number in range(sites)))
        collector.take(1, ((HONEST, report_of(world)(number)) for number in range(sites)))
    else:
        every = [report_of(world)(number) for number in range(sites)]
        for number in range(WEEKS + 1):
            collector.take(number, ((HONEST, data) for data in every))
    for unit, year in YEARS.items():
        with counting(collector) as engine:
            always = partial(nullcontext, _Always(engine, week(1), {}))
            made = list(_released(collector, unit, year, always if once else None))
            for name in TABLES:
                yield _shown(engine, week(1 if once else WEEKS), unit, (made[0], made[-1]), name)


def report_of(world: World, *, whole: bool = True) -> Callable[[int], bytes]:
    """Make a site's report, by its number: all that it has, or only that it is there."""
    return lambda number: report(
        f"site {number}", world.columns(number) if whole else {"environment_count": 1}
    )


def _released(
    collector: Collector, unit: Unit, year: Budget, opened: Any | None
) -> Iterator[Release]:
    releasing = collector.releasing(unit, year, opened=opened)
    for number in range(1, WEEKS + 1):
        collector.now = START + timedelta(weeks=number)
        weekly(releasing).run(week(number), anyway=True)
    yield from history(releasing.released)


def _shown(
    engine: Engine, last: str, unit: Unit, releases: tuple[Release, Release], name: str
) -> Shown:
    first, smoothed = (each.tables[name] for each in releases)
    (plan,) = (each for each in plans() if each.name == name)
    used = sorted({row[0] for row in releases[1].tables[TABLES[0]].rows})
    among = {"module": used} if plan.among else {}  # as it was drawn
    truth, weighed = (
        {keys: count[0] / LATTICE for keys, count in engine.count(of, last, unit, among).items()}
        for of in (replace(plan, bounds=_ALL), plan)
    )
    rows = [(row[: smoothed.keys], row[smoothed.place(Role.SITES)]) for row in smoothed.rows]
    real = [(keys, mean) for keys, mean in rows if truth.get(keys)]
    errors = [abs(mean - truth[keys]) / truth[keys] for keys, mean in real]
    whole = sum(truth[keys] for keys, _ in real)
    return Shown(
        sites=round(engine.sites(last)),
        unit=unit.value,
        table=name,
        first=len(first.rows),
        smoothed=len(smoothed.rows),
        error=statistics.median(errors) if errors else None,
        bias=1 - sum(weighed[keys] for keys, _ in real) / whole if whole else None,
        worst=max((1 - weighed[keys] / truth[keys] for keys, _ in real), default=None),
    )
