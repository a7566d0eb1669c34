"""Paths of pages below the public root. Only a valid name becomes a path."""

from __future__ import annotations

import re

from dropsonde.schema.model import Domain

_TABLE = re.compile(r"[a-z][a-z0-9_]{0,99}")


def module(slug: str) -> str:
    """A module's page.

    Raises:
        ValueError: no module can have that name.
    """
    return f"modules/{_slug(slug)}.html"


def badge(slug: str) -> str:
    """A module's badge.

    Raises:
        ValueError: no module can have that name.
    """
    return f"badges/{_slug(slug)}.svg"


def table(name: str) -> str:
    """A table's page.

    Raises:
        ValueError: no table can have that name.
    """
    if not _TABLE.fullmatch(name):
        raise ValueError(f"{name!r} is no name of a table")
    return f"tables/{name}.html"


def above(path: str) -> str:
    """The relative path from a page to the public root."""
    return "../" * path.count("/")


def _slug(slug: str) -> str:
    if not Domain.FORGE_SLUG.admits(slug):
        raise ValueError(f"{slug!r} is no name of a module")
    return slug
