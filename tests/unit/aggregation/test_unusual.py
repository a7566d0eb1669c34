"""Unusual weeks: told from noisy numbers, and never for what noise alone does."""

from __future__ import annotations

import math
import random
from dataclasses import replace
from datetime import datetime, timezone

import pytest

from dropsonde.aggregation.release import ALL, Z95, Field, Method, Release, Role, Table
from dropsonde.aggregation.unusual import DEVIATIONS, FEW, SHARE, unusual
from dropsonde.schema.model import Type

FIELDS = (
    Field("module", Type.STRING, Role.KEY, "A module."),
    Field("sites", Type.INTEGER, Role.SITES, "The mean."),
    Field("error", Type.FLOAT, Role.ERROR, "Its error."),
    Field("week_sites", Type.INTEGER, Role.WEEK, "Of the week."),
)
SCALE, WEEKS = 20.0, 4  # of a week's noise; whose mean was shown
ERROR = SCALE / math.sqrt(WEEKS)


def release(sites: int, groups: dict[str, int], scale: float = SCALE, *tables: str) -> Release:
    """A week in which numbers are as the mean before it."""
    rows = tuple((name, number, Z95 * ERROR, number) for name, number in groups.items())
    names = tables or ("modules",)
    method = Method(
        unit="module", epsilon=2.0, delta=1e-6, year_epsilon=1.0, site_rho=3.0, weeks=13,
        scales={ALL: scale, **dict.fromkeys(names, scale)},
    )  # fmt: skip
    return Release(
        "2026-W47", datetime.now(timezone.utc), method, sites, Z95 * ERROR, sites,
        {name: Table(name, "T", "D", FIELDS, rows) for name in names},
    )  # fmt: skip


BEFORE = release(1000, {"a": 900, "b": 400})
# By which a number may differ: a fifth of all sites, and five deviations of both numbers' noise.
MARGIN = SHARE * 1000 + DEVIATIONS * math.hypot(SCALE, ERROR)


@pytest.mark.parametrize("way", [1, -1])
@pytest.mark.parametrize(("beyond", "told"), [(-1, False), (1, True)])
def test_the_number_of_sites_is_compared_beyond_its_noise(
    way: int, beyond: int, told: bool
) -> None:
    sites = round(1000 + way * (MARGIN + beyond))
    now = replace(release(sites, {"a": 900, "b": 400}), sites=1000)  # the mean is not looked at
    found = unusual(BEFORE, now)
    assert found == ((f"{sites:,} sites after 1,000",) if told else ())


@pytest.mark.parametrize("way", [1, -1])
@pytest.mark.parametrize(("beyond", "told"), [(-1, False), (1, True)])
def test_a_group_is_compared_beyond_its_noise(way: int, beyond: int, told: bool) -> None:
    now = release(1000, {"a": 900, "b": round(400 + way * (MARGIN + beyond))})
    expected = "modules has 1 groups that a fifth of all sites or more came to or left"
    assert unusual(BEFORE, now) == ((expected,) if told else ())


def test_a_group_that_is_new_came_from_below_the_least_that_was_shown() -> None:
    margin = SHARE * 1000 + DEVIATIONS * math.hypot(SCALE, SCALE)
    assert unusual(BEFORE, release(1000, {"c": round(400 + margin - 1)})) == ()
    found = unusual(BEFORE, release(1000, {"c": round(400 + margin + 1), "d": 990, "a": 900}))
    assert found == ("modules has 2 groups that a fifth of all sites or more came to or left",)


def test_a_sum_and_its_error_are_not_taken_for_the_sites() -> None:
    def with_sum(of: Release) -> Release:
        more = (
            Field("nodes", Type.INTEGER, Role.SUM),
            Field("nodes_error", Type.FLOAT, Role.ERROR),
        )
        rows = tuple((*row, 10**6, 10**6) for row in of.tables["modules"].rows)
        table = replace(of.tables["modules"], fields=(*FIELDS, *more), rows=rows)
        return replace(of, tables={"modules": table})

    now = release(1000, {"a": 900, "b": round(400 + MARGIN + 1)})
    found = unusual(with_sum(BEFORE), with_sum(now))
    assert found == ("modules has 1 groups that a fifth of all sites or more came to or left",)


def test_few_sites_come_by_chance() -> None:
    small = release(30, {"a": 20}, 1.0)
    assert unusual(small, release(30 + FEW, {"a": 20 + FEW}, 1.0)) == ()
    found = unusual(small, release(400, {"a": 390}, 1.0))
    assert found[0] == "400 sites after 30"
    assert len(found) == 2


def test_tables_that_come_and_go_are_told() -> None:
    now = release(1000, {"a": 900, "b": 400}, SCALE, "classes")
    assert unusual(BEFORE, now) == ("classes is new", "modules is missing")


def test_an_empty_table_is_compared_with_nothing() -> None:
    assert unusual(release(1000, {}), release(1000, {"a": 190})) == ()
    assert unusual(release(1000, {}), release(1000, {"a": 990})) != ()


def test_noise_alone_holds_no_week_back() -> None:
    """The seed is fixed, so this is the same in every run."""
    rng = random.Random(1)
    truth = {f"m{at}": rng.randrange(200, 900) for at in range(50)}

    def noisy(number: float, scale: float) -> int:
        return round(rng.gauss(number, scale))

    for _ in range(200):
        means = {name: noisy(number, ERROR) for name, number in truth.items()}
        weeks = {name: noisy(number, SCALE) for name, number in truth.items()}
        before = release(noisy(1000, ERROR), means)
        now = release(noisy(1000, SCALE), weeks)
        assert unusual(before, now) == ()
