"""BigQuery: it counts the weeks that a collector has moved there.

A query reads the week's partition, and the sites of earlier ones. The spool is not read, so a week
with waiting rows is refused, and so is every week while a deletion waits: ``compact`` processes
both.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from google.cloud.bigquery import DatasetReference, QueryJobConfig, ScalarQueryParameter

from dropsonde.aggregation.engines.expressions import SITE, TABLE
from dropsonde.aggregation.engines.sql import Counting, counting_sites, translated
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
    from dropsonde.aggregation.privacy.unit import Unit
    from dropsonde.collector.store.bigquery.archive import BigQuery as Store

_LOG = logging.getLogger(__name__)
_DIALECT = "bigquery"
# The week's partition, of the sites that reported before, as in :func:`.sql.in_week`.
_EARLIER = f"SELECT {SITE} FROM {TABLE} AS earlier WHERE earlier.{MONDAY} < @monday"  # noqa: S608 - ours
_THE_WEEK = f"{TABLE}.{MONDAY} = @monday AND {TABLE}.{SITE} IN ({_EARLIER})"
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
            WeekOpenError: not all of the week is there yet.
            BigQueryError: BigQuery is unavailable, or refuses.
            EngineError: it would cost too much.
        """
        statement = Counting(plan, unit, _THE_WEEK, among).statement()
        keys = len(plan.keys)
        return {
            tuple(row[:keys]): tuple(map(int, row[keys:]))
            for row in self._rows(plan.name, week, statement)
        }

    def sites(self, week: str) -> int:
        """Distinct sites of a week that count.

        Raises:
            WeekOpenError: not all of the week is there yet.
            BigQueryError: BigQuery is unavailable, or refuses.
            EngineError: it would cost too much.
        """
        ((count,),) = self._rows("sites", week, counting_sites(_THE_WEEK))
        return int(count)

    @property
    def _known(self) -> Sequence[Column]:
        # The schema has no DATE; only the column's name is used.
        return (*self.columns, Column(MONDAY, Type.TIMESTAMP, "The week's Monday."))

    def _rows(self, name: str, week: str, statement: str) -> Iterator[tuple[Any, ...]]:
        """Check how much a query would read, then run it."""
        sql = translated(statement, _DIALECT, self._known)
        check_whole(self.directory, week)
        monday = ScalarQueryParameter("monday", "DATE", first_moment(week).date())
        address = self.jobs.address
        config = QueryJobConfig(
            default_dataset=DatasetReference(address.project, address.dataset),
            labels={"program": "dropsonde", "table": name},
            maximum_bytes_billed=MOST_BYTES,
            query_parameters=[monday],
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
