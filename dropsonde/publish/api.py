"""The static API: documents below ``v1/``, each made from released cells alone.

The pages are made from these documents, so every number of a page is in them.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from dropsonde.publish import paths
from dropsonde.publish.forge import UNKNOWN, Forge
from dropsonde.publish.index import fields, index
from dropsonde.publish.listed import listed
from dropsonde.publish.module import module
from dropsonde.publish.numbers import Numbers
from dropsonde.schema.model import Domain

if TYPE_CHECKING:
    from dropsonde.aggregation.release import Release, Table

    Document = dict[str, Any]

# Path to a description, for people.
DOCUMENTS = {
    "v1/index.json": "weeks, method, how exact numbers are, our own attacks, tables and files",
    "v1/modules.json": "every public module of the newest week: sites, share, changes, unused at",
    "v1/modules/AUTHOR-NAME.json": "a module: trend over weeks, versions, majors, platforms, "
    "systems, agents, classes, modules it is used with and those for the same job, what private "
    "modules require of it",
    "v1/classes.json": "every class of a public module that is shown: sites",
    "v1/systems.json": "operating systems of nodes and of servers, by major release: sites",
    "v1/sites.json": "modules and environments per site, Ruby's methods in Puppetfiles",
    "v1/search.json": "names and shares of all public modules, and the last week of those that "
    "were public, short, for a search as you type",
    "v1/forge.json": "modules of the Forge that no week shows, as too few sites have them",
    "v1/compare.json": "every module that was ever public: sites of each week",
    "v1/tables/TABLE.json": "a table of the newest week as it was released",
}
# The same of files that are made from these, for others' programs.
BADGES = {
    "v1/badges/AUTHOR-NAME.json": "a module's sites, for shields.io to make a badge of",
    "v1/badges/share/AUTHOR-NAME.json": "its share of all sites, likewise",
    "v1/badges/none.json": "the badge of every module that is not shown",
}
_SLUG = re.compile(Domain.FORGE_SLUG.pattern)


def documents(
    releases: Sequence[Release], cells: Collection[str] = (), forge: Forge = UNKNOWN
) -> Iterator[tuple[str, Document]]:
    """Every document with its path below the root.

    Args:
        releases: of each week one, oldest first; at least one. Of all but the newest, the rows of
            the dataset's ``REMEMBERED`` tables are used alone.
        cells: the weeks whose cells are published, too.
        forge: what is known of it.
    """
    weeks = [Numbers(each) for each in releases]
    yield from shared(weeks, cells, forge)
    yield from modules(weeks, forge)


def modules(weeks: Sequence[Numbers], forge: Forge) -> Iterator[tuple[str, Document]]:
    """The document of each module, with its path; they are made one by one."""
    for slug, document in module(weeks, sorted(_slugs(weeks)), forge):
        yield paths.module(slug), document


def shared(
    weeks: Sequence[Numbers], cells: Collection[str], forge: Forge
) -> Iterator[tuple[str, Document]]:
    """All other documents, with their paths."""
    newest = weeks[-1]
    yield "v1/index.json", index(weeks, cells)
    slugs = sorted(_slugs(weeks))
    shown = listed(weeks, forge)
    yield "v1/modules.json", shown
    yield "v1/search.json", _search(weeks, slugs, shown)
    yield "v1/forge.json", _forge(slugs, forge)
    yield "v1/compare.json", _compare(weeks, slugs)
    yield (
        "v1/classes.json",
        {**_head(newest, "class_usage"), "classes": _all(newest, "class_usage")},
    )
    yield "v1/systems.json", _systems(newest)
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


def _table(numbers: Numbers, table: Table) -> Document:
    rows = numbers.rows(table.name)
    return {
        **_head(numbers, table.name),
        "name": table.name,
        "title": table.title,
        "description": table.description,
        "fields": fields(table),
        "rows": [list(row.values()) for row in rows],
    }


def _search(weeks: Sequence[Numbers], slugs: Sequence[str], shown: Document) -> Document:
    newest = weeks[-1]
    return {
        "week": newest.release.week,
        "modules": [[row["module"], row["share"]] for row in shown["modules"]],
        "gone": [
            [slug, _last_week(weeks, slug)]
            for slug in slugs
            if newest.sites("module_usage", slug) is None
        ],
    }


def _forge(slugs: Sequence[str], forge: Forge) -> Document:
    """Names alone, and public ones: no report is looked at."""
    others = {each for each in forge.modules or () if _SLUG.fullmatch(each)}.difference(slugs)
    return {"known": forge.modules is not None, "modules": sorted(others)}


def _last_week(weeks: Sequence[Numbers], slug: str) -> str:
    """The last one in which a module was public."""
    shown = (each for each in reversed(weeks) if each.sites("module_usage", slug) is not None)
    return next(shown).release.week


def _compare(weeks: Sequence[Numbers], slugs: Sequence[str]) -> Document:
    found = {slug: [numbers.sites("module_usage", slug) for numbers in weeks] for slug in slugs}
    return {
        "weeks": [numbers.release.week for numbers in weeks],
        "sites": [numbers.release.sites for numbers in weeks],
        "sites_error": [numbers.release.sites_error for numbers in weeks],
        "modules": {slug: [each and each.value for each in row] for slug, row in found.items()},
        "errors": {slug: [each and each.error for each in row] for slug, row in found.items()},
    }


def _systems(newest: Numbers) -> Document:
    names = ("operating_systems", "server_systems", "servers", "agents")
    return {**_head(newest, *names), **{name: _all(newest, name) for name in names}}


def _sites(newest: Numbers) -> Document:
    names = ("modules_per_site", "environments_per_site")
    lists = {
        name: sorted(_all(newest, name), key=lambda row: next(iter(row.values()))) for name in names
    }
    return {
        **_head(newest, *names, "puppetfile_methods"),
        "sites": newest.release.sites,
        "error": newest.release.sites_error,
        **lists,
        "puppetfile_methods": _all(newest, "puppetfile_methods"),
    }
