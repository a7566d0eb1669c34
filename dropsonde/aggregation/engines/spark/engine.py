"""Spark, on this machine or on a cluster: it counts the same rows as DuckDB does.

Only the collector's own view of the private dataset knows which rows count: it hides those of a
forgotten site, and a row in the spool replaces an older one in a file. So the engine gives Spark a
week's rows once, as that view shows them.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dropsonde.aggregation.engines.expressions import SITE, TABLE
from dropsonde.aggregation.engines.spark import rows
from dropsonde.aggregation.engines.spark.cluster import watched
from dropsonde.aggregation.engines.spark.master import Master
from dropsonde.aggregation.engines.spark.session import started, translating
from dropsonde.aggregation.engines.sql import Counting, counting_sites, translated
from dropsonde.aggregation.plan import columns_of
from dropsonde.collector.store.directory import checked
from dropsonde.collector.store.parquet.schema import WEEK
from dropsonde.collector.store.parquet.view import View, viewing

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, Row, SparkSession

    from dropsonde.aggregation.plan import Plan
    from dropsonde.aggregation.privacy.unit import Unit
    from dropsonde.schema.model import Column

_DIALECT = "spark"
_HERE = Master()
_ALL = "TRUE"  # of the rows that Spark gets; they are of sites that count
_FAILED = "Spark cannot count the week"


@dataclass
class Spark:
    """Runs plans on one view of the dataset.

    Args:
        view: of one moment, so that all tables of a week count the same reports.
        session: Spark's.
        place: a private directory for the weeks' files.
        master: where Spark runs.
        plans: those that will most likely be counted; Spark gets the columns that they name.
    """

    view: View
    session: SparkSession
    place: str
    master: Master
    plans: Sequence[Plan] = ()
    _week: str | None = field(default=None, init=False)
    _shown: DataFrame | None = field(default=None, init=False)
    _names: frozenset[str] = field(default=frozenset(), init=False)

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
            EngineError: Spark failed.
        """
        rows_ = self._run(week, Counting(plan, unit, _ALL, among).statement(), [plan])
        keys = len(plan.keys)
        return {tuple(row[:keys]): tuple(map(int, row[keys:])) for row in rows_}

    def sites(self, week: str) -> int:
        """Distinct sites of a week that count.

        Raises:
            StoreUnavailableError: the dataset cannot be read.
            EngineError: Spark failed.
        """
        ((count,),) = self._run(week, counting_sites(_ALL), [])
        return int(count)

    def _run(self, week: str, statement: str, plans: Sequence[Plan]) -> list[Row]:
        """Run a statement on a week's rows."""
        sql = translated(statement, _DIALECT, self.view.columns)
        with translating(_FAILED, self.master), contextlib.ExitStack() as stack:
            if self.master.address:
                stack.enter_context(watched(self.session.sparkContext, self.master))
            self._show(week, _named(plans))
            return self.session.sql(sql).collect()

    def _show(self, week: str, names: frozenset[str]) -> None:
        """Give Spark a week's rows as its table, with these columns or more."""
        if self._week == week and names <= self._names:
            return
        if self._shown is not None:
            self._shown.unpersist()
        names |= _named(self.plans)
        columns = [each for each in self.view.columns if each.name.lower() in names]
        give = rows.sent if self.master.address else rows.local
        self._shown = give(self.view, columns, week, self.session, self.place)
        self._shown.createOrReplaceTempView(TABLE)
        self._week, self._names = week, frozenset(each.name.lower() for each in columns)


def _named(plans: Sequence[Plan]) -> frozenset[str]:
    """The columns that plans need, in lower case."""
    of_reports = (column.lower() for plan in plans for column in columns_of(plan))
    return frozenset((SITE, WEEK, *of_reports))


@contextlib.contextmanager
def engine(
    data: Path, columns: Sequence[Column], master: Master = _HERE, plans: Sequence[Plan] = ()
) -> Iterator[Spark]:
    """Open a data directory's dataset as of now, and start Spark.

    Args:
        data: the collector's data directory.
        columns: the newest schema.
        master: where Spark runs.
        plans: those that will most likely be counted.

    Raises:
        DataDirectoryError: the directory is missing or not private.
        StoreUnavailableError: the dataset cannot be read.
        ConfigError: there is no Java.
        EngineError: Spark does not start, or a cluster has no room for it.
    """
    directory = checked(data)
    with contextlib.ExitStack() as stack:
        view = stack.enter_context(viewing(directory, columns))
        scratch = stack.enter_context(directory.scratch())
        handle = os.open(scratch, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        stack.callback(os.close, handle)
        # Java can also open this path, and it has no special characters of the directory's name.
        place = f"/proc/{os.getpid()}/fd/{handle}"
        session = stack.enter_context(started(place, master))
        yield Spark(view, session, place, master, plans)
