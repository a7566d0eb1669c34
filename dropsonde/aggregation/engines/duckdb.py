"""DuckDB, embedded: it counts what the collector's own view of the private dataset shows."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlglot import exp

from dropsonde.aggregation.engines.parts import Parts
from dropsonde.aggregation.sql import SITE, TABLE, salt, sites_sql
from dropsonde.aggregation.tables import Table
from dropsonde.collector.store.directory import checked
from dropsonde.collector.store.engine import translating
from dropsonde.collector.store.table import WEEK
from dropsonde.collector.store.view import View, viewing
from dropsonde.schema.columns import Column, Type

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from dropsonde.aggregation.plan import Plan

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
        parts = Parts(self.view.connection, self._columns, plan, week, salt(key, plan))
        with translating(_FAILED):
            rows = parts.rows(threshold, single=self._single(week))
        return Table(plan.name, plan.title, plan.description, plan.fields, ()).with_rows(
            tuple(rows)
        )

    def sites(self, week: str) -> int:
        """Distinct sites of a week.

        Raises:
            StoreUnavailableError: the dataset cannot be read.
        """
        with translating(_FAILED):
            found = self.view.connection.execute(sites_sql("duckdb", self._columns, _is(week)))
            (count,) = found.fetchone() or (0,)
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

    @property
    def _columns(self) -> Sequence[Column]:
        return (*self.view.table.columns, Column(WEEK, Type.STRING, "The dataset's own."))


def _is(week: str) -> exp.Expr:
    return exp.EQ(this=exp.column(WEEK), expression=exp.Literal.string(week))


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
