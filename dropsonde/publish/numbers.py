"""Look up released numbers.

Nothing here counts. A number is a released cell or one of two derivations, which the documents of
the API name: a share (one cell over another) and a change (one cell less the same of an earlier
week). Each has its error. Where either cell is missing, so is the number.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from dropsonde.aggregation.release import ALL, Z95, Role

if TYPE_CHECKING:
    from dropsonde.aggregation.release import Release, Table

    Row = Mapping[str, Any]

ERROR = "error"  # of a table's numbers of sites; of another number it ends in this
_DIGITS = 3  # of a share


class Number(NamedTuple):
    """A number with noise.

    Attributes:
        value: the number.
        error: 95 % of all numbers are within this of the truth.
    """

    value: float
    error: float


class Numbers:
    """The numbers of one release.

    Args:
        release: the week's.
    """

    def __init__(self, release: Release) -> None:
        self.release = release
        self._rows: dict[str, dict[tuple[Any, ...], Row]] = {}

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

    def row(self, table: str, *keys: Any) -> Row | None:
        """A group's row; None where it is not public."""
        if table not in self._rows:
            released = self.release.tables.get(table)
            self._rows[table] = {} if released is None else _rows(released)
        return self._rows[table].get(keys)

    def sites(self, table: str, *keys: Any) -> Number | None:
        """Distinct sites of a group; None where that is not public."""
        row = self.row(table, *keys)
        return None if row is None else Number(row["sites"], row[ERROR])

    @property
    def all_sites(self) -> Number:
        """Distinct sites that reported."""
        return Number(self.release.sites, self.release.sites_error)

    @cached_property
    def precision(self) -> Mapping[str, Mapping[str, float | None]]:
        """How exact numbers are: table, ``table.column`` of a sum, :data:`ALL` for all sites.

        Returns:
            ``error``: 95 % of all means are within this to each side; of a table, the largest of
            its rows, as groups that were counted for fewer weeks are less exact, and None without
            rows. ``week_error``: the same of the week's own numbers. Of a table, ``least``: the
            sites that a group needs to be shown once it was counted in as many weeks as a mean is
            of.
        """
        method = self.release.method
        found: dict[str, dict[str, float | None]] = {}
        found[ALL] = {ERROR: self.release.sites_error, "week_error": _alone(self.release, ALL)}
        for name, table in self.release.tables.items():
            for at, each in enumerate(table.fields):
                if each.role is not Role.ERROR:
                    continue
                of = name if each.name == ERROR else f"{name}.{each.name[: -len('_error')]}"
                error = max((row[at] for row in table.rows), default=None)
                found[of] = {ERROR: error, "week_error": _alone(self.release, of)}
            mean = method.scales[name] / math.sqrt(method.weeks)
            found[name]["least"] = max(method.k, math.ceil(method.deviations * mean))
        return found

    def precision_of(self, *tables: str) -> Mapping[str, Mapping[str, float | None]]:
        """The precision of some tables and of all sites."""
        wanted = {ALL, *tables}
        return {
            name: value
            for name, value in self.precision.items()
            if name.partition(".")[0] in wanted
        }


def share(part: Number | None, whole: Number | None) -> Number | None:
    """A part of a whole; noise may move it below 0 or above 1, as its error tells.

    The error is that of the difference between the part and that share of the whole, which is
    normal: Fieller's, with the share that was found.
    """
    if part is None or whole is None or whole.value <= 0:
        return None
    ratio = part.value / whole.value
    error = math.hypot(part.error, ratio * whole.error) / whole.value
    return Number(round(ratio, _DIGITS), math.ceil(error * 10**_DIGITS) / 10**_DIGITS)


def change(before: Number | None, now: Number | None) -> Number | None:
    """The change from an earlier week to a later one.

    The error is right if no week is in both means, and too large if one is.
    """
    if before is None or now is None:
        return None
    return Number(now.value - before.value, round(math.hypot(before.error, now.error), 1))


def told(name: str, number: Number | None) -> dict[str, float | None]:
    """A number as a document has it."""
    value, error = (None, None) if number is None else number
    return {name: value, f"{name}_error": error}


def _rows(table: Table) -> dict[tuple[Any, ...], Row]:
    names = [field.name for field in table.fields]
    return {row[: table.keys]: dict(zip(names, row, strict=True)) for row in table.rows}


def _alone(release: Release, name: str) -> float:
    return round(Z95 * release.method.scales[name], 1)
