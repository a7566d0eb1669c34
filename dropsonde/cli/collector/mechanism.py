"""What a query's numbers will be like: their words, their noise, and what it takes to show."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from dropsonde.aggregation.cells import DEVIATIONS, WEEKS
from dropsonde.aggregation.guard.among import lists_of
from dropsonde.aggregation.plan import Shape
from dropsonde.aggregation.privacy import budget
from dropsonde.aggregation.privacy.loss import Budget
from dropsonde.aggregation.privacy.unit import Unit
from dropsonde.aggregation.release import K
from dropsonde.aggregation.vocabularies import vocabulary
from dropsonde.cli.collector.options import DELTA_YEAR, EPSILON_YEAR

if TYPE_CHECKING:
    from dropsonde.aggregation.plan import Plan
    from dropsonde.schema.model import Column

_SIGMA = "\N{GREEK SMALL LETTER SIGMA}"
_EPSILON = "\N{GREEK SMALL LETTER EPSILON}"
_WIDTHS = (6, 8, 28, 7, 8, 8, 8)  # 79 letters with the spaces between
_ABOVE = ("", "", "", "", f"{_SIGMA}, sites", "", "shown at")
_HEAD = ("--unit", f"{_EPSILON} a year", "in full", *("a week", f"{WEEKS} weeks") * 2)


def described(plan: Plan, others: Sequence[Plan], schema: Sequence[Column]) -> Iterator[str]:
    """Lines about a plan's keys, its noise, and the sites that a group needs.

    Args:
        plan: of a contributed query.
        others: of the project's queries, with which it shares the budget.
        schema: the dataset's columns.
    """
    yield "vocabularies (every word is counted, those that no site has, too):"
    for key in plan.keys:
        yield f"  {key.name}: {vocabulary(key.expression, lists_of(plan, schema)).words}"
    yield f"noise: discrete Gaussian on every number, of the standard deviation {_SIGMA}"
    yield ""
    yield _line(_ABOVE)
    yield _line(_HEAD)
    every = [*(other for other in others if other.name != plan.name), plan]
    for unit in (Unit.MODULE, Unit.SITE):
        epsilon = EPSILON_YEAR[unit.value]
        noise = budget.noise(every, unit, budget.weekly(Budget(epsilon, DELTA_YEAR)))
        week = noise.scales[plan.name]
        scales = (week, week / math.sqrt(WEEKS))
        yield _line(
            (
                unit.value,
                f"{epsilon:g}",
                _in_full(plan, unit),
                *(f"{scale:,.1f}" for scale in scales),
                *(f"{max(K, math.ceil(DEVIATIONS * scale)):,}" for scale in scales),
            )
        )
    yield ""
    yield "in full: the groups of a unit that count in full; of more, each counts for less"
    yield f"shown at: the sites that a group needs, in one week, or as a mean of {WEEKS} weeks"


def _in_full(plan: Plan, unit: Unit) -> str:
    """How many groups of a unit count in full."""
    bounds = plan.bounds
    if unit is Unit.SITE or plan.shape is Shape.SITE:
        return f"{bounds.site} of a site"
    beside = f", {bounds.modules} modules" if plan.shape is Shape.BESIDE else ""
    return f"{bounds.module} of a module{beside}"


def _line(cells: Sequence[str]) -> str:
    """Cells below one another: the first three to the left, numbers to the right."""
    padded = (
        cell.ljust(width) if at in {0, 2} else cell.rjust(width)
        for at, (cell, width) in enumerate(zip(cells, _WIDTHS, strict=True))
    )
    return " ".join(padded).rstrip()
