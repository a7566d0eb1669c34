"""Choose the engine by its name; its library is imported only then."""

from __future__ import annotations

import os
from argparse import Namespace
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from dropsonde.cli.collector.sources import remote
from dropsonde.collector.store import remote_state
from dropsonde.common.errors import DataDirectoryError, UsageError

if TYPE_CHECKING:
    from dropsonde.aggregation.counting import Engine
    from dropsonde.aggregation.plan import Plan
    from dropsonde.schema.model import Column

    Opened = Callable[[], AbstractContextManager[Engine]]


def engine_of(arguments: Namespace, columns: Sequence[Column], plans: Sequence[Plan]) -> Opened:
    """The function that opens the dataset with the engine that the arguments name.

    Args:
        arguments: name it.
        columns: of the newest schema.
        plans: those that will be counted.

    Raises:
        UsageError: the engine and the store do not fit each other.
        DataDirectoryError: the finished weeks are in a store that the engine does not read.
        ConfigError: there are no Google credentials, or a cluster's secret is missing.
    """
    name = arguments.engine or ("bigquery" if arguments.store else "duckdb")
    if arguments.spark_master and name != "spark":
        raise UsageError("--spark-master is for Spark", "give --engine spark, too")
    if name == "bigquery":
        return _bigquery(arguments, columns)
    if arguments.store:
        raise UsageError(
            f"--engine {name} does not look into --store", "give --engine bigquery, or neither"
        )
    known = remote_state.read(arguments.data)
    if known is not None:
        raise DataDirectoryError(
            f"the finished weeks of {arguments.data} are in {known.store}",
            f"give --store {known.store}, and --engine bigquery or none",
        )
    return _local(name, arguments, columns, plans)


def _local(
    name: str, arguments: Namespace, columns: Sequence[Column], plans: Sequence[Plan]
) -> Opened:
    """An engine that reads the data directory."""
    if name == "spark":
        from dropsonde.aggregation.engines.spark.master import master_of

        master = master_of(arguments.spark_master, os.environ)
        from dropsonde.aggregation.engines.spark.engine import engine as spark

        return lambda: spark(arguments.data, columns, master, plans)
    from dropsonde.aggregation.engines.duckdb.engine import engine as duckdb

    return lambda: duckdb(arguments.data, columns)


def _bigquery(arguments: Namespace, columns: Sequence[Column]) -> Opened:
    store = remote(arguments)
    if store is None:
        raise UsageError(
            "--engine bigquery needs --store", "give --store bigquery://PROJECT/DATASET"
        )
    from dropsonde.aggregation.engines import bigquery

    return lambda: bigquery.engine(arguments.data, columns, store)
