"""Make releases: one a week, always with noise, and paid for before the noise is drawn."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from dropsonde.aggregation import cells
from dropsonde.aggregation.drawing import Drawing
from dropsonde.aggregation.known import Words
from dropsonde.aggregation.privacy import budget
from dropsonde.aggregation.privacy.ledger import Entry, Ledger
from dropsonde.aggregation.public import Public
from dropsonde.collector.store.directory import checked
from dropsonde.common import weeks
from dropsonde.common.errors import (
    AlreadyReleasedError,
    CollectorBusyError,
    WeekOpenError,
)
from dropsonde.common.files import locked

if TYPE_CHECKING:
    from dropsonde.aggregation.counting import Engine
    from dropsonde.aggregation.plan import Plan
    from dropsonde.aggregation.privacy.loss import Budget
    from dropsonde.aggregation.privacy.unit import Unit
    from dropsonde.aggregation.release import Release
    from dropsonde.collector.vocabulary_file import Published
    from dropsonde.schema.model import Column

LEDGER = "ledger.json"  # in the data directory


@dataclass(frozen=True)
class Releasing:
    """Makes releases of one data directory.

    Args:
        data: the data directory; it keeps the ledger.
        released: where the public releases and cells are.
        opened: opens the dataset, as of one moment.
        plans: of the accepted queries.
        schema: the dataset's columns.
        modules: what was published of each module, by slug.
        clock: gives the time (aware).
        unit: what the noise hides.
        year: the budget of any 52 weeks in a row.
    """

    data: Path
    released: Path
    opened: Callable[[], AbstractContextManager[Engine]]
    plans: Sequence[Plan]
    schema: Sequence[Column]
    modules: Callable[[], Mapping[str, Published]]
    clock: Callable[[], datetime]
    unit: Unit
    year: Budget

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Hold the lock on making releases from this directory.

        Raises:
            CollectorBusyError: another process holds it.
        """
        with locked(self.data / "aggregation.lock", wait=False) as mine:
            if not mine:
                raise CollectorBusyError(f"{self.data}: another aggregation runs", "let it finish")
            yield

    def public(self) -> Public:
        """What is public as of now.

        Raises:
            FileError: a file is damaged.
        """
        return Public.of(self.released)

    def check_finished(self, week: str) -> None:
        """Refuse a week that may still change.

        Raises:
            WeekOpenError: it is not over.
        """
        end = weeks.finished_from(week)
        if self.clock() < end:
            raise WeekOpenError(
                f"{week} is not finished", f"release it from {end:%Y-%m-%d %H:%M} UTC on"
            )

    def check_paid(self, week: str) -> None:
        """Refuse a week that was made, and that the ledger knows no payment for.

        Raises:
            LedgerError: an older ledger was restored.
        """
        Ledger(self.data / LEDGER).check([week])

    def is_too_early(self, week: str) -> bool:
        """Whether nothing is public yet, and no site of a week counts: the first week."""
        if self.public().weeks:
            return False
        with self.opened() as engine:
            return not engine.sites(week)

    def make(self, week: str, directory: Path) -> Release:
        """Count a week and make its release. Hold :meth:`alone`.

        What can fail comes first: a payment is not returned.

        Args:
            week: finished.
            directory: where its cells are written, beside those of earlier weeks or apart.

        Raises:
            WeekOpenError: the week is not over.
            AlreadyReleasedError: it is public.
            BudgetSpentError: the budget does not cover its noise.
            FileError: the cells of an earlier week are missing or damaged.
        """
        self.check_finished(week)
        public = self.public()
        if week in public.weeks:
            raise AlreadyReleasedError(f"{week} is released already", "a week is released once")
        ledger = Ledger(self.data / LEDGER)
        ledger.check(public.paid)
        noise = budget.noise(self.plans, self.unit, budget.weekly(self.year))
        earlier = public.cells_before(week)
        words, made = Words(self.modules()), self.clock()
        with self.opened() as engine, checked(self.data).scratch() as scratch:
            drawing = Drawing(self, engine, week, words, noise, earlier, made, scratch)
            first = drawing.first()
            spent = ledger.pay(Entry(week, noise.rho), self.unit, self.year)
            path = directory / f"{week}{cells.SUFFIX}"
            digest = cells.write(path, drawing.tables(first), scratch)
            return drawing.release(path, digest, spent, public.former.plain)
