"""The ledger of what releases with noise have cost, so that no year's budget is overspent.

A release is paid for before its noise is drawn. Should the run be killed in between, the payment is
lost and the next run pays again: too much is written down rather than too little.

The budget holds for any 52 weeks in a row, so it protects a site that reports every week just as
well across the turn of a year.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from dropsonde.aggregation.privacy.loss import Budget, Loss, epsilon, total
from dropsonde.common import weeks
from dropsonde.common.errors import BudgetSpentError, LedgerError
from dropsonde.common.files import locked, read_bounded, write_atomically

if TYPE_CHECKING:
    from dropsonde.aggregation.release import Release

YEAR = 52  # weeks
_ADVICE = "restore it from a backup; without it the spent budget is unknown"


class Entry(NamedTuple):
    """A payment.

    Attributes:
        week: whose reports were released.
        number: of the release.
        loss: what it cost.
    """

    week: str
    number: int
    loss: Loss


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
        except (ValueError, LookupError, TypeError) as error:
            raise LedgerError(f"{self.path}: it is damaged", _ADVICE) from error

    def check(self, releases: Iterable[Release]) -> None:
        """Refuse to go on if the payment for a release is missing.

        Raises:
            LedgerError: it lacks a payment, as after an older backup was restored.
        """
        paid = {(entry.week, entry.number) for entry in self.entries()}
        for release in releases:
            if release.method.epsilon is not None and (release.week, release.number) not in paid:
                raise LedgerError(
                    f"{self.path}: the payment for {release.week} is missing", _ADVICE
                )

    def pay(self, entry: Entry, year: Budget) -> Budget:
        """Record a payment; it is on disk when this returns.

        Returns:
            the cost of the most expensive 52 consecutive weeks with this week, as of the entries so
            far.

        Raises:
            BudgetSpentError: some 52 weeks in a row would cost more than the budget; nothing was
                written.
            LedgerError: the file is damaged.
            FileError: it cannot be written.
        """
        with locked(self.path.with_suffix(".lock")):
            entries = (*self.entries(), entry)
            loss = dearest(entries, entry.week)
            cost = epsilon(loss, year.delta)
            if cost > year.epsilon:
                told = f"ε = {cost:.2f} at δ = {year.delta:g}, and the budget is {year.epsilon:g}"
                if loss.delta >= year.delta:
                    told = f"δ = {loss.delta:g} and more, and the budget is {year.delta:g}"
                raise BudgetSpentError(
                    f"{entry.week}: with this release, {YEAR} weeks would cost {told}",
                    "release fewer weeks, or with a smaller --epsilon and --delta",
                )
            document = {"spent": [_document(each) for each in entries]}
            write_atomically(self.path, f"{json.dumps(document, indent=1)}\n".encode())
        return Budget(cost, year.delta)


def dearest(entries: tuple[Entry, ...], week: str) -> Loss:
    """The cost of the most expensive 52 consecutive weeks that include a week."""
    place = _ordinal(week)
    sums = [
        total(each.loss for each in entries if 0 <= _ordinal(each.week) - first < YEAR)
        for first in range(place - YEAR + 1, place + 1)
    ]
    # The maximum of each; they may come from different years, which errs on the safe side.
    return Loss(max(each.rho for each in sums), max(each.delta for each in sums))


def _ordinal(week: str) -> int:
    return weeks.first_moment(week).toordinal() // 7


def _document(entry: Entry) -> dict[str, object]:
    return {"week": entry.week, "number": entry.number, **entry.loss._asdict()}


def _entry(week: Any, number: Any, rho: Any, delta: Any) -> Entry:
    weeks.parse(week)
    fine = isinstance(number, int) and all(isinstance(each, (int, float)) for each in (rho, delta))
    if not fine or not (number > 0 and rho >= 0 and delta >= 0):  # NaN fails all of these
        raise ValueError("no payment is like this")
    return Entry(week, number, Loss(rho, delta))
