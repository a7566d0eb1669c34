"""Shared by the commands for contributors: a query's file, and the guard's verdict on it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from dropsonde.aggregation.guard import judge
from dropsonde.aggregation.query import SUFFIX, read
from dropsonde.cli.collector.sources import newest
from dropsonde.common.errors import FileError, QueryError
from dropsonde.common.files import read_bounded

if TYPE_CHECKING:
    from dropsonde.aggregation.guard import Verdict
    from dropsonde.aggregation.plan import Plan

_MOST_BYTES = 1 << 16


def verdict_of(file: Path) -> Verdict:
    """The guard's verdict on a query's file.

    Raises:
        FileError: it cannot be read.
    """
    data = read_bounded(file, _MOST_BYTES)
    try:
        text = None if data is None else data.decode()
    except UnicodeDecodeError:
        text = None
    if text is None:
        raise FileError(f"{file}: cannot be read as a query", "name a text file, NAME.sql")
    return judge(read(file.name.removesuffix(SUFFIX), text), newest())


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
