"""Look up released numbers.

Nothing here counts. A number is a released cell or one of two derivations, which the documents of
the API name: a share (one cell over another) and a change (one cell less the same of the week
before). Where either cell is missing, so is the number.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from dropsonde.aggregation.release import ALL, Z95, Role

if TYPE_CHECKING:
    from dropsonde.aggregation.release import Release, Table

    Row = Mapping[str, Any]

_DIGITS = 3  # of a share


class Numbers:
    """The numbers of one release.

    Args:
        release: the week's.
    """

    def __init__(self, release: Release) -> None:
        self.release = release
        self._sites: dict[str, dict[tuple[Any, ...], int]] = {}

    def rows(self, table: str) -> Iterator[Row]:
        """A table's rows, most sites first, then by keys; none if there is no such table."""
        released = self.release.tables.get(table)
        if released is not None:
            names = [field.name for field in released.fields]
            place = released.place(Role.SITES)
            for row in sorted(released.rows, key=lambda row: -row[place]):
                yield dict(zip(names, row, strict=True))

    def grouped(self, table: str, by: str) -> dict[Any, list[Row]]:
        """The same rows, by the value of a key."""
        found: dict[Any, list[Row]] = {}
        for row in self.rows(table):
            found.setdefault(row[by], []).append(row)
        return found

    def sites(self, table: str, *keys: Any) -> int | None:
        """Distinct sites of a group; None where it is not public."""
        if table not in self._sites:
            found = self.release.tables.get(table)
            self._sites[table] = {} if found is None else _sites(found)
        return self._sites[table].get(keys)

    @cached_property
    def precision(self) -> Mapping[str, Mapping[str, float]]:
        """How exact numbers are: table, ``table.column`` of a sum, :data:`ALL` for all sites.

        Returns:
            ``step``: the true number is the public one or larger, by less than this; or ``error``:
            95 % of all numbers are within this to each side.
        """
        method = self.release.method
        return {
            **{name: {"step": step} for name, step in method.steps.items()},
            **{name: {"error": round(Z95 * scale, 1)} for name, scale in method.scales.items()},
        }

    def precision_of(self, *tables: str) -> Mapping[str, Mapping[str, float]]:
        """The precision of some tables and of all sites."""
        wanted = {ALL, *tables}
        return {
            name: value
            for name, value in self.precision.items()
            if name.partition(".")[0] in wanted
        }


def share(part: int | None, whole: int | None) -> float | None:
    """A part of a whole, from 0 to 1, however noise moved either."""
    if part is None or not whole or whole < 0:
        return None
    return round(min(max(part / whole, 0), 1), _DIGITS)


def change(before: int | None, now: int | None) -> int | None:
    """The change from one week to the next."""
    return None if before is None or now is None else now - before


def _sites(table: Table) -> dict[tuple[Any, ...], int]:
    place = table.place(Role.SITES)
    return {row[: table.keys]: row[place] for row in table.rows}
