"""Made-up weeks: sites, their reports, and the exact tables of these."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from dropsonde.aggregation.privacy.counted import Counted
from dropsonde.aggregation.release import Field, Role, Table
from dropsonde.schema.model import Type

if TYPE_CHECKING:
    Site = frozenset[tuple[str, str]]  # (module, version), one version of each module

BOUND = 100  # groups of a table that a site may add to; no site here has more
POOL = 150  # modules
VERSIONS = ("1.0.0", "1.1.0", "2.0.0", "2.0.1", "3.0.0")
_KEYS = {"modules": ("module",), "majors": ("module", "major"), "versions": ("module", "version")}
_POPULAR = list(accumulate(1 / (1 + rank) ** 0.7 for rank in range(POOL)))
_NEWER = list(accumulate((5, 4, 3, 2, 1)))


@dataclass(frozen=True)
class World:
    """A week in which a site may or may not have reported.

    Attributes:
        others: all other sites, which the attacker knows.
        target: what the one site would have reported, which the attacker also knows.
    """

    others: Sequence[Site]
    target: Site

    def counted(self, *, member: bool) -> list[Counted]:
        """The exact tables."""
        return tables([*self.others, self.target] if member else self.others)

    def sites(self, *, member: bool) -> int:
        """How many sites reported."""
        return len(self.others) + member


def world(chance: random.Random, sites: int) -> World:
    """Make a random week of about that many sites, with the target."""
    made = [_site(chance) for _ in range(chance.randint(sites * 3 // 4, sites * 5 // 4))]
    return World(made[1:], made[0])


def tables(sites: Iterable[Site]) -> list[Counted]:
    """Count modules, major versions and versions."""
    counts: dict[str, Counter[tuple[Any, ...]]] = {name: Counter() for name in _KEYS}
    for site in sites:
        counts["modules"].update((module,) for module, _ in site)
        counts["majors"].update({(module, version[0]) for module, version in site})
        counts["versions"].update(site)
    return [_counted(name, found) for name, found in counts.items()]


def _counted(name: str, counts: Counter[tuple[Any, ...]]) -> Counted:
    fields = (
        *(Field(key, Type.STRING, Role.KEY) for key in _KEYS[name]),
        Field("sites", Type.INTEGER, Role.SITES),
    )
    rows = tuple((*keys, sites) for keys, sites in counts.items())
    return Counted(Table(name, name, "", fields, ()).with_rows(rows), BOUND)


def _site(chance: random.Random) -> Site:
    chosen = set(chance.choices(range(POOL), cum_weights=_POPULAR, k=chance.randint(5, 60)))
    return frozenset((f"m{at}", chance.choices(VERSIONS, cum_weights=_NEWER)[0]) for at in chosen)
