"""Evaluate a plan's expressions on public words, as the engines do on reports.

Null follows SQL: an operator on null is null, except IS NULL, AND, OR and NOT, and a condition
picks a group only if it is true.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from dropsonde.aggregation.plan import Call, Constant, Length, Operator, Value

if TYPE_CHECKING:
    from dropsonde.aggregation.plan import Expression

Leaf = Value | Length
_BINARY: Mapping[Operator, Callable[[Any, Any], Any]] = {
    Operator.PLUS: operator.add,
    Operator.MINUS: operator.sub,
    Operator.TIMES: operator.mul,
    Operator.DIV: operator.floordiv,  # of what is at least 0, as the guard makes sure
    Operator.LEAST: min,
    Operator.GREATEST: max,
    Operator.EQUAL: operator.eq,
    Operator.UNEQUAL: operator.ne,
    Operator.LESS: operator.lt,
    Operator.AT_MOST: operator.le,
    Operator.GREATER: operator.gt,
    Operator.AT_LEAST: operator.ge,
}
_RANGE = re.compile(r">= ([0-9]+)\.0\.0 < ([0-9]+)\.0\.0")
_MARKS = {
    Operator.FIRST_PART: (".", 0),
    Operator.MODULE_OF_CLASS: ("::", 0),
    Operator.MODULE_OF_SLUG: ("-", 1),
}


def value(of: Expression, row: Mapping[Leaf, Any]) -> Any:  # noqa: PLR0911 - one for each kind
    """The value of an expression.

    Args:
        of: the expression.
        row: a value for each of its leaves that is no constant; null is None.
    """
    if isinstance(of, Constant):
        return of.value
    if not isinstance(of, Call):
        return row[of]
    if of.operator in {Operator.AND, Operator.OR, Operator.NOT, Operator.IS_NULL}:
        return _logical(of, row)
    first, *rest = (value(each, row) for each in of.arguments)
    if first is None or None in rest:
        return None
    if of.operator is Operator.IN:
        return first in rest
    if of.operator is Operator.MAJORS:  # of a range of one major version
        return _RANGE.fullmatch(first)[1]  # type: ignore[index]  # it is no other
    if of.operator in _MARKS:
        mark, place = _MARKS[of.operator]
        return first.split(mark)[place]
    return _BINARY[of.operator](first, rest[0])


def _logical(of: Call, row: Mapping[Leaf, Any]) -> bool | None:
    parts = [value(each, row) for each in of.arguments]
    if of.operator is Operator.IS_NULL:
        return parts[0] is None
    if of.operator is Operator.NOT:
        return None if parts[0] is None else not parts[0]
    decisive = of.operator is Operator.OR
    if decisive in parts:
        return decisive
    return None if None in parts else not decisive
