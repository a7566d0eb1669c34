"""Read the rows of PuppetDB's answers.

Every reader raises :class:`ValueError` for an answer of another shape, without its values.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from dropsonde.site.puppetdb import queries

# The classes that the compiler puts into each catalog; no module can define them.
OF_EVERY_CATALOG = frozenset({"main", "settings"})


@dataclass(frozen=True)
class ClassCount:
    """The number of nodes of an environment that have a class.

    Attributes:
        title: as in catalogs, each segment capitalized: ``Ntp::Config``.
        environment: of the catalog; None for a catalog that has none.
        count: active nodes whose latest catalog holds the class.
    """

    title: str
    environment: str | None
    count: int


class FactCount(NamedTuple):
    """The number of nodes with the values of two facts.

    Attributes:
        first: any value that a fact can have; None for nodes without it.
        second: the same of another fact.
        nodes: active nodes with both.
    """

    first: object
    second: object
    nodes: int


def class_counts(rows: Any) -> list[ClassCount]:
    """Read the counts of classes, but for those of every catalog."""
    counts = (
        ClassCount(
            _field(row, "title", str),
            _field(row, "environment", (str, type(None))),
            _count(row),
        )
        for row in _rows(rows)
    )
    return [count for count in counts if count.title.lower() not in OF_EVERY_CATALOG]


def family_counts(rows: Any) -> list[tuple[str | None, int]]:
    """Read the counts of platforms, sorted by name; None for nodes without a text."""
    counts: dict[str | None, int] = {}
    for row in _rows(rows):
        modern = _field(row, queries.FAMILY, object)
        legacy = _field(row, queries.LEGACY_FAMILY, object)
        family = legacy if modern is None else modern
        known = family if isinstance(family, str) else None
        counts[known] = counts.get(known, 0) + _count(row)
    return sorted(counts.items(), key=lambda item: (item[0] is None, item[0] or ""))


def fact_counts(first: str, second: str) -> Callable[[Any], list[FactCount]]:
    """Make the reader of counts by two facts."""

    def read(rows: Any) -> list[FactCount]:
        return [
            FactCount(_field(row, first, object), _field(row, second, object), _count(row))
            for row in _rows(rows)
        ]

    return read


def _rows(rows: Any) -> list[dict[str, Any]]:
    if isinstance(rows, list) and all(isinstance(row, dict) for row in rows):
        return rows
    raise ValueError("not a list of objects")


def _count(row: dict[str, Any]) -> int:
    count: int = _field(row, "count", int)
    if isinstance(count, bool) or count < 0:
        raise ValueError("not a count")
    return count


def _field(row: dict[str, Any], name: str, kinds: type | tuple[type, ...]) -> Any:
    if name not in row or not isinstance(row[name], kinds):
        raise ValueError("a field is missing or of another type")
    return row[name]
