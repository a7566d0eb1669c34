"""Shared by the commands for contributors: a query's file, and the guard's verdict on it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from dropsonde.aggregation.guard import judge
from dropsonde.aggregation.query import SUFFIX, read
from dropsonde.cli.collector.releases import plans
from dropsonde.cli.collector.sources import newest
from dropsonde.common.errors import FileError, QueryError
from dropsonde.common.files import read_file

if TYPE_CHECKING:
    from dropsonde.aggregation.guard import Verdict
    from dropsonde.aggregation.plan import Plan

_MOST_BYTES = 1 << 16
_INPUT = Path("-")  # for other programs standard input; here a file, if it exists
_ADVICE = "name a text file, NAME.sql"


def verdict_of(file: Path) -> Verdict:
    """The guard's verdict on a query's file.

    Raises:
        FileError: it cannot be read.
        QueryError: the guard refuses a query of the project.
    """
    columns = newest()
    others = {plan.name: plan for plan in plans(columns)}
    return judge(read(file.name.removesuffix(SUFFIX), _text(file)), columns, others)


def _text(file: Path) -> str:
    try:
        data = read_file(file, _MOST_BYTES)
    except OSError as error:
        named = error.strerror if file != _INPUT else "Standard input has no name for the table"
        raise FileError(f"{file}: {named}", _ADVICE) from error
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise FileError(f"{file}: Not UTF-8 in line {line}", _ADVICE) from error


def accepted(file: Path, verdict: Verdict) -> Plan:
    """The plan of an accepted query.

    Raises:
        QueryError: it is refused.
    """
    if verdict.plan is None:
        (first, *others) = verdict.reasons
        more = f", and {len(others)} more" if others else ""
        raise QueryError(f"{file}: the guard refuses it: {first}{more}", "see docs/queries.md")
    return verdict.plan
