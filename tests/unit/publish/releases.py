"""Made-up releases of the shipped queries, in which no two numbers are the same."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from functools import cache
from random import Random
from typing import Any

from dropsonde.aggregation.release import ALL, Method, Release, Role, Table
from dropsonde.schema.model import Type
from tests.unit.aggregation.guard.judged import shipped

WEEKS = ("2026-W45", "2026-W46", "2026-W47")
MADE = datetime(2026, 11, 9, 3, tzinfo=timezone.utc)
SLUGS = tuple(f"author{place % 4}-module{place % 7}" for place in range(20))  # names are shared
ALWAYS = 7  # those that tests name
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
    "requirement": (">= 1.0.0 < 2.0.0", "1.x"),
    "method": ("File.exist?", "puts"),
}


@cache
def tables() -> tuple[Table, ...]:
    """The shipped queries' tables, without rows."""
    return tuple(plan.table(()) for plan in shipped())


def releases(*, noise: bool = False, rows: int = 30) -> tuple[Release, ...]:
    """Three weeks; every number in them is there once."""
    rng, numbers = Random(7), itertools.count(1000)  # made-up names
    return tuple(
        Release(
            week,
            MADE + timedelta(weeks=place),
            _method(noise=noise),
            next(numbers),
            {each.name: _filled(each, rng, numbers, rows) for each in tables()},
        )
        for place, week in enumerate(WEEKS)
    )


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
        (*key, *(next(numbers) for _ in table.fields[table.keys :]))
        for key in sorted(keys, key=str)
    )
    return table.with_rows(rows).with_suppressed(next(numbers))


def _word(name: str, type_: Type, rng: Random, numbers: Iterator[int], always: int | None) -> Any:
    if type_ is Type.INTEGER:
        return next(numbers)
    words = WORDS[name]
    return rng.choice(words) if always is None else words[always % len(words)]


def _method(*, noise: bool) -> Method:
    bounds = {each.name: 100 for each in tables()}
    names = [ALL, *bounds] + [
        f"{each.name}.{field.name}"
        for each in tables()
        for field in each.fields
        if field.role is Role.SUM
    ]
    if not noise:
        return Method(contributions=bounds, steps=dict.fromkeys(names, 5))
    return Method(
        contributions=bounds,
        epsilon=1.0,
        delta=1e-6,
        scales={name: place + 0.5 for place, name in enumerate(names, 1)},
        thresholds=dict.fromkeys(bounds, 40.0),
        year_epsilon=4.0,
        year_delta=1e-5,
    )
