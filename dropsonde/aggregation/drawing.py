"""Draw a week's cells, and make its release of them.

Tables that name no other are drawn first. What they show, which is public, says among which groups
the others are counted: a version of a module that nobody is shown to have need not be counted.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from dropsonde.aggregation import cells
from dropsonde.aggregation.known import Words, groups
from dropsonde.aggregation.plan import USAGE, Shape
from dropsonde.aggregation.privacy.budget import YEAR, loss_of_site
from dropsonde.aggregation.privacy.drawing import draw
from dropsonde.aggregation.privacy.unit import MOST_PAIRED, Unit
from dropsonde.aggregation.privacy.weights import LATTICE
from dropsonde.aggregation.release import ALL, SITE_MODULES, Method, Release
from dropsonde.aggregation.tables import error_of, table

if TYPE_CHECKING:
    from dropsonde.aggregation.cells import Measured
    from dropsonde.aggregation.counting import Engine, Order
    from dropsonde.aggregation.plan import Plan
    from dropsonde.aggregation.privacy.budget import Noise

    Shown = Mapping[str, Sequence[Measured]]

_OWN_SHAPES = {Shape.PAIR, Shape.BESIDE}  # of modules of one name, only one is counted


class Counted(NamedTuple):
    """A table's exact numbers; they are private.

    Attributes:
        names: of the table and of its sums.
        known: the keys of every known group.
        numbers: group to its number of sites and its sums, in parts of a site.
    """

    names: Sequence[str]
    known: Sequence[tuple[Any, ...]]
    numbers: Mapping[tuple[Any, ...], tuple[int, ...]]


@dataclass(frozen=True)
class Drawing:
    """Draws one week.

    Args:
        of: what is drawn.
        engine: counts.
        week: as ``2026-W47``.
        words: what was published of modules.
        noise: of the week.
        earlier: the cells of the weeks that are shown with it.
        made: when it began, for how long it takes depends on what was counted.
        scratch: a private directory.
    """

    of: Order
    engine: Engine
    week: str
    words: Words
    noise: Noise
    earlier: Sequence[Path]
    made: datetime
    scratch: Path

    def first(self) -> list[Counted]:
        """Count all sites, and the tables that name no other."""
        sites = Counted([ALL], [()], {(): (self.engine.sites(self.week) * LATTICE,)})
        plans = [plan for plan in self.of.plans if not plan.among]
        return [sites, *(self._counted(plan, self.words) for plan in plans)]

    def tables(self, first: Sequence[Counted]) -> Iterator[cells.Table]:
        """Draw the cells of the first tables; then count the others and draw theirs, one by one.

        Pay before.
        """
        drawn = [table for counted in first for table in self._drawn(counted)]
        path = self.scratch / "first.parquet"
        cells.write(path, drawn, self.scratch)
        return itertools.chain(drawn, self._others(self._shown([*self.earlier, path])))

    def _others(self, shown: Shown) -> Iterator[cells.Table]:
        for plan in self.of.plans:
            if plan.among:
                words = Words(self.words.modules, among_of(plan, shown, self.of.plans))
                yield from self._drawn(self._counted(plan, words))

    def release(self, path: Path, digest: str, spent: float, without: Sequence[str]) -> Release:
        """The release.

        Args:
            path: the week's cells.
            digest: of that file.
            spent: the ε of the dearest 52 weeks.
            without: the weeks that were released without noise.
        """
        shown = self._shown([*self.earlier, path])
        (sites,) = shown[ALL]
        bounds = {
            plan.name: plan.bounds.module
            if plan.shape is not Shape.SITE and self.noise.unit is Unit.MODULE
            else plan.bounds.site
            for plan in self.of.plans
        }
        method = Method(
            unit=self.noise.unit.value,
            epsilon=self.of.year.epsilon,
            delta=self.of.year.delta,
            year_epsilon=spent,
            site_rho=YEAR * loss_of_site(self.of.plans, self.noise, SITE_MODULES),
            weeks=cells.WEEKS,
            scales=self.noise.scales,
            contributions=bounds,
            beside={
                plan.name: plan.bounds.modules
                for plan in self.of.plans
                if plan.shape is Shape.BESIDE and self.noise.unit is Unit.MODULE
            },
            deviations=cells.DEVIATIONS,
            without_noise=tuple(without),
        )
        return Release(
            week=self.week,
            made=self.made,
            method=method,
            sites=max(round(sites.mean), 0),
            sites_error=error_of(sites),
            sites_week=max(round(sites.week), 0),
            tables={plan.name: table(plan, shown) for plan in self.of.plans},
            cells=digest,
        )

    def _counted(self, plan: Plan, words: Words) -> Counted:
        names = [plan.name, *(f"{plan.name}.{each.name}" for each in plan.sums)]
        known = groups(plan, self.of.schema, words)
        return Counted(
            names, known, self.engine.count(plan, self.week, self.noise.unit, words.among)
        )

    def _drawn(self, counted: Counted) -> Iterator[cells.Table]:
        """A table's cells, and those of its sums."""
        for at, name in enumerate(counted.names):
            exact = {keys: sums[at] for keys, sums in counted.numbers.items()}
            scale = self.noise.scales[name]
            yield cells.Table(name, scale, list(draw(counted.known, exact, scale)))

    def _shown(self, paths: Sequence[Path]) -> Shown:
        found = defaultdict(list)
        for name, measured in cells.shown(paths, self.scratch):
            found[name].append(measured)
        return found


def among_of(plan: Plan, shown: Shown, plans: Sequence[Plan]) -> dict[str, Collection[Any]]:
    """The values of keys that other tables show, the most used first."""
    keys_of = {each.name: [key.name for key in each.keys] for each in plans}
    found: dict[str, Collection[Any]] = {}
    for name, other in plan.among.items():
        names = keys_of[other]
        at = names.index(name) if name in names else 0
        most_used = sorted(shown[other], key=lambda measured: -measured.mean)
        values = dict.fromkeys(measured.keys[at] for measured in most_used)
        if plan.shape in _OWN_SHAPES and other == USAGE:
            values = dict.fromkeys(_of_each_name(values))
            if plan.shape is Shape.PAIR:
                values = dict.fromkeys(itertools.islice(values, MOST_PAIRED))
        found[name] = values
    return found


def _of_each_name(slugs: Iterable[str]) -> Iterator[str]:
    """The first slug of each module's name."""
    names: set[str] = set()
    for slug in slugs:
        name = slug.partition("-")[2]
        if name not in names:
            yield slug
        names.add(name)
