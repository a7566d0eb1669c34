"""The site map: paths below the public root, for writing files and for links to them.

Every function raises ValueError for a name that no module, or no table, can have.
"""

from __future__ import annotations

import re

from dropsonde.schema.model import Domain

LICENCE = "CC-BY-4.0"
LICENCE_URL = "https://creativecommons.org/licenses/by/4.0/"
FORMS = ("csv", "parquet")
_ENDINGS = {"csv": "csv.gz", "parquet": "parquet"}
HISTORY = "history"
LATEST = "latest"
CHANGES = "data/CHANGES.md"
# Many rows a module: their history as CSV would be the largest files of all.
_LARGE = frozenset({
    "class_usage", "module_agents", "module_majors", "module_pairs", "module_platforms",
    "module_systems", "module_versions",
})  # fmt: skip

OPENAPI = "v1/openapi.json"
# Of every module that is not shown. No module can have the name: it has no author.
NO_BADGE, NO_ENDPOINT = "badges/none.svg", "v1/badges/none.json"

WEEKS_FEED, RISING_FEED = "feeds/weeks.xml", "feeds/rising.xml"
NOT_FOUND, ROBOTS, SITEMAP = "404.html", "robots.txt", "sitemap.xml"
CARD = "assets/card.png"  # the picture of a link to a page

_PLACES = {"sites": "", "share": "share/"}  # below the badges
MEASURES = tuple(_PLACES)

_TABLE = re.compile(r"[a-z][a-z0-9_]{0,99}")
TABLE = f"^{_TABLE.pattern}$"


def data(week: str, table: str, form: str) -> str:
    """A table's file; of a week, or of all weeks (:data:`HISTORY`)."""
    return f"data/{week}/{_table(table)}.{_ENDINGS[form]}"


def history_forms(table: str) -> tuple[str, ...]:
    """The forms of a table's history: of a large one Parquet alone."""
    return ("parquet",) if table in _LARGE else FORMS


def files(week: str, name: str) -> dict[str, str]:
    """The files of a table in the newest week, by form; in JSON, that is its document."""
    found = {form: data(week, name, form) for form in FORMS}
    return {"csv": found["csv"], "json": table(name), "parquet": found["parquet"]}


def package(week: str) -> str:
    """The description of a directory of the dataset."""
    return f"data/{week}/datapackage.json"


def cells(week: str) -> str:
    """A week's cells; the file's name is one that no table can have."""
    return f"data/{week}/{week}.cells.parquet"


def module(slug: str) -> str:
    """A module's document."""
    return f"v1/modules/{_slug(slug)}.json"


def table(name: str) -> str:
    """A table's document."""
    return f"v1/tables/{_table(name)}.json"


def module_page(slug: str) -> str:
    """A module's page."""
    return f"modules/{_slug(slug)}.html"


def badge(slug: str, measure: str = "sites") -> str:
    """A module's badge, with one of :data:`MEASURES`."""
    return f"badges/{_PLACES[measure]}{_slug(slug)}.svg"


def endpoint(slug: str, measure: str = "sites") -> str:
    """The same as a document for shields.io."""
    return f"v1/badges/{_PLACES[measure]}{_slug(slug)}.json"


def embed(slug: str) -> str:
    """A picture of a module's share over weeks, for others' pages."""
    return f"embed/{_slug(slug)}.svg"


def modules_page(part: int) -> str:
    """A part of the table of all modules; the first is 1."""
    return "modules.html" if part == 1 else f"modules-{part}.html"


def module_feed(slug: str) -> str:
    """A module's feed."""
    return f"feeds/modules/{_slug(slug)}.xml"


def canonical(path: str) -> str:
    """A page's one address below the root: that of the first page is the root's own."""
    return "" if path == "index.html" else path


def table_page(name: str) -> str:
    """A table's page."""
    return f"tables/{_table(name)}.html"


def above(path: str) -> str:
    """The relative path from a page to the public root."""
    return "../" * path.count("/")


def _slug(slug: str) -> str:
    if not Domain.FORGE_SLUG.admits(slug):
        raise ValueError(f"{slug!r} is no name of a module")
    return slug


def _table(name: str) -> str:
    if not _TABLE.fullmatch(name):
        raise ValueError(f"{name!r} is no name of a table")
    return name
