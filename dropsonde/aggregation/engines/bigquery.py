"""BigQuery: it counts the weeks that a collector has moved there.

A query reads one partition, the week's. The secret is a parameter and appears in no statement. The
spool is not read, so a week with waiting rows is refused, and so is every week while a deletion
waits: ``compact`` processes both.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from google.cloud.bigquery import DatasetReference, QueryJobConfig, ScalarQueryParameter
from sqlglot import exp

from dropsonde.aggregation.engines.sql import salt, sites_sql, to_sql
from dropsonde.collector.store import remote_state
from dropsonde.collector.store.bigquery.connection import translating
from dropsonde.collector.store.bigquery.fields import MONDAY
from dropsonde.collector.store.bigquery.jobs import Jobs
from dropsonde.collector.store.bigquery.tables import Tables
from dropsonde.collector.store.directory import Directory, checked
from dropsonde.collector.store.parquet.dataset import Dataset
from dropsonde.collector.store.spool.reader import reading
from dropsonde.common.errors import DataDirectoryError, EngineError, WeekOpenError
from dropsonde.common.weeks import first_moment
from dropsonde.schema.model import Column, Type

if TYPE_CHECKING:
    from dropsonde.aggregation.plan import Plan
    from dropsonde.aggregation.release import Table
    from dropsonde.collector.store.bigquery.archive import BigQuery as Store

_LOG = logging.getLogger(__name__)
_DIALECT = "bigquery"
MOST_BYTES = 1 << 40  # that a query may read: a week of a hundred million sites


@dataclass(frozen=True)
class BigQuery:
    """Runs plans on a collector's table.

    Args:
        directory: the data directory whose finished weeks are there.
        columns: of the schema; the table has them.
        jobs: of the project.
    """

    directory: Directory
    columns: Sequence[Column]
    jobs: Jobs

    def count(self, plan: Plan, week: str, *, key: bytes, threshold: int | None) -> Table:
        """The groups of a plan.

        Args:
            plan: what to count.
            week: as ``2026-W47``.
            key: secret, for the contribution sampling.
            threshold: leave out groups with fewer distinct sites.

        Raises:
            WeekOpenError: not all of the week is there yet.
            BigQueryError: BigQuery is unavailable, or refuses.
            EngineError: it would cost too much.
        """
        salted = exp.Parameter(this=exp.var("salt"))
        sql = to_sql(plan, _DIALECT, self._known, _is_the_week(), salted, threshold)
        secret = ScalarQueryParameter("salt", "STRING", salt(key, plan))
        return plan.table(self._rows(plan.name, week, sql, secret))

    def sites(self, week: str) -> int:
        """Distinct sites of a week.

        Raises:
            WeekOpenError: not all of the week is there yet.
            BigQueryError: BigQuery is unavailable, or refuses.
            EngineError: it would cost too much.
        """
        sql = sites_sql(_DIALECT, self._known, _is_the_week())
        ((count,),) = self._rows("sites", week, sql)
        return int(count)

    @property
    def _known(self) -> Sequence[Column]:
        # The schema has no DATE; only the column's name is used.
        return (*self.columns, Column(MONDAY, Type.TIMESTAMP, "The week's Monday."))

    def _rows(
        self, name: str, week: str, sql: str, *parameters: ScalarQueryParameter
    ) -> Iterator[tuple[Any, ...]]:
        """Check how much a query would read, then run it."""
        check_whole(self.directory, week)
        monday = ScalarQueryParameter("monday", "DATE", first_moment(week).date())
        address = self.jobs.address
        config = QueryJobConfig(
            default_dataset=DatasetReference(address.project, address.dataset),
            labels={"program": "dropsonde", "table": name},
            maximum_bytes_billed=MOST_BYTES,
            query_parameters=[monday, *parameters],
            use_query_cache=False,  # a cached result may hold a deleted site for a day
        )
        with translating(address):
            reads = self.jobs.reads(sql, config)
            _LOG.info("%s of %s: BigQuery reads %s bytes", name, week, f"{reads:,}")
            if reads > MOST_BYTES:
                raise EngineError(
                    f"{address}: {name} of {week} would read {reads:,} bytes, which costs too much",
                    f"see whether the table is still partitioned by {MONDAY}",
                )
            yield from self.jobs.rows(sql, config)


def check_whole(directory: Directory, week: str) -> None:
    """Refuse a week that BigQuery does not hold completely.

    Raises:
        WeekOpenError: rows of it, or deletions, still wait in the spool.
        DataDirectoryError: it is in the directory's own files.
    """
    with reading(directory.spool) as spool:
        waiting = week in spool.weeks() or bool(spool.forgotten())
    if waiting:
        raise WeekOpenError(
            f"{directory.root}: rows of {week}, or deletions, are still to be moved to BigQuery",
            "a running collector does it within the hour, dropsonde-collector compact now",
        )
    if week in Dataset(directory.dataset).weeks():
        raise DataDirectoryError(
            f"{week} is in {directory.root}'s own files, from before --store was given",
            "release it from a backup that was made before",
        )


def _is_the_week() -> exp.Expr:
    """The condition that selects the week's partition."""
    return exp.EQ(this=exp.column(MONDAY), expression=exp.Parameter(this=exp.var("monday")))


@contextlib.contextmanager
def engine(data: Path, columns: Sequence[Column], store: Store) -> Iterator[BigQuery]:
    """Open a data directory's table in BigQuery.

    Args:
        data: the collector's data directory.
        columns: the newest schema; columns that the table lacks are added.
        store: where the finished weeks are.

    Raises:
        DataDirectoryError: the directory is missing or not private, or its weeks are elsewhere.
        BigQueryError: BigQuery is unavailable, or refuses.
        EngineError: on exit, when the table has changed: the numbers may be inconsistent.
    """
    directory = checked(data)
    known = remote_state.read(directory.root)
    if known is None or known.store != store.url:
        place = known.store if known else "its own files"
        raise DataDirectoryError(
            f"the finished weeks of {data} are not in {store.url}, but in {place}",
            "name the store that they are in, or move them with dropsonde-collector compact",
        )
    tables = Tables(store.client, store.address, store.patience.calls)
    with translating(store.address):
        jobs = Jobs(store.client, store.address, tables.location(), store.patience)
        tables.ensure(columns)
        before = tables.changed()
    yield BigQuery(directory, columns, jobs)
    with translating(store.address):
        if tables.changed() != before:
            raise EngineError(f"{store.url}: rows came or went during the count", "run it again")
