"""Give Spark the rows of a week, as the collector's own view shows them.

On this machine Spark reads them from a private file. The workers of a cluster are other machines,
with no directory in common: the driver reads the rows as JSON and sends them inside its encrypted
messages. Workers then keep them in columns, and ask the driver again for those that died with
another worker. Only Java has a part in this, so workers need no Python, and the collector no Arrow.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyspark.sql import DataFrame

from dropsonde.aggregation.engines.expressions import TABLE
from dropsonde.aggregation.engines.sql import in_week
from dropsonde.collector.store.parquet import duckdb
from dropsonde.collector.store.parquet.schema import literal, quoted, rebuilt
from dropsonde.schema.model import Mode, Type

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pyspark.sql import SparkSession

    from dropsonde.collector.store.parquet.view import View
    from dropsonde.schema.model import Column

_GROUP = 16_384  # rows; Spark shares a file among its cores by groups of rows
_MESSAGE = 8_000_000  # bytes of JSON in one, on average
_SPARK = {
    Type.INTEGER: "BIGINT",
    Type.FLOAT: "DOUBLE",
    Type.BYTES: "BINARY",
}
# As Spark reads JSON; DuckDB would write bytes with escapes.
_TO_JSON = {
    Type.BYTES: "base64({})",
    Type.TIMESTAMP: "strftime({}, '%Y-%m-%dT%H:%M:%S.%f+00:00')",
}


def local(
    view: View, columns: Sequence[Column], week: str, session: SparkSession, place: str
) -> DataFrame:
    """Spark's rows of a week, from a file.

    Args:
        view: of the dataset.
        columns: some of the view's.
        week: as ``2026-W47``.
        session: Spark's, on this machine.
        place: a private directory, where the file stays.

    Raises:
        StoreUnavailableError: the dataset cannot be read.
    """
    file = f"{place}/{week}.parquet"
    form = f"parquet, COMPRESSION zstd, ROW_GROUP_SIZE {_GROUP}"
    names = ", ".join(quoted(each.name) for each in columns)
    _copy(view, names, week, f"TO {literal(file)} (FORMAT {form}, USE_TMP_FILE false)")
    return session.read.parquet(file)


def sent(
    view: View, columns: Sequence[Column], week: str, session: SparkSession, place: str
) -> DataFrame:
    """Spark's rows of a week, which the driver keeps in memory and sends to workers.

    Args:
        view: of the dataset.
        columns: some of the view's; the others stay here.
        week: as ``2026-W47``.
        session: Spark's, on a cluster.
        place: a private directory, for a file that is gone afterwards.

    Raises:
        StoreUnavailableError: the dataset cannot be read.
    """
    file = Path(place, f"{week}.json")
    values = ", ".join(
        f"{rebuilt(quoted(each.name), each, _TO_JSON)} AS {quoted(each.name)}" for each in columns
    )
    try:
        _copy(view, values, week, f"TO {literal(str(file))} (FORMAT json, USE_TMP_FILE false)")
        return _parallel(session, file, _fields(columns, " ")).persist()
    finally:
        file.unlink(missing_ok=True)


def _parallel(session: SparkSession, file: Path, fields: str) -> DataFrame:
    """Rows of JSON in a file of the driver. Python's own way would need Python on workers."""
    java: Any = session._jsparkSession  # noqa: SLF001 - as said
    jvm: Any = session._jvm  # noqa: SLF001
    context = jvm.org.apache.spark.api.java.JavaSparkContext.fromSparkContext(java.sparkContext())
    lines = jvm.java.nio.file.Files.readAllLines(jvm.java.io.File(str(file)).toPath())
    slices = max(context.defaultParallelism(), file.stat().st_size // _MESSAGE + 1)
    text = jvm.org.apache.spark.sql.Encoders.STRING()
    shared = java.createDataset(context.parallelize(lines, slices).rdd(), text)
    rows = java.read().schema(fields).option("mode", "FAILFAST").json(shared)
    return DataFrame(rows, session)


def _copy(view: View, columns: str, week: str, to: str) -> None:
    with duckdb.translating(f"{week} cannot be written for Spark"):
        view.connection.execute(
            f"COPY (SELECT {columns} FROM {TABLE} WHERE {in_week(week)}) {to}"  # noqa: S608 - ours
        )


def _fields(columns: Iterable[Column], colon: str) -> str:
    return ", ".join(f"`{each.name}`{colon}{_type(each)}" for each in columns)


def _type(column: Column) -> str:
    """A column's type in Spark."""
    single = _SPARK.get(column.type, column.type.value)
    if column.fields:
        single = f"STRUCT<{_fields(column.fields, ': ')}>"
    return f"ARRAY<{single}>" if column.mode is Mode.REPEATED else single
