"""The ledger of what releases have cost, so that no year's budget is overspent.

A release is paid for before its noise is drawn. Should the run be killed in between, the payment is
lost and the next run pays again: too much is written down rather than too little.

The budget holds for any 52 weeks in a row, so it protects a site that reports every week just as
well across the turn of a year.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from dropsonde.aggregation.privacy.budget import YEAR
from dropsonde.aggregation.privacy.loss import Budget, epsilon
from dropsonde.aggregation.privacy.unit import PARTS, Part, Unit
from dropsonde.common import weeks
from dropsonde.common.errors import BudgetSpentError, LedgerError
from dropsonde.common.files import locked, read_bounded, write_atomically

_ADVICE = "restore it from a backup; without it the spent budget is unknown"


class Entry(NamedTuple):
    """A payment.

    Attributes:
        week: whose reports were released.
        rho: what it cost each part of the unit.
        delta: what it cost besides; a former version's threshold did.
    """

    week: str
    rho: Mapping[Part, float]
    delta: float = 0.0

    def cost(self, part: Part) -> float:
        """What it cost a part.

        A release that hides whole sites cost every part of one no more than the site. Of one that
        hides parts, nobody can say what it cost a site.
        """
        return self.rho.get(part, self.rho.get(Part.SITE, math.inf))


@dataclass(frozen=True)
class Ledger:
    """The payments of one data directory.

    Args:
        path: the file, in readable JSON; a lock file is next to it.
    """

    path: Path

    def entries(self) -> tuple[Entry, ...]:
        """All payments, in the order in which they were made.

        Raises:
            LedgerError: the file is damaged.
        """
        if not self.path.exists():
            return ()
        data = read_bounded(self.path)
        try:
            if data is None:
                raise ValueError("it cannot be read")  # noqa: TRY301 - told below, as all others
            return tuple(_entry(**each) for each in json.loads(data)["spent"])
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            raise LedgerError(f"{self.path}: it is damaged", _ADVICE) from error

    def check(self, released: Iterable[str]) -> None:
        """Refuse to go on if the payment for a week that was released with noise is missing.

        Raises:
            LedgerError: it lacks a payment, as after an older backup was restored.
        """
        paid = {entry.week for entry in self.entries()}
        for week in released:
            if week not in paid:
                raise LedgerError(f"{self.path}: the payment for {week} is missing", _ADVICE)

    def pay(self, entry: Entry, unit: Unit, year: Budget) -> float:
        """Record a payment; it is on disk when this returns.

        Returns:
            the ε of the dearest 52 weeks in a row with this week, as of the entries so far.

        Raises:
            BudgetSpentError: some 52 weeks in a row would cost more than the budget; nothing was
                written.
            LedgerError: the file is damaged.
            FileError: it cannot be written.
        """
        with locked(self.path.with_suffix(".lock")):
            entries = (*self.entries(), entry)
            cost = spent(entries, entry.week, unit, year)
            if cost > year.epsilon:
                former = max(_sums(entries, entry.week, lambda each: each.delta))
                raise BudgetSpentError(
                    f"{entry.week}: with this release, {YEAR} weeks would cost ε = {cost:.2f} at "
                    f"δ = {year.delta:g}, and the budget is {year.epsilon:g}",
                    "wait until earlier releases are a year old, or give a larger --epsilon-year"
                    + (f"; of δ, earlier ones have spent {former:g}" if former else ""),
                )
            document = {"spent": [_document(each) for each in entries]}
            write_atomically(self.path, f"{json.dumps(document, indent=1)}\n".encode())
        return cost


def spent(entries: Sequence[Entry], week: str, unit: Unit, year: Budget) -> float:
    """The ε of the dearest 52 weeks in a row that include a week, at what is left of the δ."""
    former = max(_sums(entries, week, lambda each: each.delta))
    left = max(year.delta - former, 0.0)
    return epsilon(dearest(entries, week, unit), left) if left else math.inf


def dearest(entries: Iterable[Entry], week: str, unit: Unit) -> float:
    """The ρ of the dearest 52 weeks in a row that include a week, for the part it costs most."""
    every = tuple(entries)
    return max(
        cost
        for part in PARTS[unit]
        for cost in _sums(every, week, lambda each, part=part: each.cost(part))  # type: ignore[misc]
    )


def _sums(entries: Sequence[Entry], week: str, cost: Callable[[Entry], float]) -> Iterator[float]:
    """What each 52 weeks in a row cost that include a week."""
    place = _ordinal(week)
    costs = [(_ordinal(each.week), cost(each)) for each in entries]
    for first in range(place - YEAR + 1, place + 1):
        yield math.fsum(spent for at, spent in costs if 0 <= at - first < YEAR)


def _ordinal(week: str) -> int:
    return weeks.first_moment(week).toordinal() // 7


def _document(entry: Entry) -> dict[str, Any]:
    found = {"week": entry.week, "rho": {part.value: rho for part, rho in entry.rho.items()}}
    return {**found, "delta": entry.delta} if entry.delta else found


def _entry(week: Any, rho: Any, delta: Any = 0.0, number: Any = 1) -> Entry:  # noqa: ARG001 - a former version's
    """A payment; former versions wrote the number of the release, and hid whole sites."""
    weeks.parse(week)
    costs = rho if isinstance(rho, dict) else {Part.SITE: rho}
    found = {Part(part): float(cost) for part, cost in costs.items()}
    if not found or not all(0 <= cost < math.inf for cost in (*found.values(), delta)):
        raise ValueError("no payment is like this")
    return Entry(week, found, float(delta))
