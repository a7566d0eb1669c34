"""Numbers over weeks, with their precision, which may change from week to week."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dropsonde.aggregation.release import ALL

if TYPE_CHECKING:
    from dropsonde.publish.pages.node import Node


MOST = 104  # weeks on a page; the history's files have all


@dataclass(frozen=True)
class Point:
    """A week of a trend.

    Attributes:
        week: its name.
        sites: the number; its value is null where it is not public.
        precision: how exact it is; None where that is not known.
        of: the number of all sites.
        of_precision: likewise.
    """

    week: Node
    sites: Node
    precision: Node | None
    of: Node | None = None
    of_precision: Node | None = None


def all_sites(compare: Node) -> list[Point]:
    """Sites that reported, oldest week first."""
    weeks = zip(compare["weeks"], compare["sites"], compare["precision"], strict=True)
    return [Point(week, sites, exact.get(ALL)) for week, sites, exact in weeks][-MOST:]


def of_module(module: Node, compare: Node) -> list[Point]:
    """Sites with a module, oldest week first."""
    weeks = zip(module["trend"], compare["precision"], strict=True)
    return [
        Point(each["week"], each["sites"], each.get("precision"), each["of"], exact.get(ALL))
        for each, exact in weeks
    ][-MOST:]


def rising(modules: Node, compare: Node) -> list[Node]:
    """Modules whose number grew by more than noise alone does in 19 of 20 cases, most first.

    Without noise, a number that is rounded down grows only if its group grew.
    """
    exact = [week.get("module_usage") for week in list(compare["precision"])[-2:]]
    errors = [precision.get("error") for precision in exact if precision is not None]
    least = math.hypot(*(error.value for error in errors if error is not None))
    grown = [module for module in modules["modules"] if (module["change"].value or 0) > least]
    return sorted(grown, key=lambda module: -module["change"].value)
