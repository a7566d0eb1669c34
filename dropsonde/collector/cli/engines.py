"""Which engine counts, by its name; a library is imported only where its engine is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dropsonde.collector.errors import DataDirectoryError
from dropsonde.collector.store import note

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager

    from dropsonde.aggregation.counting import Engine
    from dropsonde.schema.columns import Column

    Opened = Callable[[], AbstractContextManager[Engine]]


def engine_of(arguments: Namespace, columns: Sequence[Column]) -> Opened:
    """What opens the dataset with the engine that the arguments name.

    Raises:
        DataDirectoryError: the finished weeks are elsewhere, where that engine does not look.
    """
    known = note.read(arguments.data)
    if known is not None:
        raise DataDirectoryError(
            f"the finished weeks of {arguments.data} are in {known.store}",
            f"the engine {arguments.engine} would count none of them",
        )
    return _local(arguments, columns)


def _local(arguments: Namespace, columns: Sequence[Column]) -> Opened:
    """An engine on this machine."""
    if arguments.engine == "spark":
        from dropsonde.aggregation.engines import spark

        return lambda: spark.engine(arguments.data, columns)
    from dropsonde.aggregation.engines import duckdb

    return lambda: duckdb.engine(arguments.data, columns)
