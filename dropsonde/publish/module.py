"""The public document of each module."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from dropsonde.aggregation.privacy.unit import Unit
from dropsonde.publish.numbers import Number, change, share, told

if TYPE_CHECKING:
    from dropsonde.publish.numbers import Numbers, Row

_TABLES = (
    "module_usage",
    "module_versions",
    "module_majors",
    "module_pairs",
    "unused_modules",
    "class_usage",
    "module_platforms",
    "module_systems",
    "private_dependencies",
)
_SITES = ("sites", "error", "week_sites")


class _Parts:
    """The newest week's tables, each by the module that its rows are about."""

    def __init__(self, newest: Numbers) -> None:
        self.precision = newest.precision_of(*_TABLES)
        self.versions = newest.grouped("module_versions", "module")
        self.majors = newest.grouped("module_majors", "module")
        self.requirements = newest.grouped("private_dependencies", "dependency")
        self.classes = newest.grouped("class_usage", "module")
        self.platforms = newest.grouped("module_platforms", "module")
        self.systems = newest.grouped("module_systems", "module")
        self.together: dict[str, list[Row]] = {}
        for row in newest.rows("module_pairs"):
            for one, other in ((row["first"], row["second"]), (row["second"], row["first"])):
                self.together.setdefault(one, []).append({**row, "module": other})


def module(weeks: Sequence[Numbers], slugs: Iterable[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each module's document.

    Args:
        weeks: oldest first.
        slugs: the modules.
    """
    parts = _Parts(weeks[-1])
    for slug in slugs:
        yield slug, _document(slug, weeks, parts)


def earlier(weeks: Sequence[Numbers]) -> Numbers | None:
    """The release that the newest one is compared with; None if there is none.

    It is the last one whose mean has no week in common with the newest, else the first one.
    """
    apart = weeks[-1].release.method.weeks
    return weeks[max(len(weeks) - 1 - apart, 0)] if len(weeks) > 1 else None


def _document(slug: str, weeks: Sequence[Numbers], parts: _Parts) -> dict[str, Any]:
    newest, before = weeks[-1], earlier(weeks)
    sites = newest.sites("module_usage", slug)
    was = None if before is None else before.sites("module_usage", slug)
    return {
        "module": slug,
        "week": newest.release.week,
        "since": before and before.release.week,
        "precision": parts.precision,
        **_of(newest.row("module_usage", slug)),
        **told("share", share(sites, newest.all_sites)),
        **told("change", change(was, sites)),
        **told("unused", newest.sites("unused_modules", slug)),
        "trend": [_point(numbers, slug) for numbers in weeks],
        "majors": _some(parts.majors.get(slug, ()), "major"),
        "versions": _some(parts.versions.get(slug, ()), "version"),
        "platforms": _some(parts.platforms.get(slug, ()), "platform"),
        "systems": _some(parts.systems.get(slug, ()), "os", "release"),
        "classes": [
            {**_part(row, "class"), **told("share", _share_of_module(row, sites, newest))}
            for row in parts.classes.get(slug, ())
        ],
        "together": _some(parts.together.get(slug, ()), "module"),
        "requirements": _some(parts.requirements.get(slug, ()), "major"),
    }


def _point(numbers: Numbers, slug: str) -> dict[str, Any]:
    """A week of a module's trend."""
    return {
        "week": numbers.release.week,
        **_of(numbers.row("module_usage", slug)),
        "week_error": numbers.precision.get("module_usage", {}).get("week_error"),
        "of": numbers.release.sites,
        "of_error": numbers.release.sites_error,
    }


def _share_of_module(row: Row, sites: Number | None, newest: Numbers) -> Number | None:
    """A class's share of its module's sites.

    With the unit site, a site of many modules counts less for each, but as much for a class as any
    other. So only a module of a site as the unit makes the two comparable.
    """
    if newest.release.method.unit != Unit.MODULE.value:
        return None
    return share(Number(row["sites"], row["error"]), sites)


def _of(row: Row | None) -> dict[str, Any]:
    return {name: None if row is None else row[name] for name in _SITES}


def _part(row: Row, *fields: str) -> dict[str, Any]:
    return {field: row[field] for field in (*fields, *_SITES)}


def _some(rows: Iterable[Row], *fields: str) -> list[dict[str, Any]]:
    return [_part(row, *fields) for row in rows]
