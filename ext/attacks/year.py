"""A year of weekly releases, and an attacker who knows all but whether one site has each module.

Everything is real: intake with its limits, the store, the rule of the second week, the weekly run,
and its public cells, which the attacker reads. Some sites are the victims, each for modules of its
own. A quarter of these it has all the time, a quarter never, a quarter until the middle, a quarter
from then on.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from dropsonde.aggregation.cells import SUFFIX
from dropsonde.aggregation.privacy.unit import Unit
from dropsonde.common.errors import HeldBackError
from ext.attacks.collecting import HONEST, Collector, counting, plans, report, week, weekly
from ext.attacks.scores import Guesses, evidence, guesses
from ext.attacks.victims import modules, own, published, rich_modules, slug

if TYPE_CHECKING:
    from dropsonde.aggregation.privacy.loss import Budget

    Cells = dict[tuple[Any, ...], int]

# Those whose groups have the module in their first key, and which nothing else of the site moves.
TABLES = (
    "class_usage",
    "module_majors",
    "module_platforms",
    "module_usage",
    "module_versions",
    "private_dependencies",
    "unused_modules",
)
_OF_ONE = 40  # modules of a victim: with all that hangs on them, a report takes not many more


@dataclass
class Year:
    """The attack, week by week.

    Args:
        root: an empty private directory.
        year: the budget.
        modules: how many; a fourth of them of each kind.
        honest: sites, all with all modules, so that most tables are counted from the start.
        weeks: that are attacked.
    """

    root: Path
    year: Budget
    modules: int
    honest: int
    weeks: int
    scores: list[list[float]] = field(default_factory=list)  # by week, and module

    def __post_init__(self) -> None:
        self.collector = Collector(self.root, published(self.modules))
        self._all = self._of_all_modules()

    def there(self, at: int, number: int) -> bool:
        """Whether the victim has a module in a week."""
        early = number <= self.weeks // 2
        return {0: True, 1: False, 2: early, 3: not early}[at % 4]

    def take(self, number: int, made_up: Sequence[tuple[str, str]] = ()) -> int:
        """Take the reports of a week, the first of which is 0.

        Args:
            number: of the week.
            made_up: addresses and names of the attacker's sites, which report 45 modules.

        Returns:
            how many of the attacker's reports the collector refused.
        """
        _, refused = self.collector.take(number, self._reports(number, made_up))
        return refused

    def release(self, number: int) -> bool:
        """Make the week's release; tell whether it was held back before a person released it."""
        run = weekly(self.collector.releasing(Unit.MODULE, self.year))
        held = False
        try:
            run.run(week(number))
        except HeldBackError:
            held = True
            run.run(week(number), anyway=True)
        self.scores.append(self._scores(number))
        return held

    def guessed(self, weeks: int, who: str) -> Guesses:
        """What the attacker guesses from the first weeks' cells.

        Args:
            weeks: how many.
            who: ``always``, of modules that are there all the time or never; ``early``, of those
                that are there in the first half, and those that are not.
        """
        sums = [sum(each[at] for each in self.scores[:weeks]) for at in range(self.modules)]
        if who == "always":
            return guesses(sums[0::4], sums[1::4])
        return guesses([*sums[0::4], *sums[2::4]], [*sums[1::4], *sums[3::4]])

    def compared(self) -> Guesses:
        """What he guesses who only compares the first half with the second: were they lost?"""
        half = self.weeks // 2
        halves = [self.scores[:half], self.scores[half:]]
        sums = [
            sum(each[at] for each in halves[0]) - sum(each[at] for each in halves[1])
            for at in range(self.modules)
        ]
        return guesses(sums[2::4], sums[3::4])

    def _reports(
        self, number: int, made_up: Sequence[tuple[str, str]]
    ) -> Iterator[tuple[str, bytes]]:
        plain = {**own(4), **modules(range(self.modules))}
        for at in range(self.honest):
            yield HONEST, report(f"honest {at}", plain)
        there = [at for at in range(self.modules) if self.there(at, number)]
        yield from _victims(self.modules, there)
        for address, name in made_up:
            yield address, report(name, {**own(1), **modules(range(45))})

    def _of_all_modules(self) -> dict[int, Cells]:
        """What each module of the victim adds to each cell, as the engine weighs it."""
        (self.root / "known").mkdir(mode=0o700)
        collector = Collector(self.root / "known", self.collector.modules)
        for number in range(2):
            collector.take(number, _victims(self.modules, range(self.modules)))
        found: dict[int, Cells] = defaultdict(dict)
        places = {slug(at): at for at in range(self.modules)}
        for cell, parts in _exact(collector, 1).items():
            found[places[cell[1]]][cell] = parts
        return found

    def _scores(self, number: int) -> list[float]:
        """The evidence of a week's public cells, for each module."""
        exact = _exact(self.collector, number)
        path = self.root / Unit.MODULE.value / "released" / f"{week(number)}{SUFFIX}"
        found = duckdb.execute(
            f"SELECT name, keys, parts, scale FROM read_parquet('{path}')"  # noqa: S608 - ours
        ).fetchall()
        told = {(name, *json.loads(keys)): (parts, scale) for name, keys, parts, scale in found}
        return [
            sum(
                evidence(told[cell][0], exact.get(cell, 0) - by * there, by, told[cell][1])
                for cell, by in self._all[at].items()
                if cell in told
            )
            for at in range(self.modules)
            for there in [self.there(at, number)]
        ]


def _victims(modules_: int, there: Collection[int]) -> Iterator[tuple[str, bytes]]:
    for first in range(0, modules_, _OF_ONE):
        has = [at for at in there if first <= at < first + _OF_ONE]
        yield HONEST, report(f"victim {first}", {**own(4), **rich_modules(has)})


def _exact(collector: Collector, number: int) -> Cells:
    """The exact numbers of the week, in parts of a site."""
    with counting(collector) as engine:
        return {
            (plan.name, *keys): count[0]
            for plan in plans()
            if plan.name in TABLES
            for keys, count in engine.count(plan, week(number), Unit.MODULE, {}).items()
        }
