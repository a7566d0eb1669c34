"""What a release will cost, and how many weeks the budget lasts: said before anything is spent."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import TYPE_CHECKING

from dropsonde.aggregation.privacy import budget
from dropsonde.aggregation.privacy.ledger import Entry, Ledger, dearest, spent
from dropsonde.aggregation.privacy.loss import epsilon
from dropsonde.aggregation.privacy.unit import PARTS, Unit
from dropsonde.aggregation.releasing import LEDGER
from dropsonde.common import console, weeks
from dropsonde.common.errors import BudgetSpentError

if TYPE_CHECKING:
    from dropsonde.aggregation.releasing import Releasing

_HIDDEN = {
    Unit.MODULE: "one module of a site, or what the site says of itself",
    Unit.SITE: "a site with all that it reports",
}


def say(releasing: Releasing, week: str) -> None:
    """Write the line on standard output, unless the week is paid already, or cannot be.

    Raises:
        LedgerError: the ledger is damaged.
        BudgetSpentError: earlier releases hid modules, and this one is to hide sites.
        FileError: the line cannot be written.
    """
    entries = Ledger(releasing.data / LEDGER).entries()
    if any(each.week == week for each in entries):
        return
    if math.isinf(dearest(entries, week, releasing.unit)):
        last = max(each.week for each in entries if math.isinf(each.cost(PARTS[releasing.unit][0])))
        free = weeks.later(last, budget.YEAR)
        raise BudgetSpentError(
            f"{week}: {last} hid modules of sites, and no year with it hides a whole site",
            f"go on with --unit module, or release with --unit site from {free} on",
        )
    rho = budget.noise(releasing.plans, releasing.unit, budget.weekly(releasing.year)).rho
    entry = Entry(week, rho)
    affordable = _affordable(releasing, entries, entry)
    if affordable:
        console.write_lines([_line(releasing, entry, affordable)])


def say_too_early(week: str) -> None:
    """Write the line on a week in which nobody counts yet.

    Raises:
        FileError: it cannot be written.
    """
    told = "a site counts from the second week in which it reports, and none does yet"
    console.write_lines([f"{week}: nothing is released: {told}"])


def _line(releasing: Releasing, entry: Entry, affordable: int) -> str:
    year, unit = releasing.year, releasing.unit
    cost = epsilon(max(entry.cost(part) for part in PARTS[unit]), year.delta)
    lasts = (
        "it lasts for every week, without end"
        if affordable == budget.YEAR
        else f"with what other weeks have cost, it lasts for {affordable} in a row"
    )
    return (
        f"the noise hides {_HIDDEN[unit]}: a week costs ε = {cost:.2f} "
        f"of the {year.epsilon:g} of any {budget.YEAR} weeks "
        f"(δ = {year.delta:g}); {lasts}"
    )


def _affordable(releasing: Releasing, entries: tuple[Entry, ...], first: Entry) -> int:
    """How many weeks in a row can be paid from a week on; a year's number is without end."""
    year = releasing.year
    for number in range(budget.YEAR):
        moment = weeks.first_moment(first.week) + timedelta(weeks=number)
        entries = (*entries, first._replace(week=weeks.week_of(moment)))
        if spent(entries, entries[-1].week, releasing.unit, year) > year.epsilon:
            return number
    return budget.YEAR
