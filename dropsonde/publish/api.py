"""The static API: documents below ``v1/``, each made from released cells alone.

The pages are made from these documents, so every number of a page is in them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from importlib import resources
from typing import TYPE_CHECKING, Any

from dropsonde.publish import paths
from dropsonde.publish.module import module
from dropsonde.publish.numbers import Numbers, change
from dropsonde.schema.model import Domain

if TYPE_CHECKING:
    from dropsonde.aggregation.release import Release, Table

    Document = dict[str, Any]

# Path to a description, for people.
DOCUMENTS = {
    "v1/index.json": "weeks, method, how exact numbers are, our own attacks, tables and files",
    "v1/modules.json": "every public module of the newest week: sites, change, unused at",
    "v1/modules/AUTHOR-NAME.json": "a module: trend over weeks, versions, majors, platforms, "
    "classes, modules it is used with, what private modules require of it",
    "v1/classes.json": "every public class: sites, nodes",
    "v1/platforms.json": "every platform: sites of its most used class, public classes",
    "v1/sites.json": "modules and environments per site, Ruby's methods in Puppetfiles",
    "v1/search.json": "names and sites of all public modules, short, for a search as you type",
    "v1/compare.json": "every module that was ever public: sites of each week",
    "v1/tables/TABLE.json": "a table of the newest week as it was released",
}
_SLUG = re.compile(Domain.FORGE_SLUG.pattern)


def documents(releases: Sequence[Release]) -> Iterator[tuple[str, Document]]:
    """Every document with its path below the root.

    Args:
        releases: the newest of each week, oldest first; at least one.
    """
    weeks = [Numbers(each) for each in releases]
    newest, before = weeks[-1], weeks[-2] if len(weeks) > 1 else None
    slugs = sorted(_slugs(weeks))
    yield "v1/index.json", _index(weeks)
    modules = _modules(newest, before)
    yield "v1/modules.json", modules
    yield (
        "v1/search.json",
        {
            "week": newest.release.week,
            "modules": [[each["module"], each["sites"]] for each in modules["modules"]],
        },
    )
    yield "v1/compare.json", _compare(weeks, slugs)
    for slug, document in module(weeks, slugs):
        yield paths.module(slug), document
    yield (
        "v1/classes.json",
        {**_head(newest, "class_usage"), "classes": _all(newest, "class_usage")},
    )
    yield "v1/platforms.json", _platforms(newest)
    yield "v1/sites.json", _sites(newest)
    for name, table in sorted(newest.release.tables.items()):
        yield paths.table(name), _table(newest, table)


def _slugs(weeks: Sequence[Numbers]) -> set[str]:
    """Every module that any week names; only a valid slug becomes a path."""
    found = {row["module"] for week in weeks for row in week.rows("module_usage")}
    return {slug for slug in found if isinstance(slug, str) and _SLUG.fullmatch(slug)}


def _head(numbers: Numbers, *tables: str) -> Document:
    return {"week": numbers.release.week, "precision": numbers.precision_of(*tables)}


def _all(numbers: Numbers, table: str) -> list[Document]:
    return [dict(row) for row in numbers.rows(table)]


def _index(weeks: Sequence[Numbers]) -> Document:
    """The index: weeks, method, tables and their files."""
    newest = weeks[-1].release
    method = newest.method
    return {
        "newest": newest.week,
        "k": method.k,
        "licence": paths.LICENCE,
        "weeks": [
            {
                "week": numbers.release.week,
                "sites": numbers.release.sites,
                "released": f"{numbers.release.made:%Y-%m-%d}",
                "number": numbers.release.number,
            }
            for numbers in weeks
        ],
        "method": {
            "contributions": dict(method.contributions),
            "epsilon": method.epsilon,
            "delta": method.delta,
            "year_epsilon": method.year_epsilon,
            "year_delta": method.year_delta,
            "scales": dict(method.scales),
            "thresholds": dict(method.thresholds),
            "steps": dict(method.steps),
        },
        "precision": weeks[-1].precision,
        "attacks": _attacks(),
        "tables": [
            {
                "name": name,
                "title": table.title,
                "description": table.description,
                "rows": len(table.rows),
                "suppressed": table.suppressed,
                "fields": _fields(table),
                "files": {form: paths.data(newest.week, name, form) for form in paths.FORMS},
                "history": {form: paths.data(paths.HISTORY, name, form) for form in paths.FORMS},
            }
            for name, table in sorted(newest.tables.items())
        ],
    }


def _attacks() -> list[Document]:
    """Results of our own attacks on made-up weeks, as ``ext/attack`` wrote them."""
    text = resources.files(__package__).joinpath("attacks.json").read_text("utf-8")
    found: list[Document] = json.loads(text)
    return found


def _fields(table: Table) -> list[Document]:
    return [
        {
            "name": field.name,
            "type": field.type.value,
            "role": field.role.value,
            "description": field.description,
        }
        for field in table.fields
    ]


def _table(numbers: Numbers, table: Table) -> Document:
    rows = numbers.rows(table.name)
    return {
        **_head(numbers, table.name),
        "name": table.name,
        "title": table.title,
        "description": table.description,
        "fields": _fields(table),
        "suppressed": table.suppressed,
        "rows": [list(row.values()) for row in rows],
    }


def _modules(newest: Numbers, before: Numbers | None) -> Document:
    was = (
        {}
        if before is None
        else {row["module"]: row["sites"] for row in before.rows("module_usage")}
    )
    return {
        **_head(newest, "module_usage", "unused_modules"),
        "since": before and before.release.week,
        "sites": newest.release.sites,
        "modules": [
            {
                "module": row["module"],
                "sites": row["sites"],
                "change": change(was.get(row["module"]), row["sites"]),
                "unused": newest.sites("unused_modules", row["module"]),
            }
            for row in newest.rows("module_usage")
        ],
    }


def _compare(weeks: Sequence[Numbers], slugs: Sequence[str]) -> Document:
    return {
        "weeks": [numbers.release.week for numbers in weeks],
        "sites": [numbers.release.sites for numbers in weeks],
        "precision": [numbers.precision_of("module_usage") for numbers in weeks],
        "modules": {
            slug: [numbers.sites("module_usage", slug) for numbers in weeks] for slug in slugs
        },
    }


def _platforms(newest: Numbers) -> Document:
    """A platform has at least the sites of its most used class."""
    found = newest.grouped("class_platforms", "platform")
    return {
        **_head(newest, "class_platforms"),
        "platforms": [
            {"platform": platform, "sites": rows[0]["sites"], "classes": len(rows)}
            for platform, rows in found.items()
        ],
    }


def _sites(newest: Numbers) -> Document:
    names = ("modules_per_site", "environments_per_site")
    lists = {
        name: sorted(_all(newest, name), key=lambda row: next(iter(row.values()))) for name in names
    }
    return {
        **_head(newest, *names, "puppetfile_methods"),
        "sites": newest.release.sites,
        **lists,
        "puppetfile_methods": _all(newest, "puppetfile_methods"),
    }
