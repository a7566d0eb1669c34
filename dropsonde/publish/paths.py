"""The site map: paths below the public root, for writing files and for links to them.

Every function raises ValueError for a name that no module, or no table, can have.
"""

from __future__ import annotations

import re

from dropsonde.schema.model import Domain

LICENCE = "CC-BY-4.0"
LICENCE_URL = "https://creativecommons.org/licenses/by/4.0/"
FORMS = ("csv", "json", "parquet")
HISTORY = "history"

_TABLE = re.compile(r"[a-z][a-z0-9_]{0,99}")


def data(week: str, table: str, form: str) -> str:
    """A table's file; of a week, or of all weeks (:data:`HISTORY`)."""
    return f"data/{week}/{_table(table)}.{form}"


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


def badge(slug: str) -> str:
    """A module's badge."""
    return f"badges/{_slug(slug)}.svg"


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
