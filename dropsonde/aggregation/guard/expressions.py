"""Expressions of keys, and the conditions that pick groups."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from sqlglot import exp

from dropsonde.aggregation.guard.verdict import RefusedError
from dropsonde.aggregation.plan import (
    LONGEST,
    Call,
    Constant,
    Expression,
    Length,
    Operator,
    Value,
)
from dropsonde.schema.model import Domain, Type

if TYPE_CHECKING:
    from dropsonde.aggregation.guard.names import Names

MOST = 1_000_000  # the largest number in a query
_MOST_LETTERS = 100
_MOST_BOUNDS = 4  # nested: each one repeats its value, so the SQL doubles
_VERSIONS = (Domain.VERSION, Domain.MINOR_VERSION)
_ALL = (-(1 << 63), (1 << 63) - 1)
_ARITHMETIC: dict[type[exp.Expr], Operator] = {
    exp.Add: Operator.PLUS,
    exp.Sub: Operator.MINUS,
    exp.Mul: Operator.TIMES,
    exp.IntDiv: Operator.DIV,
}
_BOUNDING: dict[type[exp.Expr], Operator] = {
    exp.Least: Operator.LEAST,
    exp.Greatest: Operator.GREATEST,
}
_COMPARING: dict[type[exp.Expr], Operator] = {
    exp.EQ: Operator.EQUAL,
    exp.NEQ: Operator.UNEQUAL,
    exp.LT: Operator.LESS,
    exp.LTE: Operator.AT_MOST,
    exp.GT: Operator.GREATER,
    exp.GTE: Operator.AT_LEAST,
}
_JOINING: dict[type[exp.Expr], Operator] = {exp.And: Operator.AND, exp.Or: Operator.OR}


def constant(node: exp.Expr) -> Constant | None:
    """Read a number or a string; None for any other node.

    Raises:
        RefusedError: its value cannot be used.
    """
    sign, inner = 1, node.unnest()
    if type(inner) is exp.Neg:
        sign, inner = -1, inner.this
    if type(inner) is not exp.Literal:
        return None
    if inner.is_string:
        if sign < 0 or len(inner.this) > _MOST_LETTERS or not inner.this.isprintable():
            raise RefusedError(node, "this string cannot be compared with")
        return Constant(inner.this)
    digits = inner.this.lstrip("0") or "0"  # counted before `int`, which has a limit of its own
    whole = inner.this.isascii() and inner.this.isdigit() and len(digits) <= len(str(MOST))
    if not (whole and int(digits) <= MOST):
        raise RefusedError(node, f"only whole numbers up to {MOST:,} can be used")
    return Constant(sign * int(digits))


def scalar(node: exp.Expr, names: Names) -> Expression:  # noqa: PLR0911 - one for each kind
    """Read an expression of values and numbers.

    Raises:
        RefusedError: it is not allowed in an output.
    """
    node = node.unnest()
    found = constant(node)
    if found is not None:
        return found
    if type(node) is exp.Column:
        return names.value(node)
    if type(node) is exp.ArraySize:
        return Length(names.repeated(node.this.unnest()).name)
    if type(node) is exp.Bracket:
        return _first_part(node, names)
    if type(node) is exp.Anonymous:
        return _majors(node, names)
    if type(node) in _ARITHMETIC:
        return _calculated(node, _ARITHMETIC[type(node)], names)
    if type(node) in _BOUNDING:
        return _bounded(node, _BOUNDING[type(node)], names)
    if isinstance(node, exp.AggFunc):
        raise RefusedError(node, "an aggregate is an output by itself")
    raise RefusedError(node, "this cannot name a group")


def _integers(node: exp.Expr, parts: list[exp.Expr], names: Names) -> list[Expression]:
    found = [scalar(each, names) for each in parts]
    if any(each.type is not Type.INTEGER for each in found):
        raise RefusedError(node, "this takes numbers")
    return found


def _calculated(node: exp.Expr, operator: Operator, names: Names) -> Expression:
    left, right = _integers(node, [node.this, node.expression], names)
    if not isinstance(right, Constant):
        raise RefusedError(
            node, "what is added, taken away, multiplied with or divided by is a number"
        )
    if operator is Operator.DIV and (int(right.value) < 1 or limits(left)[0] < 0):
        raise RefusedError(
            node, "DIV takes what is at least 0, as GREATEST(x, 0), and a number of at least 1"
        )
    call = Call(operator, (left, right), Type.INTEGER)
    low, high = limits(call)
    if low < _ALL[0] or high > _ALL[1]:
        raise RefusedError(node, "this may overflow: bound it first, as LEAST(GREATEST(x, 0), 100)")
    return call


def _bounded(node: exp.Expr, operator: Operator, names: Names) -> Expression:
    found = _integers(node, [node.this, *node.expressions], names)
    numbers = [each for each in found if isinstance(each, Constant)]
    values = [each for each in found if not isinstance(each, Constant)]
    if (len(numbers), len(values)) != (1, 1):
        raise RefusedError(node, f"{operator.value} takes a value and a number")
    if _bounds(values[0]) == _MOST_BOUNDS:
        raise RefusedError(node, f"more than {_MOST_BOUNDS} LEAST and GREATEST in one another")
    return Call(operator, (values[0], numbers[0]), Type.INTEGER)


def _bounds(expression: Expression) -> int:
    """Count the nested LEAST and GREATEST of an expression."""
    found = 0
    while isinstance(expression, Call):
        found += expression.operator in _BOUNDING.values()
        expression = expression.arguments[0]
    return found


def _first_part(node: exp.Bracket, names: Names) -> Expression:
    """``SPLIT(version, '.')[OFFSET(0)]``: the major version, and nothing else."""
    of = first_part_of(node, ".")
    if of is not None:
        value = scalar(of, names)
        if isinstance(value, Value) and names.domain(value) in _VERSIONS:
            return Call(Operator.FIRST_PART, (value,), Type.STRING)
    raise RefusedError(node, "only the first part of a version: SPLIT(x.version, '.')[OFFSET(0)]")


def first_part_of(node: exp.Expr, mark: str) -> exp.Expr | None:
    """What ``SPLIT(what, mark)[OFFSET(0)]`` splits; None for any other node."""
    split = node.this if type(node) is exp.Bracket else None
    if type(split) is not exp.Split or split.expression is None or len(node.expressions) != 1:
        return None
    counted = node.args.get("offset") == 0  # from 0; by ORDINAL from 1, and without either None
    place, at = constant(node.expressions[0]), constant(split.expression)
    if not counted or place != Constant(0) or at != Constant(mark):
        return None
    found: exp.Expr = split.this.unnest()
    return found


def _majors(node: exp.Anonymous, names: Names) -> Expression:
    """``MAJORS(d.version_requirement)``: each major version of a range."""
    if str(node.this).upper() != "MAJORS" or len(node.expressions) != 1:
        raise RefusedError(node, "this function cannot be used here")
    value = scalar(node.expressions[0], names)
    if not isinstance(value, Value) or names.domain(value) is not Domain.VERSION_REQUIREMENT:
        raise RefusedError(node, "MAJORS takes a range of versions")
    return Call(Operator.MAJORS, (value,), Type.STRING)


def limits(expression: Expression) -> tuple[int, int]:
    """The lowest and the highest number that an expression can give."""
    if isinstance(expression, Length):
        return 0, LONGEST
    if isinstance(expression, Constant):
        return int(expression.value), int(expression.value)
    if isinstance(expression, Value):
        return _ALL
    low, high = limits(expression.arguments[0])
    number = limits(expression.arguments[1])[0]
    ends = {
        Operator.PLUS: (low + number, high + number),
        Operator.MINUS: (low - number, high - number),
        Operator.TIMES: (min(low * number, high * number), max(low * number, high * number)),
        Operator.LEAST: (min(low, number), min(high, number)),
        Operator.GREATEST: (max(low, number), max(high, number)),
    }
    if expression.operator is Operator.DIV:
        return low // number, high // number
    return ends[expression.operator]


def condition(node: exp.Expr, names: Names, keys: Collection[Expression]) -> Expression:
    """Read a condition on keys, which picks groups, and never sites within one.

    Raises:
        RefusedError: it is any other condition.
    """
    node = node.unnest()
    if type(node) in _JOINING:
        both = (condition(part, names, keys) for part in (node.this, node.expression))
        return Call(_JOINING[type(node)], tuple(both), Type.BOOLEAN)
    if type(node) is exp.Not:
        return Call(Operator.NOT, (condition(node.this, names, keys),), Type.BOOLEAN)
    if type(node) is exp.Is and type(node.expression) is exp.Null:
        return Call(Operator.IS_NULL, (_operand(node.this, names, keys),), Type.BOOLEAN)
    if type(node) is exp.In and node.expressions:
        operator, parts = Operator.IN, [node.this, *node.expressions]
    elif type(node) in _COMPARING:
        operator, parts = _COMPARING[type(node)], [node.this, node.expression]
    else:
        raise RefusedError(node, "this is not a condition on keys")
    operands = tuple(_operand(part, names, keys) for part in parts)
    if len({operand.type for operand in operands}) != 1:
        raise RefusedError(node, "a string is compared with a string, a number with a number")
    if operator is Operator.IN and not all(isinstance(value, Constant) for value in operands[1:]):
        raise RefusedError(node, "IN takes a key and constants")
    if all(isinstance(operand, Constant) for operand in operands) or (
        isinstance(operands[0], Constant) and operator is Operator.IN
    ):
        raise RefusedError(node, "a condition is about a key")
    return Call(operator, operands, Type.BOOLEAN)


def _operand(node: exp.Expr, names: Names, keys: Collection[Expression]) -> Expression:
    found = scalar(node, names)
    if not isinstance(found, Constant) and found not in keys:
        raise RefusedError(
            node, "a filter picks groups: it compares the query's keys, as they are written there"
        )
    return found
