"""Compare a week with the one before, for a person to see unusual numbers before the public does.

Anyone can make up sites. An attacker who makes up many at once, to push a module or to drown the
numbers, shows in the numbers; one who adds a few each week does not, and is not detected.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from dropsonde.aggregation.release import ALL, Role

if TYPE_CHECKING:
    from dropsonde.aggregation.release import Release, Table

FACTOR = 1.5  # a total grew or shrank by
SHARE = 0.2  # of all sites came to one group
FEW = 50  # sites or groups; smaller changes happen by chance
_DEVIATIONS = 5  # standard deviations of the noise, which a release may differ by


def unusual(before: Release, now: Release) -> tuple[str, ...]:
    """Describe in sentences what a person should look at; none for a usual week.

    Args:
        before: the release of the week before, or of the last week that there is.
        now: not yet public.
    """
    return tuple(_findings(before, now))


def _findings(before: Release, now: Release) -> Iterator[str]:
    if _jumped(before.sites, now.sites, _error(before, now, ALL)):
        yield f"{now.sites:,} sites after {before.sites:,}"
    for name in sorted(before.tables.keys() | now.tables.keys()):
        if name not in now.tables or name not in before.tables:
            yield f"{name} is {'new' if name in now.tables else 'missing'}"
            continue
        was, groups = (_groups(each.tables[name]) for each in (before, now))
        if _jumped(len(was), len(groups), 0):
            yield f"{name} has {len(groups):,} groups after {len(was):,}"
        error = _error(before, now, name)
        totals = sum(was.values()), sum(groups.values())
        if _jumped(*totals, error * math.sqrt(max(len(was), len(groups)))):
            yield f"{name} adds up to {totals[1]:,} after {totals[0]:,}"
        least = max(SHARE * before.sites, FEW) + error
        if grown := sum(sites - was.get(keys, 0) > least for keys, sites in groups.items()):
            yield f"{name} has {grown:,} groups that a fifth of all sites or more came to"


def _jumped(before: int, now: int, error: float) -> bool:
    low, high = sorted((before, now))
    return high - low > FEW + error and high > FACTOR * low


def _groups(table: Table) -> Mapping[tuple[object, ...], int]:
    place = table.place(Role.SITES)
    return {row[: table.keys]: row[place] for row in table.rows}


def _error(before: Release, now: Release, name: str) -> float:
    """How far noise and a threshold alone may move a number between two releases."""
    moved = math.hypot(*(each.method.scales.get(name, 0.0) for each in (before, now)))
    hidden = max(each.method.thresholds.get(name, 0.0) for each in (before, now))
    return _DEVIATIONS * moved + hidden
