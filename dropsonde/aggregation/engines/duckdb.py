"""DuckDB, embedded: it counts what the collector's own view of the private dataset shows."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dropsonde.aggregation.engines.parts import Parts
from dropsonde.aggregation.sql import SITE, TABLE, in_week, salt, sites_sql
from dropsonde.collector.store.directory import checked
from dropsonde.collector.store.engine import translating
from dropsonde.collector.store.table import WEEK
from dropsonde.collector.store.view import View, viewing

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from dropsonde.aggregation.plan import Plan
    from dropsonde.aggregation.tables import Table
    from dropsonde.schema.columns import Column

_FAILED = "the week cannot be counted"


@dataclass(frozen=True)
class DuckDB:
    """Runs plans on one view of the dataset.

    Args:
        view: as of one moment, so that all tables of a week are of the same reports.
    """

    view: View
    _singles: dict[str, bool] = field(default_factory=dict, init=False, compare=False)

    def count(self, plan: Plan, week: str, *, key: bytes, threshold: int | None) -> Table:
        """The groups of a plan.

        Args:
            plan: what to count.
            week: as ``2026-W47``.
            key: secret; it decides which groups of a site count where it has too many.
            threshold: leave out groups with fewer distinct sites.

        Raises:
            StoreUnavailableError: the dataset cannot be read.
        """
        parts = Parts(self.view.connection, self.view.columns, plan, week, salt(key, plan))
        with translating(_FAILED):
            rows = parts.rows(threshold, single=self._single(week))
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

    def _single(self, week: str) -> bool:
        """Whether each site has one row; the store sees to that, and counts are right if not."""
        if week not in self._singles:
            found = self.view.connection.execute(
                f"SELECT count(*) FROM {TABLE} WHERE {WEEK} = $1 AND {SITE} IS NOT NULL",  # noqa: S608 - ours
                [week],
            ).fetchone()
            self._singles[week] = found == (self.sites(week),)
        return self._singles[week]


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
        view.lock()
        yield DuckDB(view)
