"""A release's tables: the groups that are shown, as the public reads them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dropsonde.aggregation.release import Z95, Field, Role, Table
from dropsonde.schema.model import Type

if TYPE_CHECKING:
    from dropsonde.aggregation.cells import Measured
    from dropsonde.aggregation.plan import Plan

    Shown = Mapping[str, Sequence[Measured]]

_WITHIN = "95 % of all {} are within this of the weighed number."
_WEEK = "The same of this week alone; 0 if it is less."


def table(plan: Plan, shown: Shown) -> Table:
    """The public table of a plan."""
    names = [each.name for each in plan.sums]
    sums = {name: {each.keys: each for each in shown[f"{plan.name}.{name}"]} for name in names}
    rows = tuple(
        (
            *each.keys,
            round(each.mean),
            error_of(each),
            max(round(each.week), 0),
            *(
                number
                for name in names
                for number in (round(sums[name][each.keys].mean), error_of(sums[name][each.keys]))
            ),
        )
        for each in sorted(shown[plan.name], key=lambda each: _order(each.keys))
    )
    return Table(plan.name, plan.title, plan.description, _fields(plan), rows)


def error_of(measured: Measured) -> float:
    """Within how much of the weighed number 95 % of such means are."""
    return round(Z95 * measured.error, 1)


def _fields(plan: Plan) -> tuple[Field, ...]:
    (sites,) = (each for each in plan.measures if each.value is None)
    fields = [Field(key.name, key.expression.type, Role.KEY, key.description) for key in plan.keys]
    fields += [
        Field(sites.name, Type.INTEGER, Role.SITES, f"{sites.description} The mean of the weeks."),
        Field("error", Type.FLOAT, Role.ERROR, _WITHIN.format("means, shown or not,")),
        Field(f"week_{sites.name}", Type.INTEGER, Role.WEEK, _WEEK),
    ]
    for each in plan.sums:
        fields.append(Field(each.name, Type.INTEGER, Role.SUM, each.description))
        about = _WITHIN.format(f"means of {each.name}")
        fields.append(Field(f"{each.name}_error", Type.FLOAT, Role.ERROR, about))
    return tuple(fields)


def _order(keys: tuple[Any, ...]) -> list[tuple[bool, Any]]:
    return [(key is not None, key) for key in keys]
