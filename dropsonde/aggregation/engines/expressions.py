"""Expressions of plans in BigQuery's SQL; the rows of a plan's sources are ``s0…``.

Values are compared only in ways on which the engines agree: a null never meets LEAST or GREATEST,
and DIV has its operands in brackets.
"""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

from sqlglot import exp

from dropsonde.aggregation.plan import Call, Constant, Length, Operator, Value
from dropsonde.collector.store.parquet.schema import NAME
from dropsonde.schema.vocabulary.version_ranges import MOST

if TYPE_CHECKING:
    from dropsonde.aggregation.plan import Expression, Measure

TABLE = NAME
SITE = "site_id"
MAJOR = "major"  # of a row of :func:`majors`
_BINARY: dict[Operator, type[exp.Binary]] = {
    Operator.PLUS: exp.Add,
    Operator.MINUS: exp.Sub,
    Operator.TIMES: exp.Mul,
    Operator.EQUAL: exp.EQ,
    Operator.UNEQUAL: exp.NEQ,
    Operator.LESS: exp.LT,
    Operator.AT_MOST: exp.LTE,
    Operator.GREATER: exp.GT,
    Operator.AT_LEAST: exp.GTE,
    Operator.AND: exp.And,
    Operator.OR: exp.Or,
}
# The mark that ends the first part of a text, and the part that is meant.
_PARTS = {
    Operator.FIRST_PART: (".", 0),
    Operator.MODULE_OF_CLASS: ("::", 0),
    Operator.MODULE_OF_SLUG: ("-", 1),
}


def text(of: Expression) -> str:
    """An expression as text."""
    return expression(of).sql("bigquery")


def brought(measure: Measure) -> str:
    """What a site brings to a group: the sum of its rows' clamped values, clamped again."""
    assert measure.value is not None  # noqa: S101 - for the type checker
    value = exp.func("COALESCE", expression(measure.value), constant(0))
    total = exp.Sum(this=_between(value, measure.low, measure.high))
    return _between(total, measure.low, measure.high).sql("bigquery")


def majors(of: Expression) -> str:
    """The majors of a range in the form in which it is stored; none of another one."""
    text_ = text(of)  # what it does not match is null in one engine and empty in another
    first = f"SAFE_CAST(REGEXP_EXTRACT({text_}, '^>= ([0-9]+)') AS INT64)"
    after = f"SAFE_CAST(REGEXP_EXTRACT({text_}, '< ([0-9]+)') AS INT64)"
    return f"UNNEST(GENERATE_ARRAY({first}, COALESCE({after} - 1, {MOST}))) AS {MAJOR}"


def _between(value: exp.Expr, low: int, high: int) -> exp.Expr:
    """Clamp a value, without LEAST and GREATEST: engines differ in how these treat nulls."""
    return (
        exp.Case()
        .when(exp.LT(this=value.copy(), expression=constant(low)), constant(low))
        .when(exp.GT(this=value.copy(), expression=constant(high)), constant(high))
        .else_(value.copy())
    )


def expression(of: Expression) -> exp.Expr:
    """An expression, in sqlglot's nodes."""
    if isinstance(of, Value):
        return _column(of.name) if of.source is None else exp.column(of.name, table=f"s{of.source}")
    if isinstance(of, Constant):
        return constant(of.value)
    if isinstance(of, Length):
        absent = exp.Is(this=_column(of.column), expression=exp.Null())
        length = exp.ArraySize(this=_column(of.column))
        return exp.Case().when(absent, constant(0)).else_(length)
    return _call(of)


def _call(call: Call) -> exp.Expr:  # noqa: PLR0911 - one for each kind of operator
    arguments = [expression(each) for each in call.arguments]
    operator = call.operator
    if operator in _BINARY:
        return exp.paren(
            reduce(lambda left, right: _BINARY[operator](this=left, expression=right), arguments)
        )
    first, *rest = arguments
    if operator is Operator.MAJORS:
        return exp.cast(exp.column(MAJOR), "STRING", dialect="bigquery")
    if operator is Operator.DIV:
        return exp.paren(exp.IntDiv(this=exp.paren(first), expression=exp.paren(rest[0])))
    if operator is Operator.NOT:
        return exp.paren(exp.Not(this=exp.paren(first)))
    if operator is Operator.IS_NULL:
        return exp.paren(exp.Is(this=first, expression=exp.Null()))
    if operator is Operator.IN:
        return exp.paren(exp.In(this=first, expressions=rest))
    if operator in _PARTS:
        mark, place = _PARTS[operator]
        parts = exp.Split(this=first, expression=exp.Literal.string(mark))
        return exp.Bracket(this=parts, expressions=[constant(place)], offset=0, safe=False)
    kind = exp.LT if operator is Operator.GREATEST else exp.GT
    beyond = kind(this=first, expression=rest[0].copy())
    return exp.Case().when(beyond, rest[0]).else_(first.copy())


def constant(value: int | str) -> exp.Expr:
    """A number or a text."""
    if isinstance(value, str):
        return exp.Literal.string(value)
    return exp.Literal.number(value) if value >= 0 else exp.paren(exp.Literal.number(value))


def _column(name: str) -> exp.Column:
    return exp.column(name, table=TABLE)
