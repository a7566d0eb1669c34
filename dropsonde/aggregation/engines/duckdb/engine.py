"""DuckDB, embedded: it counts the rows of the collector's own view of the private dataset."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dropsonde.aggregation.engines.duckdb.coded import Coded
from dropsonde.aggregation.engines.duckdb.stepwise import Stepwise, fits
from dropsonde.aggregation.engines.sql import Counting, in_week, translated
from dropsonde.collector.store.directory import checked
from dropsonde.collector.store.parquet.duckdb import translating
from dropsonde.collector.store.parquet.view import View, viewing

if TYPE_CHECKING:
    from dropsonde.aggregation.plan import Plan
    from dropsonde.aggregation.privacy.unit import Unit
    from dropsonde.schema.model import Column

_FAILED = "the week cannot be counted"


@dataclass(frozen=True)
class DuckDB:
    """Runs plans on one view of the dataset.

    Args:
        view: of one moment, so that all tables of a week count the same reports.
    """

    view: View
    coded: Coded

    @classmethod
    def of(cls, view: View) -> DuckDB:
        """The engine of a view."""
        return cls(view, Coded(view.connection, view.columns))

    def count(
        self, plan: Plan, week: str, unit: Unit, among: Mapping[str, Collection[Any]]
    ) -> dict[tuple[Any, ...], tuple[int, ...]]:
        """Group to its number of sites and its sums, weighed, in parts of a site.

        Args:
            plan: what to count.
            week: as ``2026-W47``.
            unit: whose groups are weighed.
            among: key to the values that are counted.

        Raises:
            StoreUnavailableError: the dataset cannot be read.
        """
        counting = Counting(plan, unit, in_week(week), among)
        with translating(_FAILED):
            if fits(plan):
                self.coded.take(week, plan.sources)
                rows = Stepwise(self.coded, counting).counts()
            else:
                rows = self._run(counting.statement())
        keys = len(plan.keys)
        return {row[:keys]: tuple(map(int, row[keys:])) for row in rows}

    def sites(self, week: str) -> int:
        """Distinct sites of a week that count.

        Raises:
            StoreUnavailableError: the dataset cannot be read.
        """
        with translating(_FAILED):
            return self.coded.sites(week)

    def _run(self, statement: str) -> list[tuple[Any, ...]]:
        sql = translated(statement, "duckdb", self.view.columns)
        return self.view.connection.execute(sql).fetchall()


@contextlib.contextmanager
def engine(data: Path, columns: Sequence[Column]) -> Iterator[DuckDB]:
    """Open a data directory's dataset as of now.

    Args:
        data: the collector's data directory.
        columns: the newest schema.

    Raises:
        DataDirectoryError: the directory is missing or not private.
        StoreUnavailableError: the dataset cannot be read.
    """
    with viewing(checked(data), columns) as view:
        # Joins stay as they are written: otherwise the lists would be the side that is in memory.
        view.connection.execute("SET disabled_optimizers = 'join_order,build_side_probe_side'")
        view.lock()
        yield DuckDB.of(view)
