"""The public document of each module."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from dropsonde.publish.numbers import change, share

if TYPE_CHECKING:
    from dropsonde.publish.numbers import Numbers, Row

_TABLES = (
    "module_usage",
    "module_versions",
    "module_majors",
    "module_pairs",
    "unused_modules",
    "class_usage",
    "class_platforms",
    "private_dependencies",
)


class _Parts:
    """The newest week's tables, each by the module that its rows are about."""

    def __init__(self, newest: Numbers) -> None:
        self.precision = newest.precision_of(*_TABLES)
        self.versions = newest.grouped("module_versions", "module")
        self.majors = newest.grouped("module_majors", "module")
        self.requirements = newest.grouped("private_dependencies", "dependency")
        # A class names its module without the author: modules of one name share their classes.
        self.classes = _by_first_segment(newest.rows("class_usage"))
        self.platforms = _by_first_segment(newest.rows("class_platforms"))
        self.together: dict[str, list[tuple[str, int]]] = {}
        for row in newest.rows("module_pairs"):
            for one, other in ((row["first"], row["second"]), (row["second"], row["first"])):
                self.together.setdefault(one, []).append((other, row["sites"]))


def module(weeks: Sequence[Numbers], slugs: Iterable[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each module's document.

    Args:
        weeks: oldest first.
        slugs: the modules.
    """
    parts = _Parts(weeks[-1])
    for slug in slugs:
        yield slug, _document(slug, weeks, parts)


def _document(slug: str, weeks: Sequence[Numbers], parts: _Parts) -> dict[str, Any]:
    newest = weeks[-1]
    trend = [numbers.sites("module_usage", slug) for numbers in weeks]
    sites = trend[-1]
    name = slug.partition("-")[2]
    return {
        "module": slug,
        "week": newest.release.week,
        "precision": parts.precision,
        "sites": sites,
        "share": share(sites, newest.release.sites),
        "change": change(trend[-2], sites) if len(trend) > 1 else None,
        "unused": newest.sites("unused_modules", slug),
        "trend": [
            {
                "week": numbers.release.week,
                "sites": found,
                "of": numbers.release.sites,
                "precision": numbers.precision.get("module_usage"),
            }
            for numbers, found in zip(weeks, trend, strict=True)
        ],
        "majors": _told(parts.majors.get(slug, ()), "major", "sites"),
        "versions": _told(parts.versions.get(slug, ()), "version", "sites"),
        "platforms": _platforms(parts.platforms.get(name, ())),
        "classes": [
            {
                **{field: row[field] for field in ("class", "sites", "nodes")},
                "share": share(row["sites"], sites),
            }
            for row in parts.classes.get(name, ())
        ],
        "together": [
            {"module": other, "sites": both, "share": share(both, sites)}
            for other, both in parts.together.get(slug, ())
        ],
        "requirements": _told(parts.requirements.get(slug, ()), "requirement", "sites"),
    }


def _platforms(rows: Iterable[Row]) -> list[dict[str, Any]]:
    """A module has on a platform at least the sites of its most used class there."""
    found: dict[str, int] = {}
    for row in rows:
        found.setdefault(row["platform"], row["sites"])
    return [{"platform": platform, "sites": sites} for platform, sites in found.items()]


def _told(rows: Iterable[Row], *fields: str) -> list[dict[str, Any]]:
    return [{field: row[field] for field in fields} for row in rows]


def _by_first_segment(rows: Iterable[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row["class"].partition("::")[0], []).append(row)
    return found
