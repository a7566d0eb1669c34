"""Made-up releases of the shipped queries, in which no two numbers are the same."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from dropsonde.aggregation import cells
from dropsonde.aggregation.plan import Shape
from dropsonde.aggregation.privacy.drawing import Cell
from dropsonde.aggregation.privacy.weights import LATTICE
from dropsonde.aggregation.release import ALL, Field, Method, Release, Role, Table
from dropsonde.schema.model import Type
from tests.unit.aggregation.guard.judged import shipped

WEEKS = ("2026-W45", "2026-W46", "2026-W47")
MADE = datetime(2026, 11, 9, 3, tzinfo=timezone.utc)
SLUGS = tuple(f"author{place % 4}-module{place % 7}" for place in range(20))  # names are shared
ALWAYS = 7  # those that tests name
KINDS = {Type.INTEGER: 0, Type.FLOAT: 0.5}  # to be added to a whole number
WORDS = {
    "module": SLUGS,
    "first": SLUGS,
    "second": SLUGS,
    "unused": SLUGS,
    "dependency": SLUGS,
    "class": tuple(f"module{place % 7}::class_{place}" for place in range(20)),
    "platform": ("Debian", "RedHat", "windows"),
    "version": (None, "1.0.0", "1.2.3-rc1", "10.0.1"),
    "major": (None, "1", "10"),
    "os": ("Debian", "RedHat", "windows"),
    "release": (None, "8", "12", "2012 R2"),
    "server_os": (None, "Debian", "RedHat"),
    "server_release": (None, "8", "12"),
    "implementation": (None, "puppet", "openvox", "pe"),
    "server_version": (None, "7.17", "8.11"),
    "agent": (None, "puppet", "openvox"),
    "agent_version": ("7.34", "8.10", "8.23"),
    "method": ("File.exist?", "puts"),
}


def fields(keys: dict[str, Type], *sums: str) -> tuple[Field, ...]:
    """A table's columns, as a release has them."""
    return (
        *(Field(name, type_, Role.KEY, "A key.") for name, type_ in keys.items()),
        Field("sites", Type.INTEGER, Role.SITES, "The mean."),
        Field("error", Type.FLOAT, Role.ERROR, "Of the mean."),
        Field("week_sites", Type.INTEGER, Role.WEEK, "Of the week."),
        *(
            field
            for name in sums
            for field in (
                Field(name, Type.INTEGER, Role.SUM, "A sum."),
                Field(f"{name}_error", Type.FLOAT, Role.ERROR, "Of the sum."),
            )
        ),
    )


@cache
def tables() -> tuple[Table, ...]:
    """The shipped queries' tables, without rows."""
    return tuple(
        Table(plan.name, plan.title, plan.description, fields(_keys(plan)), ())
        for plan in shipped()
    )


def releases(*, unit: str = "module", rows: int = 30, weeks: int = 3) -> tuple[Release, ...]:
    """Weeks; every number in them is there once."""
    rng, numbers = Random(7), itertools.count(1000)  # made-up names
    return tuple(
        Release(
            WEEKS[place],
            MADE + timedelta(weeks=place),
            method(unit),
            next(numbers),
            next(numbers) + 0.5,
            next(numbers),
            {each.name: _filled(each, rng, numbers, rows) for each in tables()},
        )
        for place in range(weeks)
    )


def with_table(release: Release, table: Table) -> Release:
    """A release with another table instead of that of the name."""
    return replace(release, tables={**release.tables, table.name: table})


def save(directory: Path, some: tuple[Release, ...]) -> Path:
    """Save releases into a directory, each with cells, and give it."""
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "scratch").mkdir(exist_ok=True)
    for release in some:
        every = [Cell((), release.sites_week * LATTICE)]
        usage = [Cell(row[:1], row[3] * LATTICE + 1) for row in release.tables["module_usage"].rows]
        scales = release.method.scales
        path = directory / f"{release.week}{cells.SUFFIX}"
        drawn = [
            cells.Table(ALL, scales[ALL], every),
            cells.Table("module_usage", scales["module_usage"], usage),
        ]
        cells.write(path, drawn, directory / "scratch")
        replace(release, cells=cells.digest(path) or "").save(directory)
    return directory


def _keys(plan: Any) -> dict[str, Type]:
    return {key.name: key.expression.type for key in plan.keys}


def _filled(table: Table, rng: Random, numbers: Iterator[int], most: int) -> Table:
    # The first words of each are public every week, whatever further tables there are.
    keys = {
        tuple(
            _word(field.name, field.type, rng, numbers, always)
            for field in table.fields[: table.keys]
        )
        for always in (*range(ALWAYS), *[None] * most)[:most]
    }
    rows = tuple(
        (*key, *(next(numbers) + KINDS[field.type] for field in table.fields[table.keys :]))
        for key in sorted(keys, key=str)
    )
    return replace(table, rows=rows)


def _word(name: str, type_: Type, rng: Random, numbers: Iterator[int], always: int | None) -> Any:
    if type_ is Type.INTEGER:
        return next(numbers)
    words = WORDS[name]
    return rng.choice(words) if always is None else words[always % len(words)]


def method(unit: str) -> Method:
    """A method in which no two figures are the same."""
    plans = shipped()
    names = [ALL, *(plan.name for plan in plans)]
    return Method(
        unit=unit,
        epsilon=2.0,
        delta=1e-6,
        year_epsilon=0.7,
        site_rho=3.8,
        weeks=13,
        scales={name: place + 0.5 for place, name in enumerate(names, 1)},
        contributions={plan.name: 20 + place for place, plan in enumerate(plans)},
        beside={plan.name: 6 for plan in plans if plan.shape is Shape.BESIDE and unit == "module"},
        deviations=4.0,
    )
