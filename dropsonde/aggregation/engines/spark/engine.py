"""Spark, on all cores of this machine: it counts the same rows as DuckDB does.

Only the collector's own view of the private dataset knows which rows count: it hides those of a
forgotten site, and a row in the spool replaces an older one in a file. So the engine writes a
week's rows once, as that view shows them, to a private file that Spark reads.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from sqlglot import exp

from dropsonde.aggregation.engines.spark.session import started, translating
from dropsonde.aggregation.engines.sql import TABLE, in_week, salt, sites_sql, to_sql
from dropsonde.collector.store.directory import checked
from dropsonde.collector.store.parquet import duckdb
from dropsonde.collector.store.parquet.schema import WEEK, literal
from dropsonde.collector.store.parquet.view import View, viewing

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from dropsonde.aggregation.plan import Plan
    from dropsonde.aggregation.release import Table
    from dropsonde.schema.model import Column

_DIALECT = "spark"
_FAILED = "Spark cannot count the week"
_GROUP = 16_384  # rows; Spark shares a file among its cores by groups of rows


@dataclass
class Spark:
    """Runs plans on one view of the dataset.

    Args:
        view: of one moment, so that all tables of a week count the same reports.
        session: Spark's.
        place: a private directory for the weeks' files.
    """

    view: View
    session: SparkSession
    place: str
    _week: str | None = field(default=None, init=False)

    def count(self, plan: Plan, week: str, *, key: bytes, threshold: int | None) -> Table:
        """The groups of a plan.

        Args:
            plan: what to count.
            week: as ``2026-W47``.
            key: secret, for the contribution sampling.
            threshold: leave out groups with fewer distinct sites.

        Raises:
            StoreUnavailableError: the dataset cannot be read.
            EngineError: Spark failed.
        """
        salted = exp.Placeholder(this="salt")
        sql = to_sql(plan, _DIALECT, self.view.columns, in_week(week), salted, threshold)
        self._show(week)
        with translating(_FAILED):
            rows = self.session.sql(sql, {"salt": salt(key, plan)}).collect()
        return plan.table(map(tuple, rows))

    def sites(self, week: str) -> int:
        """Distinct sites of a week.

        Raises:
            StoreUnavailableError: the dataset cannot be read.
            EngineError: Spark failed.
        """
        sql = sites_sql(_DIALECT, self.view.columns, in_week(week))
        self._show(week)
        with translating(_FAILED):
            ((count,),) = self.session.sql(sql).collect()
        return int(count)

    def _show(self, week: str) -> None:
        """Write a week's rows for Spark, and register them as its table."""
        if self._week == week:
            return
        file = f"{self.place}/{week}.parquet"
        with duckdb.translating(f"{week} cannot be written for Spark"):
            self.view.connection.execute(
                f"COPY (SELECT * FROM {TABLE} WHERE {WEEK} = {literal(week)}) "  # noqa: S608 - ours
                f"TO {literal(file)} (FORMAT parquet, COMPRESSION zstd, "
                f"USE_TMP_FILE false, ROW_GROUP_SIZE {_GROUP})"
            )
        with translating(_FAILED):
            self.session.read.parquet(file).createOrReplaceTempView(TABLE)
        self._week = week


@contextlib.contextmanager
def engine(data: Path, columns: Sequence[Column]) -> Iterator[Spark]:
    """Open a data directory's dataset as of now, and start Spark.

    Args:
        data: the collector's data directory.
        columns: the newest schema.

    Raises:
        DataDirectoryError: the directory is missing or not private.
        StoreUnavailableError: the dataset cannot be read.
        ConfigError: there is no Java.
        EngineError: Spark does not start.
    """
    directory = checked(data)
    with contextlib.ExitStack() as stack:
        view = stack.enter_context(viewing(directory, columns))
        scratch = stack.enter_context(directory.scratch())
        handle = os.open(scratch, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        stack.callback(os.close, handle)
        # Java can also open this path, and it has no special characters of the directory's name.
        place = f"/proc/{os.getpid()}/fd/{handle}"
        yield Spark(view, stack.enter_context(started(place)), place)
