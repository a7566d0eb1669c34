"""Paths below the public root, for writing files and for linking to them."""

from __future__ import annotations

LICENCE = "CC-BY-4.0"
LICENCE_URL = "https://creativecommons.org/licenses/by/4.0/"
FORMS = ("csv", "json", "parquet")
HISTORY = "history"


def data(week: str, table: str, form: str) -> str:
    """A table's file; of a week, or of all weeks (:data:`HISTORY`)."""
    return f"data/{week}/{table}.{form}"


def module(slug: str) -> str:
    """A module's document."""
    return f"v1/modules/{slug}.json"


def table(name: str) -> str:
    """A table's document."""
    return f"v1/tables/{name}.json"
