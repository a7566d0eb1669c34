"""Compare a week with the weeks before, for a person to see unusual numbers before the public does.

Anyone can make up sites. An attacker who makes up many at once, to push a module or to drown the
numbers, shows in the numbers; one who adds a few each week does not, and is not detected.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from dropsonde.aggregation.release import ALL, Z95, Role

if TYPE_CHECKING:
    from dropsonde.aggregation.release import Release, Table

SHARE = 0.2  # of all sites, by which a number grew or shrank
FEW = 50  # sites; smaller changes happen by chance
DEVIATIONS = 5  # standard deviations of the noise, which a number may differ by


def unusual(before: Release, now: Release) -> tuple[str, ...]:
    """Describe in sentences what a person should look at; none for a usual week.

    The week's own numbers are compared with the means of the last release. Both have noise, and so
    has whatever is told of them.

    Args:
        before: the last release.
        now: not yet public.
    """
    return tuple(_findings(before, now))


def _findings(before: Release, now: Release) -> Iterator[str]:
    least = max(SHARE * before.sites, FEW)
    error = math.hypot(now.method.scales[ALL], before.sites_error / Z95)
    if abs(now.sites_week - before.sites) > least + DEVIATIONS * error:
        yield f"{now.sites_week:,} sites after {before.sites:,}"
    for name in sorted(before.tables.keys() | now.tables.keys()):
        if name not in now.tables or name not in before.tables:
            yield f"{name} is {'new' if name in now.tables else 'missing'}"
            continue
        moved = _moved(before.tables[name], now.tables[name], now.method.scales[name], least)
        if moved:
            yield f"{name} has {moved:,} groups that a fifth of all sites or more came to or left"


def _moved(before: Table, now: Table, scale: float, least: float) -> int:
    """How many groups moved by more than noise alone moves them.

    A group that only one of the two shows had, in the other, any number below the least shown.
    """
    was, found = 0.0, 0
    means = {row[: before.keys]: row for row in before.rows}
    places = before.place(Role.SITES), before.place(Role.ERROR)
    hidden = min((row[places[0]] for row in before.rows), default=0)
    for row in now.rows:
        old = means.get(row[: now.keys])
        was, error = (hidden, scale) if old is None else (old[places[0]], old[places[1]] / Z95)
        margin = least + DEVIATIONS * math.hypot(scale, error)
        found += abs(row[now.place(Role.WEEK)] - was) > margin
    return found
