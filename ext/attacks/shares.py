"""Other shares of the budget: how many groups the mean is expected to show with each."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace

from dropsonde.aggregation.cells import DEVIATIONS, WEEKS
from dropsonde.aggregation.privacy import budget
from dropsonde.aggregation.privacy.unit import Unit
from dropsonde.aggregation.release import K
from ext.attacks.collecting import plans
from ext.attacks.utility import TABLES, YEARS
from ext.attacks.world import World

SHARES: Mapping[str, tuple[int, ...]] = {  # of TABLES
    "as released": (),
    "usage half as much": (16, 15, 12, 15, 8),
    "usage twice as much": (64, 15, 12, 15, 8),
    "all five the same": (17, 17, 17, 17, 17),
    "versions and classes twice": (32, 15, 24, 30, 8),
}


def shares(sites: int) -> Iterator[tuple[str, ...]]:
    """How many groups of each table the mean shows, to be expected, with other shares."""
    truth = _truth(sites)
    for name, other in SHARES.items():
        changed = dict(zip(TABLES, other, strict=False))
        chosen = [replace(each, share=changed.get(each.name, each.share)) for each in plans()]
        scales = budget.noise(chosen, Unit.MODULE, budget.weekly(YEARS[Unit.MODULE])).scales
        usage = {key[0]: _seen(n, scales[TABLES[0]]) for key, n in truth[TABLES[0]].items()}
        expected = [
            sum(
                usage[key[0]] * (1.0 if table == TABLES[0] else _seen(count, scales[table]))
                for key, count in truth[table].items()
            )
            for table in TABLES
        ]
        yield name, *(f"{number:,.0f}" for number in expected)


def _seen(sites: float, scale: float) -> float:
    """The chance that the mean shows a group."""
    deviation = scale / math.sqrt(WEEKS)
    least = max(K, DEVIATIONS * deviation)
    return 1 - statistics.NormalDist(sites, deviation).cdf(least)


def _truth(sites: int) -> dict[str, Counter[tuple[str, ...]]]:
    """The sites of each group, counted without an engine; a module's name is its own here."""
    world = World()
    found: dict[str, Counter[tuple[str, ...]]] = {name: Counter() for name in TABLES}
    slugs = {slug.partition("-")[2]: slug for slug in world.slugs}
    for number in range(sites):
        told = world.columns(number)
        rows = [(row["slug"], row["version"]) for row in told["modules"]]
        on = [(slugs[c["name"].partition("::")[0]], c) for c in told["class_platforms"]]
        found["module_usage"].update({(slug,) for slug, _ in rows})
        found["module_majors"].update({(slug, version.split(".")[0]) for slug, version in rows})
        found["module_versions"].update(rows)
        found["class_usage"].update({(slug, each["name"]) for slug, each in on})
        found["module_platforms"].update({(slug, each["platform"]) for slug, each in on})
    return found
