"""Make releases: one a week, and corrections only where they reveal no site."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from dropsonde.aggregation.privacy.correction import compare
from dropsonde.aggregation.privacy.k_anonymity import anonymous
from dropsonde.aggregation.release import Release, history, load
from dropsonde.common import weeks
from dropsonde.common.errors import (
    AlreadyReleasedError,
    CollectorBusyError,
    FileError,
    WeekOpenError,
)
from dropsonde.common.files import locked, read_bounded, write_atomically

if TYPE_CHECKING:
    from dropsonde.aggregation.privacy.counted import Counted
    from dropsonde.aggregation.privacy.loss import Budget

KEY, LEDGER = "bounding.key", "ledger.json"  # in the data directory
_KEY_BYTES = 32


class Count(Protocol):
    """Counts a week: an engine together with its queries."""

    def __call__(self, week: str, key: bytes) -> tuple[Sequence[Counted], int]:
        """Exact tables, after bounding by the key, and the number of distinct sites."""


@dataclass(frozen=True)
class Noise:
    """The privacy budgets of noise.

    Attributes:
        week: of one release.
        year: of any 52 consecutive weeks.
    """

    week: Budget
    year: Budget


@dataclass(frozen=True)
class Releasing:
    """Makes releases of one data directory.

    Args:
        data: the data directory; it keeps the key and the ledger.
        released: where the public releases are.
        count: counts a week.
        clock: gives the time (aware).
        noise: None for k-anonymity alone.
    """

    data: Path
    released: Path
    count: Count
    clock: Callable[[], datetime]
    noise: Noise | None = None

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

    def public(self) -> tuple[Release, ...]:
        """The newest release of each week.

        Raises:
            FileError: a file is damaged.
        """
        try:
            return history(self.released)
        except ValueError as error:
            raise _damaged(error) from error

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

    def make(self, week: str, *, correction: bool = False) -> Release:
        """Count a week and make its release, without saving it. Hold :meth:`alone`.

        Raises:
            WeekOpenError: the week is not over.
            AlreadyReleasedError: it is public, and ``correction`` is false.
            CorrectionRefusedError: the difference from an earlier release would reveal few sites.
            BudgetSpentError: the budget does not cover its noise.
        """
        self.check_finished(week)
        earlier = self._earlier(week)
        if earlier and not correction:
            raise AlreadyReleasedError(
                f"{week} is released already, on {earlier[-1].made:%Y-%m-%d}",
                "a week is released once; --correct makes a correction that is compared first",
            )
        counted, sites = self.count(week, self._key())
        number = earlier[-1].number + 1 if earlier else 1
        if self.noise:
            return self._noisy(week, counted, sites, number)
        method, told, tables = anonymous(counted, sites)
        if earlier:  # a single site may change how many groups are private
            tables = {name: each.with_suppressed(None) for name, each in tables.items()}
        release = Release(week, self.clock(), method, told, tables, number)
        for each in earlier:
            compare(each, release)
        return release

    def _earlier(self, week: str) -> list[Release]:
        """All releases of a week, oldest first: each of them is public for good."""
        try:
            found = [load(path) for path in self.released.glob(f"{week}.*.json")]
        except ValueError as error:
            raise _damaged(error) from error
        return sorted(found, key=lambda each: each.number)

    def _noisy(self, week: str, counted: Sequence[Counted], sites: int, number: int) -> Release:
        # Imported here: a release without noise needs no opendp.
        from dropsonde.aggregation.privacy import noise  # noqa: PLC0415
        from dropsonde.aggregation.privacy.ledger import Entry, Ledger  # noqa: PLC0415

        assert self.noise is not None  # noqa: S101 - for the type checker
        ledger = Ledger(self.data / LEDGER)
        ledger.check(self.public())
        plan = noise.plan(counted, self.noise.week)
        spent = ledger.pay(Entry(week, number, plan.loss), self.noise.year)
        method, told, tables = noise.noisy(counted, sites, plan)
        method = replace(method, year_epsilon=spent.epsilon, year_delta=spent.delta)
        return Release(week, self.clock(), method, told, tables, number)

    def _key(self) -> bytes:
        """The key of the contribution sampling.

        It stays the same: otherwise a site would be in other groups each week, and with enough
        weeks in all of its groups.
        """
        path = self.data / KEY
        if not path.exists():
            write_atomically(path, secrets.token_bytes(_KEY_BYTES))
        key = read_bounded(path)
        if key is None or len(key) != _KEY_BYTES:
            raise FileError(f"{path}: holds no usable key", "restore it from a backup")
        return key


def _damaged(error: ValueError) -> FileError:
    return FileError(str(error), "restore it from a backup")
