"""The setting ``among``: of which other tables' public groups a query's keys are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from dropsonde.aggregation.plan import USAGE, Shape, sources_of
from dropsonde.aggregation.query import LINE_END
from dropsonde.aggregation.vocabularies import vocabulary
from dropsonde.schema.model import Mode

if TYPE_CHECKING:
    from dropsonde.aggregation.guard.verdict import Complaints
    from dropsonde.aggregation.plan import Key, Plan
    from dropsonde.aggregation.query import Query
    from dropsonde.schema.model import Column

_SETTING = "among"
_FORM = "among names keys, each once and with a table: module module_usage, os operating_systems"


def read(query: Query, keys: Sequence[Key], complaints: Complaints) -> dict[str, str]:
    """Key to the table that says which of its values are counted."""
    words = query.settings[_SETTING].replace(",", " ").split()
    found = dict(zip(words[::2], words[1::2], strict=False))
    if len(words) != 2 * len(found) or not found.keys() <= {key.name for key in keys}:
        complaints.on(*place(query), _FORM)
    for table in found.values():
        if table == query.name:
            complaints.on(*place(query, table), "a table is not counted among its own groups")
    return found


def place(query: Query, word: str = _SETTING) -> tuple[int, int]:
    """The line and the column of a word of the setting."""
    first = query.lines.get(_SETTING, 1)
    for number, line in enumerate(LINE_END.split(query.sql)[first - 1 :], first):
        if not line.startswith("--"):
            break
        if word in line:
            return number, line.index(word) + 1
    return first, 1


def missing(plan: Plan) -> str | None:
    """Why a plan needs the setting; None if it does not, or has it."""
    if plan.shape is Shape.PAIR:
        what, of_modules = "pairs are of modules that are shown", {0, 1}
    elif plan.shape is Shape.BESIDE:
        what = "modules and what is beside them are counted among groups that are shown"
        of_modules = {0}
    else:
        return None
    for key in plan.keys:
        usage = sources_of(key.expression) <= of_modules
        if key.name not in plan.among or (usage and plan.among[key.name] != USAGE):
            return f"{what}: -- among: {key.name} {USAGE if usage else 'TABLE'}"
    return None


def check(
    query: Query,
    plan: Plan,
    others: Mapping[str, Plan],
    schema: Sequence[Column],
    complaints: Complaints,
) -> None:
    """Complain of tables that cannot say what is counted.

    Args:
        query: the plan's.
        plan: an accepted query's.
        others: the plans of all other queries, by name.
        schema: the dataset's columns.
        complaints: where reasons go.
    """
    keys = {key.name: key for key in plan.keys}
    for name, table in plan.among.items():
        at = place(query, table)
        other = others.get(table)
        if other is None:
            free = ", ".join(sorted(each.name for each in others.values() if not each.among))
            complaints.on(*at, f"there is no table {table}: among names one of {free}")
        elif other.among:
            complaints.on(*at, f"{table} is itself counted among the groups of another table")
        else:
            theirs = key_of(other, name)
            mine = vocabulary(keys[name].expression, lists_of(plan, schema))
            same = vocabulary(theirs.expression, lists_of(other, schema))
            if mine.domain is None or (mine.domain, mine.part) != (same.domain, same.part):
                said = f"{name} is one of {mine.words}; {theirs.name} of {table} is not"
                complaints.on(*at, said)


def key_of(table: Plan, name: str) -> Key:
    """The key of a table that another's is compared with: of the same name, or the first."""
    return next((key for key in table.keys if key.name == name), table.keys[0])


def lists_of(plan: Plan, schema: Sequence[Column]) -> list[Column]:
    """The columns that a plan unnests."""
    columns = {each.name: each for each in schema if each.mode is Mode.REPEATED}
    return [columns[name] for name in plan.sources]
