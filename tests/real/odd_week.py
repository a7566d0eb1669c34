"""A week of plain and odd sites, to compare engines on it."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dropsonde.aggregation.plan import Shape
from dropsonde.collector.store import Store
from dropsonde.demo.rows import rows
from dropsonde.schema.model import Domain, Mode, Type
from tests.unit.collector.intake.reports import NEWEST

if TYPE_CHECKING:
    from dropsonde.aggregation.counting import Counts, Engine
    from dropsonde.aggregation.plan import Plan
    from dropsonde.aggregation.privacy.unit import Unit
    from dropsonde.collector.row import Row
    from dropsonde.schema.model import Column

NOW = datetime(2026, 11, 20, 12, tzinfo=timezone.utc)
WEEK, LATER = "2026-W47", NOW + timedelta(weeks=1)
# What SQL, regular expressions, Spark's own variables and sorting might take for something else.
WORDS = (
    "", " ", "a", "A", "a ", "a.b.c", ".", "..", "1.2.3", "1", "-1", "null", "\u00e9", "e\u0301",
    "\U0001f600", "\uffff", "'", "''", '"', "`", "\\", "\\'", "\\Q.\\E", "a\nb", "%", "_", ":salt",
    "?", "@salt", "${engine.app.name}", "${env:HOME}", "{}", "--", "/*", "x" * 300,
)  # fmt: skip
RANGES = (None, ">= 1.0.0 < 3.0.0", ">= 9.0.0 < 12.0.0", ">= 97.0.0")  # as intake stores them
NUMBERS = (None, 0, 1, -7, 9, 10, 50, 51, 2**62, -(2**62))


def fill(data: Path) -> None:
    """In the week's file: plain and odd sites, one forgotten, and one that has reported again.

    All but one have reported before, so all but that one count.
    """
    rng = random.Random(5)
    made = list(rows(NEWEST, rng, 62, NOW))
    made[:30] = [odd(row, rng) for row in made[:30]]
    forgotten, again = named(made[-1], "forgotten"), named(made[-2], "before")
    late, new = odd(next(rows(NEWEST, rng, 1, NOW)), rng), next(rows(NEWEST, rng, 1, NOW))
    with Store.open(data, NEWEST, lambda: LATER) as store:
        earlier = [replace(row, timestamp=NOW - timedelta(weeks=1)) for row in (*made, late)]
        this = (*made[:-2], forgotten, again, named(new, "new"))
        for kept in [store.submit(row) for row in (*earlier, *this)]:
            kept.result()
        assert store.compact(LATER) == ("2026-W46", WEEK)
        store.put(named(again, "after"))
        store.put(late)
        store.forget(forgotten.site_id)


COUNTED = 62


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
    if field.domain is Domain.VERSION_REQUIREMENT:
        return rng.choice(RANGES)
    word = rng.choice([None, f"module{rng.randrange(300)}", *WORDS])
    is_slug = field.domain is Domain.FORGE_SLUG
    return f"author-{word}" if is_slug and word is not None else word


def named(row: Row, name: str) -> Row:
    """A site with a module of its own."""
    module = {"name": name, "slug": f"only-{name}", "version": "9.9.9"}
    return replace(row, columns={**row.columns, "modules": [module]})


def among(plan: Plan) -> dict[str, list[str]]:
    """Of modules of one name, pairs and what is beside a site's own rows have only one."""
    if plan.shape not in {Shape.PAIR, Shape.BESIDE}:
        return {}
    slugs = [f"author-{word}" for word in WORDS]
    slugs += [f"author{module % 90}-module{module}" for module in range(100)]
    return {key: slugs for key, table in plan.among.items() if table == "module_usage"}


def compared(first: Engine, second: Engine, plan: Plan, unit: Unit) -> Counts:
    """Count on both; the numbers are the same."""
    expected, found = (each.count(plan, WEEK, unit, among(plan)) for each in (first, second))
    assert found == expected
    return found
