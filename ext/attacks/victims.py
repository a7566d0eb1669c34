"""Victims that move the numbers as far as bounds allow: no attack is weak for want of one."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from dropsonde.collector.vocabulary_file import Published
from dropsonde.schema.vocabulary.os_releases import systems
from dropsonde.schema.vocabulary.puppet_versions import known_minor_versions
from dropsonde.schema.vocabulary.ruby_methods import ruby_methods

MODULES = 150
CLASSES = 10  # of a module
FAMILIES = ("Debian", "RedHat", "Suse")
_MAJORS = ("1.0.0", "2.0.0")
_PAIRED = 21  # modules of a site, whose pairs count in full


class Victim(NamedTuple):
    """A unit, and what all else there is reports with it.

    Attributes:
        whole: the site's report with the unit.
        without: the same without it; None if there is none.
        slugs: of all its modules.
    """

    whole: Mapping[str, Any]
    without: Mapping[str, Any] | None
    slugs: Sequence[str]


def published(count: int = MODULES) -> dict[str, Published]:
    """What was published of each of so many modules."""
    return {
        slug(at): Published(
            frozenset(f"{major}.0.0" for major in range(1, 6)), frozenset(_classes(at))
        )
        for at in range(count)
    }


def module() -> Victim:
    """A module with everything that can hang on one."""
    plain = {**own(4), **modules(range(1, _PAIRED))}
    rich = rich_modules([0])
    whole = {**plain, **rich, "modules": [*rich["modules"], *plain["modules"]]}
    return Victim(whole, plain, [slug(at) for at in range(_PAIRED)])


def rest() -> Victim:
    """All that a site says of itself, beside ten modules."""
    plain = modules(range(10))
    return Victim({**plain, **own(10)}, plain, [slug(at) for at in range(10)])


def site(count: int) -> Victim:
    """A whole site: so many modules, with what hangs on them, and what it says of itself."""
    whole = {**own(10), **rich_modules(range(count), classes=2, versions=1)}
    return Victim(whole, None, [slug(at) for at in range(count)])


def modules(numbers: Iterable[int]) -> dict[str, Any]:
    """The columns of modules on which nothing hangs."""
    return {"modules": [_row(at, _MAJORS[0]) for at in numbers]}


def rich_modules(
    numbers: Collection[int], classes: int = CLASSES, versions: int = len(_MAJORS)
) -> dict[str, Any]:
    """The columns of modules with classes on platforms; they also lie unused, and are needed."""
    rows = [_row(at, version) for at in numbers for version in _MAJORS[:versions]]
    names = sorted(name for at in numbers for name in _classes(at)[:classes])
    return {
        "modules": rows,
        "unused_modules": rows,
        "classes": [{"name": name, "count": 1} for name in names],
        "class_platforms": [
            {"name": name, "platform": family, "count": 1} for name in names for family in FAMILIES
        ],
        "dependencies": [
            {"name": slug(at), "version_requirement": ">= 1.0.0 < 6.0.0"} for at in numbers
        ],
    }


def own(count: int) -> dict[str, Any]:
    """What a site says of itself, with so many systems and agents, of all major versions."""
    found = [each for each in systems() if each[1] is not None][:count]
    versions = sorted(known_minor_versions(), key=lambda each: each.partition(".")[2])[:count]
    return {
        "environment_count": 3,
        "operating_systems": [
            {"name": name, "release": release, "count": 1} for name, release in found
        ],
        "servers": [
            {
                "implementation": "puppet",
                "version": versions[0],
                "os": found[0][0],
                "release": found[0][1],
            }
        ],
        "agents": [
            {"implementation": "puppet", "version": version, "count": 1} for version in versions
        ],
        "puppetfile_ruby_methods": [
            {"name": name, "count": 1} for name in sorted(ruby_methods())[:4]
        ],
    }


def slug(at: int) -> str:
    """A module's author and name."""
    return f"made-m{at:04}"


def _row(at: int, version: str) -> dict[str, Any]:
    return {"name": f"m{at:04}", "slug": slug(at), "version": version}


def _classes(at: int) -> list[str]:
    return [f"m{at:04}", *(f"m{at:04}::c{number}" for number in range(CLASSES - 1))]
