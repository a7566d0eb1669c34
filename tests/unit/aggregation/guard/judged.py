"""Queries for tests of the guard."""

from __future__ import annotations

import functools
import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from dropsonde.aggregation.guard import Verdict, judge
from dropsonde.aggregation.query import load, read
from tests.unit.collector.intake.reports import NEWEST

if TYPE_CHECKING:
    from dropsonde.aggregation.plan import Plan

HOSTILE = Path(__file__).parents[3] / "data/queries/hostile.sql"


class Hostile(NamedTuple):
    """A query that must be refused.

    Attributes:
        sql: without a comment.
        reason: what one of the reasons says.
    """

    sql: str
    reason: str


def hostile() -> list[Hostile]:
    found = re.findall(r"^-- (.*)\n((?:SELECT|[A-Z(;]).*);$", HOSTILE.read_text(), re.MULTILINE)
    return [Hostile(sql, reason) for reason, sql in found]


@functools.cache
def shipped() -> tuple[Plan, ...]:
    """The plans of our own queries."""
    plans = []
    for query in load():
        plan = judge(query, NEWEST).plan
        assert plan is not None, query.name
        plans.append(plan)
    return tuple(plans)


def judged(sql: str, *settings: str) -> Verdict:
    """The verdict of a query, each of whose outputs is described.

    Args:
        sql: without a comment.
        settings: lines such as ``share: 5``.
    """
    listed = re.sub(r"(UNNEST\([^)]*\)|\b(?:FROM|JOIN) \w+) AS \w+", "", sql)
    outputs = dict.fromkeys(re.findall(r"\bAS ([a-z]\w*)", listed))
    about = "".join(f"-- {name}: A column.\n" for name in outputs)
    header = f"-- Title\n--\n-- Description.\n--\n{about}"
    header += "".join(f"-- {line}\n" for line in settings)
    return judge(read("query", header + sql), NEWEST, {plan.name: plan for plan in shipped()})
