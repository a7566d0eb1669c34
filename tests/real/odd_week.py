"""A week of plain and odd sites, to compare engines on it."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from dropsonde.aggregation.release import Role
from dropsonde.collector.store import Store
from dropsonde.demo.rows import rows
from dropsonde.schema.model import Mode, Type
from tests.unit.collector.intake.reports import NEWEST

if TYPE_CHECKING:
    from dropsonde.aggregation.engines.counting import Engine
    from dropsonde.aggregation.plan import Plan
    from dropsonde.aggregation.release import Table
    from dropsonde.collector.row import Row
    from dropsonde.schema.model import Column

NOW = datetime(2026, 11, 20, 12, tzinfo=timezone.utc)
WEEK, LATER = "2026-W47", NOW + timedelta(weeks=1)
KEY = bytes(range(32))
# What SQL, regular expressions, Spark's own variables and sorting might take for something else.
WORDS = (
    "", " ", "a", "A", "a ", "a.b.c", ".", "..", "1.2.3", "1", "-1", "null", "\u00e9", "e\u0301",
    "\U0001f600", "\uffff", "'", "''", '"', "`", "\\", "\\'", "\\Q.\\E", "a\nb", "%", "_", ":salt",
    "?", "@salt", "${engine.app.name}", "${env:HOME}", "{}", "--", "/*", "x" * 300,
)  # fmt: skip
NUMBERS = (None, 0, 1, -7, 9, 10, 50, 51, 2**62, -(2**62))


def fill(data: Path) -> None:
    """In the week's file: plain and odd sites, one forgotten, and one that has reported again."""
    rng = random.Random(5)
    made = list(rows(NEWEST, rng, 62, NOW))
    made[:30] = [odd(row, rng) for row in made[:30]]
    forgotten, again = named(made[-1], "forgotten"), named(made[-2], "before")
    with Store.open(data, NEWEST, lambda: LATER) as store:
        other_week = next(rows(NEWEST, rng, 1, NOW - timedelta(weeks=1)))
        for kept in [store.submit(row) for row in (*made[:-2], forgotten, again, other_week)]:
            kept.result()
        assert store.compact(LATER) == ("2026-W46", WEEK)
        store.put(named(again, "after"))
        store.put(odd(next(rows(NEWEST, rng, 1, NOW)), rng))
        store.forget(forgotten.site_id)


def odd(row: Row, rng: random.Random) -> Row:
    """The same site with odd values: nulls, no table, an empty one, and one with many rows."""
    columns: dict[str, Any] = {}
    for name in row.columns:
        column = next(each for each in NEWEST if each.name == name)
        if column.mode is not Mode.REPEATED:
            columns[name] = rng.choice(NUMBERS)
        elif rng.random() < 0.8:
            count = rng.choice([0, 3, 250])
            columns[name] = [
                {field.name: _odd(field, rng) for field in column.fields} for _ in range(count)
            ]
    version = rng.choice(["1.0.0", "", "\u00e9"])
    return replace(row, columns=columns, version=version, product=rng.choice(WORDS))


def _odd(field: Column, rng: random.Random) -> Any:
    if field.type is Type.INTEGER:
        return rng.choice(NUMBERS)
    return rng.choice([None, f"module{rng.randrange(300)}", *WORDS])


def named(row: Row, name: str) -> Row:
    """A site with a module of its own."""
    module = {"name": name, "slug": f"only-{name}", "version": "9.9.9"}
    return replace(row, columns={**row.columns, "modules": [module]})


def compared(first: Engine, second: Engine, plan: Plan, threshold: int | None = None) -> Table:
    """Count on both; the numbers are the same, but for the last digit of an average."""
    expected, found = (
        each.count(plan, WEEK, key=KEY, threshold=threshold) for each in (first, second)
    )
    assert list(found.rows) == [
        tuple(
            pytest.approx(value) if field.role is Role.AVERAGE else value
            for field, value in zip(expected.fields, row, strict=True)
        )
        for row in expected.rows
    ]
    return found
