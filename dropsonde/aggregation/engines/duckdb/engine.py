"""DuckDB, embedded: it counts the rows of the collector's own view of the private dataset."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from dropsonde.aggregation.engines.duckdb.dictionary import taken, whole
from dropsonde.aggregation.engines.duckdb.parts import Parts
from dropsonde.aggregation.engines.sql import in_week, salt, sites_sql
from dropsonde.collector.store.directory import checked
from dropsonde.collector.store.parquet.duckdb import translating
from dropsonde.collector.store.parquet.view import View, viewing

if TYPE_CHECKING:
    from dropsonde.aggregation.engines.duckdb.dictionary import Taken
    from dropsonde.aggregation.plan import Plan
    from dropsonde.aggregation.release import Table
    from dropsonde.schema.model import Column

_FAILED = "the week cannot be counted"


@dataclass(frozen=True)
class DuckDB:
    """Runs plans on one view of the dataset.

    Args:
        view: of one moment, so that all tables of a week count the same reports.
        plans: those that will most likely be counted; lists that they share are read once.
    """

    view: View
    plans: Sequence[Plan] = ()
    _weeks: dict[str, tuple[Taken, ...]] = field(default_factory=dict, init=False, compare=False)

    def count(self, plan: Plan, week: str, *, key: bytes, threshold: int | None) -> Table:
        """The groups of a plan.

        Args:
            plan: what to count.
            week: as ``2026-W47``.
            key: secret, for the contribution sampling.
            threshold: leave out groups with fewer distinct sites.

        Raises:
            StoreUnavailableError: the dataset cannot be read.
        """
        with translating(_FAILED):
            taken = next((each for each in self._taken(week) if each.has(plan)), None)
            parts = Parts(
                self.view.connection, self.view.columns, plan, week, salt(key, plan), taken
            )
            rows = parts.rows(threshold)
        return plan.table(rows)

    def sites(self, week: str) -> int:
        """Distinct sites of a week.

        Raises:
            StoreUnavailableError: the dataset cannot be read.
        """
        with translating(_FAILED):
            sql = sites_sql("duckdb", self.view.columns, in_week(week))
            (count,) = self.view.connection.execute(sql).fetchone() or (0,)
        return int(count)

    def _taken(self, week: str) -> tuple[Taken, ...]:
        """The sources of a week's reports, the quickest first; none if a site has several.

        The store prevents that; if it happened, the counts would still be right.
        """
        if week not in self._weeks:
            self._weeks.clear()  # the table of lists holds one week
            reports, run = whole(week), self.view.connection.execute
            found: tuple[Taken | None, ...] = ()
            if run(f"SELECT count(*) {reports.origin}").fetchone() == (self.sites(week),):
                lists = taken(self.view.connection, self.plans, self.view.columns, week)
                found = (lists, reports)
            self._weeks[week] = tuple(filter(None, found))
        return self._weeks[week]


@contextlib.contextmanager
def engine(data: Path, columns: Sequence[Column], plans: Sequence[Plan] = ()) -> Iterator[DuckDB]:
    """Open a data directory's dataset as of now.

    Args:
        data: the collector's data directory.
        columns: the newest schema.
        plans: those that will most likely be counted.

    Raises:
        DataDirectoryError: the directory is missing or not private.
        StoreUnavailableError: the dataset cannot be read.
    """
    with viewing(checked(data), columns) as view:
        view.lock()
        yield DuckDB(view, plans)
