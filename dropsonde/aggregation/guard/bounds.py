"""What a query may count: groups that are known and not too many, and sums that one unit moves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dropsonde.aggregation.guard import among
from dropsonde.aggregation.guard.shapes import module_of, output
from dropsonde.aggregation.known import UnknownError
from dropsonde.aggregation.plan import Length, Shape, Value, sources_of
from dropsonde.aggregation.privacy.unit import MOST_BESIDE
from dropsonde.aggregation.vocabularies import MOST_GROUPS, leaf_of, size, vocabulary

if TYPE_CHECKING:
    from sqlglot import exp

    from dropsonde.aggregation.guard.names import Names
    from dropsonde.aggregation.guard.verdict import Complaints
    from dropsonde.aggregation.plan import Key, Plan


def check_keys(
    statement: exp.Select, names: Names, keys: Sequence[Key], complaints: Complaints
) -> None:
    """Complain of keys whose values are in no published vocabulary."""
    for key in keys:
        try:
            vocabulary(key.expression, list(names.sources.values()))
            leaf = leaf_of(key.expression)
            if isinstance(leaf, Length) and not _has_modules(names, leaf):
                # Without all that it says of itself, a site would be in the group of no rows.
                text = f"{leaf.column} is not counted: only a number of modules or classes is a key"
                complaints.at(output(statement, key.name), text)
        except UnknownError as error:  # noqa: PERF203 - each key is refused by itself
            complaints.at(output(statement, key.name), str(error))


def check(statement: exp.Select, names: Names, plan: Plan, complaints: Complaints) -> None:
    """Complain of what would cost too much, or has no bound for a single unit.

    Args:
        statement: of the query.
        names: that it uses.
        plan: whose keys have vocabularies.
        complaints: where reasons go.
    """
    lists = list(names.sources.values())
    for each in plan.sums:
        if (reason := _sum(each.value, names, plan)) is not None:
            complaints.at(output(statement, each.name), reason)
    if (reason := among.missing(plan)) is not None:
        complaints.at(statement, reason)
    if plan.shape is Shape.BESIDE:
        rows = size([key for key in plan.keys if sources_of(key.expression) == {1}], lists)
        if rows > MOST_BESIDE:
            text = f"{rows:,} groups are too many beside each module: at most {MOST_BESIDE}"
            complaints.at(statement, text)
    elif plan.shape is not Shape.PAIR and (groups := size(plan.keys, lists)) > MOST_GROUPS:
        text = f"about {groups:,} groups are too many: at most {MOST_GROUPS:,}, with fewer keys"
        complaints.at(statement, text)


def _has_modules(names: Names, of: Length) -> bool:
    return module_of(0, names.columns[of.column.lower()]) is not None


def _sum(of: Value | Length | None, names: Names, plan: Plan) -> str | None:
    """Why a sum has no bound for a single unit; None if it has one."""
    if len(plan.sources) > 1:
        return "a sum is of a query with one UNNEST, or none"
    if isinstance(of, Length):
        if _has_modules(names, of):
            return f"{of.column} depends on each module of a site: no sum has a bound for one"
        of_site = True
    else:
        of_site = isinstance(of, Value) and of.source is None
    if of_site and plan.shape is Shape.MODULE:
        return "a number of the site is no sum of modules, each of which would add it"
    return None
