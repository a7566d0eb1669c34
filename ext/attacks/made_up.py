"""Nine made-up sites: with a victim's rare module they are ten, who have it together with others.

They report that module and 44 others for five weeks. Of these 44 the victim has 31. When numbers
were exact, and shown from ten sites on, ``module_pairs`` told all of them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, NamedTuple

import duckdb

from dropsonde.aggregation.cells import SUFFIX
from dropsonde.aggregation.privacy.weights import LATTICE
from dropsonde.aggregation.release import history
from ext.attacks.collecting import HONEST, Collector, report, week, weekly
from ext.attacks.scores import evidence
from ext.attacks.victims import MODULES, modules, own, published, slug

if TYPE_CHECKING:
    from dropsonde.aggregation.privacy.loss import Budget
    from dropsonde.aggregation.privacy.unit import Unit
    from dropsonde.aggregation.release import Release

WEEKS = 5  # of which the made-up sites count in all but the first
_OTHERS = 44
_HAS = 31  # of these
_HONEST = 60  # sites
_MADE_UP = 9
_RARE = 0


class Claims(NamedTuple):
    """Claims that the victim has a module.

    Attributes:
        made: how many.
        true: how many of them are true.
        secrets: how many there are to be found.
        candidates: among how many.
    """

    made: int
    true: int
    secrets: int
    candidates: int

    def __add__(self, other: Claims) -> Claims:  # type: ignore[override]  # no concatenation
        return Claims(*(one + two for one, two in zip(self, other, strict=True)))

    def __str__(self) -> str:
        by_chance = f"by chance {self.secrets / self.candidates:.0%}"
        share = f", {self.true / self.made:.0%} of them true ({by_chance})" if self.made else ""
        return f"{self.true} of {self.secrets} modules found; {self.made} claims{share}"


class Found(NamedTuple):
    """What attackers find.

    Attributes:
        pages: the claims of one who reads the pages: pairs with the rare module that are shown.
        cells: of one who reads all cells and knows all other sites: what is likelier than not.
        inside: the evidence of this one for each module that the victim has.
        outside: for each other one.
    """

    pages: Claims
    cells: Claims
    inside: tuple[float, ...] = ()
    outside: tuple[float, ...] = ()


def attacked(root: Path, year: Budget, unit: Unit, seed: int, weeks: int = WEEKS) -> Found:
    """Play the attack once.

    Args:
        root: an empty private directory.
        year: the budget.
        unit: what the noise hides.
        seed: decides who has what.
        weeks: in which the made-up sites report.
    """
    chance = Random(seed)
    others = chance.sample(range(1, MODULES), _OTHERS)
    has = set(others[:_HAS])
    honest = [sorted(chance.sample(range(1, MODULES), 40)) for _ in range(_HONEST)]
    collector = Collector(root, published())
    for number in range(weeks + 1):
        collector.take(number, _reports(honest, sorted({_RARE, *has}), others, number))
        if number:
            weekly(collector.releasing(unit, year)).run(week(number), anyway=True)
    releasing = collector.releasing(unit, year)
    pages = {slug_ for each in history(releasing.released) for slug_ in _paired(each)}
    known = {at: sum(at in site for site in honest) + _MADE_UP for at in others}
    likely: dict[int, float] = dict.fromkeys(others, 0.0)
    for number in range(1, weeks + 1):
        path = releasing.released / f"{week(number)}{SUFFIX}"
        less = _MADE_UP if number == 1 else 0  # they count from their second week on
        for at, (parts, scale) in _usage(path, others).items():
            likely[at] += evidence(parts, (known[at] - less) * LATTICE, LATTICE, scale)
    return Found(
        _claims({at for at in others if slug(at) in pages}, has),
        _claims({at for at in others if likely[at] > 0}, has),
        tuple(likely[at] for at in others if at in has),
        tuple(likely[at] for at in others if at not in has),
    )


def _claims(claimed: set[int], has: set[int]) -> Claims:
    return Claims(len(claimed), len(claimed & has), len(has), _OTHERS)


def _reports(
    honest: list[list[int]], victim: list[int], others: list[int], number: int
) -> Iterator[tuple[str, bytes]]:
    for at, has in enumerate(honest):
        yield HONEST, report(f"honest {at}", {**own(2), **modules(has)})
    yield HONEST, report("victim", {**own(2), **modules(victim)})
    for at in range(_MADE_UP if number else 0):
        told = modules(sorted([_RARE, *others]))
        yield "198.51.100.7", report(f"made up {at}", {**own(2), **told})


def _paired(release: Release) -> set[str]:
    """The modules that are shown together with the rare one."""
    rare = slug(_RARE)
    pairs = (set(row[:2]) for row in release.tables["module_pairs"].rows)
    return {other for pair in pairs if rare in pair for other in pair - {rare}}


def _usage(path: Path, others: list[int]) -> dict[int, tuple[int, float]]:
    """The number of each module, in parts of a site, and the deviation of its noise."""
    found = duckdb.execute(
        "SELECT keys, parts, scale FROM read_parquet($1) WHERE name = 'module_usage'", [str(path)]
    ).fetchall()
    told = {json.loads(keys)[0]: (parts, scale) for keys, parts, scale in found}
    return {at: told[slug(at)] for at in others}
