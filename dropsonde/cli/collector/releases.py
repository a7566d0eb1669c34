"""Shared by the commands that make releases."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from dropsonde.aggregation.guard import judge
from dropsonde.aggregation.privacy.loss import Budget
from dropsonde.aggregation.privacy.unit import Unit
from dropsonde.aggregation.query import load
from dropsonde.aggregation.releasing import Releasing
from dropsonde.cli.collector.engines import engine_of
from dropsonde.cli.collector.options import EPSILON_YEAR
from dropsonde.cli.collector.sources import newest, reader
from dropsonde.collector import vocabulary_file
from dropsonde.common import weeks
from dropsonde.common.clock import utc_now
from dropsonde.common.errors import QueryError
from dropsonde.publish.forge import Forge
from dropsonde.site.vocabulary import deprecated

if TYPE_CHECKING:
    from dropsonde.aggregation.plan import Plan
    from dropsonde.collector.vocabulary_file import Published
    from dropsonde.schema.model import Column


def week_of(arguments: Namespace) -> str:
    """The week of the arguments, or the last that is finished."""
    return arguments.week or weeks.last_finished(utc_now())


def releasing_of(arguments: Namespace, clock: Callable[[], datetime] = utc_now) -> Releasing:
    """Prepare the releases that the arguments ask for.

    Raises:
        DataDirectoryError: the data directory is missing, others may enter it, or the finished
            weeks are in a store that the engine does not read.
        ConfigError: the engine's secret or its credentials are missing.
        QueryError: the guard refuses a query.
        UsageError: the engine and the store do not fit each other.
    """
    reader(arguments)
    columns = newest()
    made = list(plans(columns))
    unit, year = noise_of(arguments)
    return Releasing(
        data=arguments.data,
        released=arguments.out,
        opened=engine_of(arguments, columns, made),
        plans=made,
        schema=columns,
        modules=lambda: modules_of(arguments),
        clock=clock,
        unit=unit,
        year=year,
    )


def plans(columns: Sequence[Column]) -> Iterator[Plan]:
    """The plans of all queries.

    Raises:
        QueryError: the guard refuses a query.
    """
    queries = load()
    alone = {query.name: judge(query, columns).plan for query in queries}
    others = {name: plan for name, plan in alone.items() if plan is not None}
    for query in queries:
        verdict = judge(query, columns, others)
        if verdict.plan is None:
            raise QueryError(
                f"the guard refuses the query {query.name} at {verdict.reasons[0]}",
                "dropsonde-collector check prints every reason",
            )
        yield verdict.plan


def modules_of(arguments: Namespace) -> Mapping[str, Published]:
    """What was published of each module: the groups that are counted.

    Raises:
        ConfigError: there is no vocabulary, or it is malformed.
    """
    return _modules(vocabulary_of(arguments))


def vocabulary_of(arguments: Namespace) -> Path:
    """The vocabulary file that counts."""
    path: Path = arguments.vocabulary or arguments.data / vocabulary_file.NAME
    return path


def forge_of(vocabulary: Path) -> Forge:
    """What a vocabulary file, and the one of deprecated modules beside it, tell of the Forge.

    Raises:
        ConfigError: there is no vocabulary, or one of them is malformed.
    """
    return Forge(_modules(vocabulary), deprecated.read(vocabulary))


def _modules(vocabulary: Path) -> Mapping[str, Published]:
    found = vocabulary_file.read(vocabulary, None, required=True)
    return vocabulary_file.by_module(found.data) if found else {}


def noise_of(arguments: Namespace) -> tuple[Unit, Budget]:
    """The unit of privacy and the year's budget."""
    unit = Unit(arguments.unit)
    return unit, Budget(arguments.epsilon_year or EPSILON_YEAR[unit.value], arguments.delta_year)
