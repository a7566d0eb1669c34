"""Tables of a week: counted ones are private, released ones are public.

Every public surface (files, static API, pages, badges) is made from :class:`Release` alone. The
result of a count is also a :class:`Table`, but never leaves the process that counted it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any

from dropsonde.common.files import private_directory, read_bounded, write_atomically
from dropsonde.schema.model import Type

K = 10  # distinct sites that a group needs before it is public
Z95 = 1.96  # standard deviations to each side hold 95 % of a normal distribution
ALL = "*"  # the name of the number of all sites in a method
_MOST_BYTES = 1 << 30


class Role(str, Enum):
    """The role of a table's column.

    ``SITES`` is the number of distinct sites of the group; each table has exactly one.
    """

    KEY = "key"
    SITES = "sites"
    SUM = "sum"
    AVERAGE = "average"


@dataclass(frozen=True)
class Field:
    """A column of a table.

    Attributes:
        name: as in the query.
        type: STRING, INTEGER or FLOAT.
        role: key or measure.
        description: a sentence, for the public.
    """

    name: str
    type: Type
    role: Role
    description: str = ""


@dataclass(frozen=True)
class Table:
    """The groups of one query in one week.

    Attributes:
        name: of the query's file, without its suffix.
        title: the first line of the query's comment.
        description: the rest of that comment.
        fields: keys first.
        rows: one per group, values in the order of the fields; keys may be null. Sorted by keys,
            null first, and no two rows have the same keys. A sum or an average is null where it
            is too small to be public.
        suppressed: number of groups that are not public, rounded down like numbers of sites.
            Null where that number is not public.
    """

    name: str
    title: str
    description: str
    fields: tuple[Field, ...]
    rows: tuple[tuple[Any, ...], ...]
    suppressed: int | None = None

    def place(self, role: Role) -> int:
        """The index of the only field with a role."""
        (found,) = (at for at, each in enumerate(self.fields) if each.role is role)
        return found

    @property
    def keys(self) -> int:
        """How many of the first fields are keys."""
        return sum(each.role is Role.KEY for each in self.fields)

    def with_rows(self, rows: tuple[tuple[Any, ...], ...]) -> Table:
        """The same table with other groups, sorted."""
        return replace(self, rows=tuple(sorted(rows, key=lambda row: _order(row[: self.keys]))))

    def with_suppressed(self, groups: int | None) -> Table:
        """The same table with the number of groups that are not public."""
        return replace(self, suppressed=groups)


@dataclass(frozen=True)
class Method:
    """How a week was made public.

    Attributes:
        k: distinct sites that a group needs.
        contributions: table to the most rows that a site may contribute to it.
        epsilon: of the whole week, over all tables; null without noise.
        delta: likewise.
        scales: table to the scale of its noise (standard deviation, in sites), ``table.column`` to
            that of a sum, also of one behind an average, in the sum's unit, and :data:`ALL` to that
            of the number of sites; empty without noise.
        thresholds: table to the noisy number of sites that a group needs; empty without noise.
        steps: as ``scales``: values are rounded down to a multiple of this; empty with noise.
        year_epsilon: the cost of the most expensive 52 consecutive weeks with this week, as of its
            release, its own cost included; null without noise.
        year_delta: likewise.
    """

    k: int = K
    contributions: Mapping[str, int] = field(default_factory=dict)
    epsilon: float | None = None
    delta: float | None = None
    scales: Mapping[str, float] = field(default_factory=dict)
    thresholds: Mapping[str, float] = field(default_factory=dict)
    steps: Mapping[str, int] = field(default_factory=dict)
    year_epsilon: float | None = None
    year_delta: float | None = None


@dataclass(frozen=True)
class Release:
    """The public data of a week.

    Attributes:
        week: as ``2026-W47``.
        made: when (aware, UTC).
        method: how it was made.
        sites: distinct sites that reported, with noise where there is any.
        tables: by name.
        number: 1; a correction of the same week has the next one.
    """

    week: str
    made: datetime
    method: Method
    sites: int
    tables: Mapping[str, Table]
    number: int = 1

    def save(self, directory: Path) -> Path:
        """Write the release into a directory of releases, atomically.

        Raises:
            FileError: it cannot be written.
        """
        place = private_directory(directory) / f"{self.week}.{self.number}.json"
        document = {**asdict(self), "made": self.made.isoformat()}
        text = json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        write_atomically(place, f"{text}\n".encode())
        return place


def load(path: Path) -> Release:
    """Read a release.

    Raises:
        ValueError: the file cannot be read or is not a release.
    """
    data = read_bounded(path, _MOST_BYTES)
    if data is None:
        raise ValueError(f"{path} cannot be read")
    try:
        document = json.loads(data)
        tables = {name: _table(each) for name, each in document.pop("tables").items()}
        made = datetime.fromisoformat(document.pop("made"))
        return Release(
            made=made, method=Method(**document.pop("method")), tables=tables, **document
        )
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise ValueError(f"{path} is no release") from error


def history(directory: Path) -> tuple[Release, ...]:
    """The newest release of each week, in the order of the weeks.

    Raises:
        ValueError: a file cannot be read or is not a release.
    """
    found = [load(path) for path in sorted(directory.glob("*.json"))]
    newest = {each.week: each for each in sorted(found, key=lambda each: each.number)}
    return tuple(newest[week] for week in sorted(newest))


def _table(document: dict[str, Any]) -> Table:
    fields = tuple(
        Field(each["name"], Type(each["type"]), Role(each["role"]), each["description"])
        for each in document.pop("fields")
    )
    rows = tuple(tuple(row) for row in document.pop("rows"))
    return Table(fields=fields, rows=rows, **document)


def _order(keys: tuple[Any, ...]) -> list[tuple[bool, Any]]:
    return [(key is not None, key) for key in keys]
