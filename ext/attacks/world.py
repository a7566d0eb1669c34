"""A made-up world with a heavy tail: few modules at many sites, many at few.

Rank r of :data:`MODULES` modules is drawn in proportion to r^-0.885. A site draws about 50 times (a
log-normal number, so that some sites have 150 modules), keeps a module for all weeks, mostly has
one version of it, two or three with some chance if it has as many environments, and declares one to
forty of its classes, most often few.
"""

from __future__ import annotations

from functools import cached_property
from itertools import accumulate
from random import Random
from typing import Any

from dropsonde.collector.vocabulary_file import Published

MODULES = 6_351
_TAIL = 0.885
_DRAWS, _SPREAD, _MOST_DRAWS = 3.75, 0.6, 500  # of a log-normal number
_ENVIRONMENTS = (60, 25, 15)  # in 100 sites, that have one, two or three
_OTHER_VERSION = 0.12  # in each further environment
_UNUSED = 0.1
_ON_MORE = 0.7  # of a site's further families
_MORE_CLASSES = 0.68  # of those of a module that a site declares
_FAMILIES, _OFTEN = ("RedHat", "Debian", "windows", "Suse", "FreeBSD"), (8, 7, 3, 1, 1)
_SYSTEMS = {
    "RedHat": (("RedHat", "8"), ("Rocky", "9"), ("CentOS", "7"), ("AlmaLinux", "9")),
    "Debian": (("Ubuntu", "22.04"), ("Debian", "12"), ("Ubuntu", "24.04"), ("Debian", "11")),
    "windows": (("windows", "2019"), ("windows", "2022")),
    "Suse": (("SLES", "15"), ("SLES", "12")),
    "FreeBSD": (("FreeBSD", "14"),),
}
_VERSIONS = ("7.17", "8.6", "8.11")


class World:
    """The published modules, and the sites that have them.

    Args:
        modules: how many are published.
    """

    def __init__(self, modules: int = MODULES) -> None:
        self.slugs = [f"author{rank % 900}-m{rank}" for rank in range(modules)]
        self._popular = list(accumulate((rank + 1) ** -_TAIL for rank in range(modules)))

    @cached_property
    def published(self) -> dict[str, Published]:
        """What was published of each module: popular ones have more releases and more classes."""
        return {
            slug: Published(frozenset(_releases(rank)), frozenset(_classes(rank)))
            for rank, slug in enumerate(self.slugs)
        }

    def columns(self, number: int) -> dict[str, Any]:
        """What a site reports, whatever the week.

        Args:
            number: decides everything about the site.
        """
        chance = Random(number)
        draws = min(_MOST_DRAWS, max(2, int(chance.lognormvariate(_DRAWS, _SPREAD))))
        ranks = sorted(
            set(chance.choices(range(len(self.slugs)), cum_weights=self._popular, k=draws))
        )
        environments = chance.choices((1, 2, 3), _ENVIRONMENTS)[0]
        about = chance.choices((1, 2, 4), (5, 3, 1))[0]
        families = sorted(set(chance.choices(_FAMILIES, _OFTEN, k=about)))
        unused = [rank for rank in ranks if chance.random() < _UNUSED]
        has = {rank: self._versions(rank, environments, chance) for rank in ranks}
        on = [
            (name, family)
            for rank in sorted(set(ranks) - set(unused))
            for name in _declared(rank, chance)
            for family in families
            if family == families[0] or chance.random() < _ON_MORE
        ]
        return {
            "environment_count": environments,
            "modules": [self._row(rank, version) for rank in ranks for version in has[rank]],
            "classes": [{"name": name, "count": 1} for name in sorted({name for name, _ in on})],
            "class_platforms": [
                {"name": name, "platform": family, "count": 1} for name, family in sorted(on)
            ],
            "unused_modules": [
                self._row(rank, version) for rank in unused for version in has[rank]
            ],
            "dependencies": [
                {"name": self.slugs[rank], "version_requirement": f">= {has[rank][0]} < 99.0.0"}
                for rank in ranks[:: chance.randint(3, 12)]
            ],
            **_of_nodes(families, chance),
        }

    def _row(self, rank: int, version: str) -> dict[str, Any]:
        return {"name": f"m{rank}", "slug": self.slugs[rank], "version": version}

    def _versions(self, rank: int, environments: int, chance: Random) -> list[str]:
        every = _releases(rank)
        newer = [1 / (len(every) - place) for place in range(len(every))]
        found = {chance.choices(every, newer)[0]}
        for _ in range(environments - 1):
            if chance.random() < _OTHER_VERSION:
                found.add(chance.choices(every, newer)[0])
        return sorted(found)


def _releases(rank: int) -> list[str]:
    """Oldest first."""
    count = 3 + int(50 / (1 + rank / 150))
    return [f"{1 + place // 6}.{place % 6}.0" for place in range(count)]


def _classes(rank: int) -> list[str]:
    """The module's own class, and others."""
    count = 1 + Random(f"classes {rank}").choices((1, 4, 12, 40), (3, 4, 2, 1))[0]
    return [f"m{rank}", *(f"m{rank}::c{place}" for place in range(count - 1))]


def _declared(rank: int, chance: Random) -> list[str]:
    """The first class, and each next one with the same chance."""
    every, count = _classes(rank), 1
    while count < len(every) and chance.random() < _MORE_CLASSES:
        count += 1
    return every[:count]


def _of_nodes(families: list[str], chance: Random) -> dict[str, Any]:
    """What the site says of its server and its nodes."""
    systems = {system for each in families for system in chance.choices(_SYSTEMS[each], k=2)}
    name, release = chance.choice(sorted(systems))
    newest = chance.randrange(len(_VERSIONS))
    return {
        "operating_systems": [
            {"name": name, "release": release, "count": 1} for name, release in sorted(systems)
        ],
        "servers": [
            {
                "implementation": "puppet",
                "version": _VERSIONS[newest],
                "os": name,
                "release": release,
            }
        ],
        "agents": [
            {"implementation": "puppet", "version": version, "count": 1}
            for version in _VERSIONS[max(0, newest - 1) : newest + 1]
        ],
    }
