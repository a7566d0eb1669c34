"""Shared by the commands that make releases."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from dropsonde.aggregation.engines.counting import counting
from dropsonde.aggregation.guard import judge
from dropsonde.aggregation.query import load
from dropsonde.aggregation.releasing import Noise, Releasing
from dropsonde.cli.collector.engines import engine_of
from dropsonde.cli.collector.sources import newest, reader
from dropsonde.common import weeks
from dropsonde.common.clock import utc_now
from dropsonde.common.errors import QueryError, UsageError

if TYPE_CHECKING:
    from dropsonde.aggregation.plan import Plan
    from dropsonde.aggregation.releasing import Count
    from dropsonde.schema.model import Column


def week_of(arguments: Namespace) -> str:
    """The week of the arguments, or the last that is finished."""
    return arguments.week or weeks.last_finished(utc_now())


def releasing_of(
    arguments: Namespace, count: Count, clock: Callable[[], datetime] = utc_now
) -> Releasing:
    """Prepare the releases that the arguments ask for.

    Raises:
        DataDirectoryError: the data directory is missing, or others may enter it.
        UsageError: the options for noise do not fit each other.
    """
    reader(arguments)
    return Releasing(arguments.data, arguments.out, count, clock, _noise(arguments))


def count_of(arguments: Namespace) -> Count:
    """The engine, with all of the project's queries.

    Raises:
        QueryError: the guard refuses a query.
        DataDirectoryError: the finished weeks are in a store that the engine does not read.
    """
    columns = newest()
    return counting(engine_of(arguments, columns), plans(columns))


def plans(columns: Sequence[Column]) -> Iterator[Plan]:
    """The plans of all queries.

    Raises:
        QueryError: the guard refuses a query.
    """
    for query in load():
        verdict = judge(query, columns)
        if verdict.plan is None:
            raise QueryError(
                f"the guard refuses the query {query.name} at {verdict.reasons[0]}",
                "dropsonde-collector check prints every reason",
            )
        yield verdict.plan


def _noise(arguments: Namespace) -> Noise | None:
    if arguments.epsilon is None and arguments.delta is None:
        return None
    if arguments.epsilon is None or arguments.delta is None:
        raise UsageError("--epsilon and --delta need each other", "give both or none")
    from dropsonde.aggregation.privacy.loss import Budget

    try:
        return Noise(
            Budget(arguments.epsilon, arguments.delta).check(),
            Budget(arguments.year_epsilon, arguments.year_delta).check(),
        )
    except ValueError as error:
        raise UsageError(str(error), "see docs/method.md") from error
