"""What the newest week tells of a module's parts: versions, platforms, classes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dropsonde.publish.comparable import comparable
from dropsonde.publish.numbers import Number, told
from dropsonde.publish.numbers import share as share_of

if TYPE_CHECKING:
    from dropsonde.publish.numbers import Numbers, Row

_SITES = ("sites", "error", "week_sites")
# Name in the document to the table, its keys beside the module, and whether rows are some of the
# module's own sites: what private modules require is of any site.
_PARTS = {
    "majors": ("module_majors", "module", ("major",), True),
    "versions": ("module_versions", "module", ("version",), True),
    "platforms": ("module_platforms", "module", ("platform",), True),
    "systems": ("module_systems", "module", ("os", "release"), True),
    "agents": ("module_agents", "module", ("agent", "major"), True),
    "classes": ("class_usage", "module", ("class",), True),
    "requirements": ("private_dependencies", "dependency", ("major",), False),
}
_OTHERS = ("module_usage", "module_pairs", "unused_modules")


class Parts:
    """The newest week's tables, each by the module that its rows are about.

    Args:
        newest: its numbers.

    Attributes:
        precision: how exact the tables are.
    """

    def __init__(self, newest: Numbers) -> None:
        tables = [table for table, *_ in _PARTS.values()]
        self.precision = newest.precision_of(*_OTHERS, *tables)
        self._rows = {name: newest.grouped(*each[:2]) for name, each in _PARTS.items()}
        self._comparable = {table for table in (*_OTHERS, *tables) if comparable(newest, table)}

    def of(self, slug: str, sites: Number | None) -> dict[str, list[dict[str, Any]]]:
        """A module's parts.

        Args:
            slug: of the module.
            sites: that have it.
        """
        return {name: self._some(name, slug, sites) for name in _PARTS}

    def share(self, table: str, part: Number | None, sites: Number | None) -> Number | None:
        """A part's share of its module's sites; None where the two cannot be compared."""
        return share_of(part, sites) if table in self._comparable else None

    def _some(self, name: str, slug: str, sites: Number | None) -> list[dict[str, Any]]:
        table, _, keys, own = _PARTS[name]
        return [
            {**_part(row, *keys), **(self._share(table, row, sites) if own else {})}
            for row in self._rows[name].get(slug, ())
        ]

    def _share(self, table: str, row: Row, sites: Number | None) -> dict[str, float | None]:
        return told("share", self.share(table, Number(row["sites"], row["error"]), sites))


def _part(row: Row, *fields: str) -> dict[str, Any]:
    return {field: row[field] for field in (*fields, *_SITES)}
