"""Look up released numbers.

Nothing here counts. A number is a released cell or one of three derivations, which the documents of
the API name: a share (one cell over another), a change (one cell less the same of an earlier week)
and a lift (a pair's cell over what chance would make it). Each has its error. Where a cell is
missing, so is the number.
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
_LIFT_DIGITS = 2
_DROPPED = 6  # digits behind those that are told


class Number(NamedTuple):
    """A number with noise.

    Attributes:
        value: the number.
        error: 95 % of all numbers are within this of the truth.
    """

    value: float
    error: float


class _Rows(NamedTuple):
    """A table's rows by their keys, its columns, and which are the sites and their error."""

    rows: Mapping[tuple[Any, ...], tuple[Any, ...]]
    names: tuple[str, ...]
    sites: int
    error: int

    @classmethod
    def of(cls, table: Table) -> _Rows:
        rows = {row[: table.keys]: row for row in table.rows}
        names = tuple(field.name for field in table.fields)
        return cls(rows, names, table.place(Role.SITES), table.place(Role.ERROR))


_NONE = _Rows({}, (), 0, 0)


class Numbers:
    """The numbers of one release.

    Args:
        release: the week's.
    """

    def __init__(self, release: Release) -> None:
        self.release = release
        self._rows: dict[str, _Rows] = {}

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

    def shown(self, table: str) -> Iterator[tuple[tuple[Any, ...], Number]]:
        """The keys of a table's groups and their sites, in the order of the release."""
        released = self.release.tables.get(table)
        if released is not None:
            width, of, error = (
                released.keys,
                released.place(Role.SITES),
                released.place(Role.ERROR),
            )
            for row in released.rows:
                yield row[:width], Number(row[of], row[error])

    def row(self, table: str, *keys: Any) -> Row | None:
        """A group's row; None where it is not public."""
        looked = self._looked_up(table)
        found = looked.rows.get(keys)
        return None if found is None else dict(zip(looked.names, found, strict=True))

    def sites(self, table: str, *keys: Any) -> Number | None:
        """Distinct sites of a group; None where that is not public."""
        looked = self._looked_up(table)
        found = looked.rows.get(keys)
        return None if found is None else Number(found[looked.sites], found[looked.error])

    def _looked_up(self, table: str) -> _Rows:
        """A table's rows by their keys; none if there is no such table."""
        if table not in self._rows:
            released = self.release.tables.get(table)
            self._rows[table] = _NONE if released is None else _Rows.of(released)
        return self._rows[table]

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
    return Number(round(ratio, _DIGITS), rounded_up(error, _DIGITS))


def change(before: Number | None, now: Number | None) -> Number | None:
    """The change from an earlier week to a later one.

    The error is right if no week is in both means, and too large if one is.
    """
    if before is None or now is None:
        return None
    return Number(now.value - before.value, round(math.hypot(before.error, now.error), 1))


def lift(
    both: Number | None, one: Number | None, other: Number | None, all_: Number
) -> Number | None:
    """How many times as many groups have both as would if neither had to do with the other.

    That is 1 then. The error is by the delta method: the noise of the four is independent, and each
    moves the lift by its own part of it. It holds as long as ``one`` and ``other`` stand well out
    of their noise, as those that are shown do.
    """
    if both is None or one is None or other is None:
        return None
    if min(one.value, other.value, all_.value) <= 0:
        return None
    chance = one.value * other.value / all_.value
    found = both.value / chance
    parts = math.hypot(*(each.error / each.value for each in (one, other, all_)))
    error = math.hypot(both.error / chance, found * parts)
    return Number(round(found, _LIFT_DIGITS), rounded_up(error, _LIFT_DIGITS))


def told(name: str, number: Number | None) -> dict[str, float | None]:
    """A number as a document has it."""
    value, error = (None, None) if number is None else number
    return {name: value, f"{name}_error": error}


def _alone(release: Release, name: str) -> float:
    return round(Z95 * release.method.scales[name], 1)


def rounded_up(value: float, digits: int) -> float:
    """An error or a risk, never told smaller than it is; what binary fractions add is dropped."""
    parts = 10.0**digits
    return math.ceil(round(value * parts, _DROPPED)) / parts
