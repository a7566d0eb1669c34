"""Modules of the same sites, those first that are together more often than chance would have it.

A site with more pairs than ``contributions`` allows counts less for each. With a module of a site
as the unit it counts in full for its modules: so a lift is that of weighed pairs, and on average
too low. With the unit site a site may count less for its modules as well, and a lift says nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from dropsonde.publish.comparable import comparable
from dropsonde.publish.numbers import Number, lift, told

if TYPE_CHECKING:
    from dropsonde.publish.numbers import Numbers

_TABLE = "module_pairs"
_CHANCE = 1


class _Pair(NamedTuple):
    other: str
    sites: float
    error: float
    week_sites: float
    lift: Number | None


class Together:
    """The pairs of the newest week, by module.

    Args:
        newest: its numbers.
    """

    def __init__(self, newest: Numbers) -> None:
        self._pairs: dict[str, list[_Pair]] = {}
        fits = comparable(newest, _TABLE)
        usage = {slug: number for (slug,), number in newest.shown("module_usage")}
        for row in newest.rows(_TABLE):
            one, other, both = row["first"], row["second"], Number(row["sites"], row["error"])
            found = None
            if fits:
                found = lift(both, usage.get(one), usage.get(other), newest.all_sites)
            for each, partner in ((one, other), (other, one)):
                pair = _Pair(partner, *both, row["week_sites"], found)
                self._pairs.setdefault(each, []).append(pair)

    def of(self, slug: str) -> list[dict[str, Any]]:
        """Those of a module: first those whose lift is above 1 by more than its error."""
        return [
            {
                "module": pair.other,
                "sites": pair.sites,
                "error": pair.error,
                "week_sites": pair.week_sites,
                **told("lift", pair.lift),
            }
            for pair in sorted(self._pairs.get(slug, ()), key=_order)
        ]


def _order(pair: _Pair) -> tuple[bool, float, float]:
    """Without a lift, most sites are first."""
    if pair.lift is None:
        return True, 0, -pair.sites
    return pair.lift.value - pair.lift.error <= _CHANCE, -pair.lift.value, -pair.sites
