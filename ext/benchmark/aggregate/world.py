"""Made-up reports whose lists are as long and as varied as those of real sites.

Few of the modules are at many sites and many at few (Zipf's law). Some modules share a name, some
sites have two releases of a module, and few sites use many classes of one.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import accumulate
from random import Random
from typing import Any

from dropsonde.collector.row import Row
from dropsonde.collector.vocabulary_file import Published
from dropsonde.schema.model import FORMAT_VERSION, PRODUCT

MODULES, NAMES = 6_351, 5_600
MOST, MOST_CLASSES = 6_000, 3  # modules of a hostile report, and classes of each of them
_POPULAR = list(accumulate(1 / (place + 10) for place in range(MODULES)))
_PLATFORMS = {
    "RedHat": (("RedHat", "8"), ("RedHat", "9"), ("Rocky", "9")),
    "Debian": (("Debian", "12"), ("Ubuntu", "22.04"), ("Ubuntu", "24.04")),
    "windows": (("windows", "2019"), ("windows", "2022")),
    "Suse": (("SLES", "12"), ("SLES", "15")),
}
_OFTEN = (6, 5, 2, 1)  # weights of the platforms
_METHODS = ("puts", "each", "key?", "join", "warn", "map", "first", "require")
# Of all sites, those that use modules with all their classes; and of all modules, or more:
_MANY = 0.01
_UNUSED, _TWICE, _ON_PLATFORM = 0.1, 0.08, 0.8


@dataclass(frozen=True)
class Module:
    """A made-up module; releases are oldest first."""

    name: str
    slug: str
    releases: tuple[str, ...]
    classes: tuple[str, ...]


def _module(place: int) -> Module:
    rng = Random(place)
    name = f"module{place % NAMES}"
    majors = range(1, 2 + rng.randrange(9))
    parts = min(1 + int(rng.paretovariate(0.9)), 120)
    return Module(
        name,
        f"author{place % 900}-{name}",
        tuple(f"{major}.{minor}.0" for major in majors for minor in range(rng.randint(1, 4))),
        (name, *(f"{name}::part{part}" for part in range(1, parts))),
    )


_EVERY = [_module(place) for place in range(MODULES)]


def published() -> dict[str, Published]:
    """What was published of each module."""
    return {
        each.slug: Published(frozenset(each.releases), frozenset(each.classes)) for each in _EVERY
    }


def reports(rng: Random, sites: int, when: datetime) -> Iterator[Row]:
    """One report of each of some sites."""
    for _ in range(sites):
        yield Row(
            message_id=str(uuid.UUID(int=rng.getrandbits(128), version=4)),
            site_id=rng.randbytes(64),
            product=PRODUCT,
            version=FORMAT_VERSION,
            timestamp=when,
            columns={**_of_modules(rng), **_of_site(rng)},
        )


def hostile(rng: Random, sites: int, when: datetime) -> Iterator[Row]:
    """Reports of somebody who wants the queries to take long: as much as intake takes of a site."""
    most = _EVERY[:MOST]
    declared = [
        (name, family)
        for each in most
        for name in each.classes[:MOST_CLASSES]
        for family in _PLATFORMS
    ]
    columns = {
        **_of_site(rng),
        "modules": _rows(
            "name slug version", [(each.name, each.slug, each.releases[0]) for each in most]
        ),
        "classes": _rows("name count", [(name, 1) for name, _ in declared]),
        "class_platforms": _rows("name platform count", [(*each, 1) for each in declared]),
        "operating_systems": _rows(
            "name release count", [("Debian", str(release), 1) for release in range(1, 41)]
        ),
    }
    for row in reports(rng, sites, when):
        yield replace(row, columns={**row.columns, **columns})


def _of_modules(rng: Random) -> dict[str, Any]:
    number = min(int(rng.lognormvariate(3.6, 0.6)) + 1, 500)
    chosen = set(rng.choices(range(MODULES), cum_weights=_POPULAR, k=number))
    mine = [_EVERY[place] for place in chosen]
    unused = [each for each in mine if rng.random() < _UNUSED]
    families = set(rng.choices(list(_PLATFORMS), _OFTEN, k=rng.randint(1, 3)))
    many = rng.random() < _MANY
    declared = [
        (name, platform)
        for each in mine
        if each not in unused
        for name in rng.sample(each.classes, k=min(_classes(rng, many), len(each.classes)))
        for platform in families
        if rng.random() < _ON_PLATFORM
    ]
    private = rng.sample(mine, k=min(rng.choice((0, 0, 3, 12)), len(mine)))
    return {
        "modules": _rows(
            "name slug version", [row for each in mine for row in _installed(rng, each)]
        ),
        "unused_modules": _rows(
            "name slug version", [row for each in unused for row in _installed(rng, each)]
        ),
        "classes": _rows("name count", [(name, 1) for name, _ in declared]),
        "class_platforms": _rows("name platform count", [(*each, 1) for each in declared]),
        "dependencies": _rows(
            "name version_requirement",
            [
                (each.slug, f">= {rng.randint(1, 4)}.0.0 < {rng.randint(5, 12)}.0.0")
                for each in private
            ],
        ),
    }


def _classes(rng: Random, many: bool) -> int:
    return 200 if many else 1 + int(rng.expovariate(0.28))


def _installed(rng: Random, module: Module) -> list[tuple[str, str, str]]:
    """Mostly one release, and a late one more often."""
    latest = len(module.releases) - 1
    some = {max(latest - int(rng.expovariate(0.5)), 0) for _ in range(1 + (rng.random() < _TWICE))}
    return [(module.name, module.slug, module.releases[place]) for place in some]


def _of_site(rng: Random) -> dict[str, Any]:
    systems = [each for every in _PLATFORMS.values() for each in every]
    mine = rng.choices(systems, k=rng.randint(1, 5))
    agents = rng.choices([f"8.{minor}" for minor in range(1, 24)], k=rng.randint(1, 3))
    return {
        "environment_count": 1 + int(rng.expovariate(0.4)),
        "operating_systems": _rows("name release count", [(*each, 1) for each in mine]),
        "servers": _rows(
            "implementation version os release", [("openvox", f"8.{rng.randint(4, 12)}", *mine[0])]
        ),
        "agents": _rows("implementation version count", [("openvox", each, 1) for each in agents]),
        "puppetfile_ruby_methods": _rows(
            "name count", [(each, 1) for each in rng.sample(_METHODS, k=rng.randrange(5))]
        ),
    }


def _rows(fields: str, values: list[tuple[Any, ...]]) -> list[dict[str, Any]]:
    """Rows as intake stores them: sorted, and each once."""
    return [dict(zip(fields.split(), each, strict=True)) for each in sorted(set(values))]
