"""Releases: what is public of a week.

Every public surface (files, static API, pages, badges) is made from :class:`Release` alone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any

from dropsonde.aggregation.former import is_former
from dropsonde.common.files import private_directory, read_bounded, write_atomically
from dropsonde.schema.model import Type

K = 10  # sites, the least number that is shown
SITE_MODULES = 40  # of the site of which the method says what all its parts lose together
Z95 = 1.96  # standard deviations to each side hold 95 % of a normal distribution
ALL = "*"  # the name of the number of all sites in a method
_MOST_BYTES = 1 << 30


class Role(str, Enum):
    """The role of a table's column.

    ``SITES`` is the mean number of distinct sites of the group over weeks, ``ERROR`` within how
    much of the true mean it is with 95 % probability, ``WEEK`` the number of the week alone. Each
    table has exactly one of each. ``SUM`` is a mean sum over the group's sites. ``METHOD`` says how
    numbers were made, and is in tables of the dataset alone, in none of a release.
    """

    KEY = "key"
    SITES = "sites"
    ERROR = "error"
    WEEK = "week"
    SUM = "sum"
    METHOD = "method"


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
    """The groups of one query that a release shows.

    Attributes:
        name: of the query's file, without its suffix.
        title: the first line of the query's comment.
        description: the rest of that comment.
        fields: keys first.
        rows: one per group, values in the order of the fields; keys may be null. Sorted by keys,
            null first, and no two rows have the same keys.
    """

    name: str
    title: str
    description: str
    fields: tuple[Field, ...]
    rows: tuple[tuple[Any, ...], ...]

    def place(self, role: Role) -> int:
        """The index of the first field with a role; errors of sums come after that of sites."""
        return next(at for at, each in enumerate(self.fields) if each.role is role)

    @property
    def keys(self) -> int:
        """How many of the first fields are keys."""
        return sum(each.role is Role.KEY for each in self.fields)


@dataclass(frozen=True)
class Method:
    """How a week was made public.

    Attributes:
        unit: what the noise hides, ``site`` or ``module``.
        epsilon: the year's budget.
        delta: likewise.
        year_epsilon: what the dearest 52 weeks in a row with this week have cost, this week
            included; at ``delta``.
        site_rho: what 52 such weeks cost a whole site of at most :data:`SITE_MODULES` modules.
        weeks: the most whose mean is shown.
        scales: table to the standard deviation of the noise of a week's numbers of sites,
            ``table.column`` to that of a sum, :data:`ALL` to that of the number of all sites.
        contributions: table to the groups of a unit that count in full.
        beside: table to the modules of a site that count in full beside what it says of itself.
        deviations: of its noise, that a mean has at least to be shown.
        without_noise: weeks that the same directory released without noise, by a former version;
            nothing that is told of a year holds for these.
        k: the least number that is shown.
        made_up: no real site is counted, as in the demo; every page says so.
    """

    unit: str
    epsilon: float
    delta: float
    year_epsilon: float
    site_rho: float
    weeks: int
    scales: Mapping[str, float] = field(default_factory=dict)
    contributions: Mapping[str, int] = field(default_factory=dict)
    beside: Mapping[str, int] = field(default_factory=dict)
    deviations: float = 0.0
    without_noise: tuple[str, ...] = ()
    k: int = K
    made_up: bool = False


@dataclass(frozen=True)
class Release:
    """The public data of a week.

    Attributes:
        week: as ``2026-W47``.
        made: when (aware, UTC).
        method: how it was made.
        sites: distinct sites that reported, the mean over weeks.
        sites_error: as ``Role.ERROR``.
        sites_week: in the week alone.
        tables: by name.
        cells: the SHA-256 of the week's cells, in hexadecimal: the file that belongs to it.
    """

    week: str
    made: datetime
    method: Method
    sites: int
    sites_error: float
    sites_week: int
    tables: Mapping[str, Table]
    cells: str = ""

    def save(self, directory: Path) -> Path:
        """Write the release into a directory of releases, atomically.

        Raises:
            FileError: it cannot be written.
        """
        path = private_directory(directory) / f"{self.week}.json"
        text = json.dumps(
            self.document(), ensure_ascii=False, allow_nan=False, separators=(",", ":")
        )
        write_atomically(path, f"{text}\n".encode())
        return path

    def document(self) -> dict[str, Any]:
        """The release as its file has it."""
        return {**asdict(self), "made": self.made.isoformat()}

    def with_rows(self, rows: Mapping[str, tuple[tuple[Any, ...], ...]]) -> Release:
        """The release with these rows instead of its own; a table without any has none."""
        tables = {
            name: replace(table, rows=rows.get(name, ())) for name, table in self.tables.items()
        }
        return replace(self, tables=tables)


def load(path: Path) -> Release:
    """Read a release.

    Raises:
        ValueError: the file cannot be read or is not a release.
    """
    data = read_bounded(path, _MOST_BYTES)
    if data is None:
        raise ValueError(f"{path} cannot be read")
    try:
        return parsed(json.loads(data))
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise ValueError(f"{path} is no release") from error


def parsed(document: dict[str, Any]) -> Release:
    """The release of a document, which is used up.

    Raises:
        ValueError, LookupError, TypeError, AttributeError: it is none.
    """
    tables = {name: _table(each) for name, each in document.pop("tables").items()}
    made = datetime.fromisoformat(document.pop("made"))
    method = document.pop("method")
    method["without_noise"] = tuple(method["without_noise"])
    return Release(made=made, method=Method(**method), tables=tables, **document)


def paths_of(directory: Path) -> list[Path]:
    """The files of the releases, in the order of the weeks."""
    return [path for path in sorted(directory.glob("*.json")) if not is_former(path)]


def history(directory: Path) -> tuple[Release, ...]:
    """The releases, in the order of the weeks.

    Raises:
        ValueError: a file cannot be read or is not a release.
    """
    return tuple(load(path) for path in paths_of(directory))


def _table(document: dict[str, Any]) -> Table:
    fields = tuple(
        Field(each["name"], Type(each["type"]), Role(each["role"]), each["description"])
        for each in document.pop("fields")
    )
    rows = tuple(tuple(row) for row in document.pop("rows"))
    return Table(fields=fields, rows=rows, **document)
