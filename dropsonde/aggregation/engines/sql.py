"""Translate a plan to SQL: select the week, bound each site's contributions, group them.

The statement is built once, in BigQuery's dialect, and translated after every name is resolved with
the schema; otherwise aliases of UNNEST come out wrong. Values are compared, joined and ordered only
in ways on which the engines agree: a null never meets LEAST or GREATEST, and DIV has its operands
in brackets.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from functools import reduce
from typing import TYPE_CHECKING

from sqlglot import exp
from sqlglot.optimizer.qualify import qualify

from dropsonde.aggregation.plan import Call, Constant, Length, Operator, Value
from dropsonde.aggregation.release import Role
from dropsonde.collector.store.parquet.schema import NAME, WEEK
from dropsonde.schema.model import Column, Mode, Type

if TYPE_CHECKING:
    from dropsonde.aggregation.plan import Expression, Measure, Plan

TABLE = NAME
SITE = "site_id"
_NOTHING = Constant(0)
_BIGQUERY = {Type.INTEGER: "INT64", Type.FLOAT: "FLOAT64", Type.BOOLEAN: "BOOL"}
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


def salt(key: bytes, plan: Plan) -> str:
    """The salt of one table's contribution sampling; the key itself appears in no statement."""
    return hmac.new(key, plan.name.encode(), hashlib.sha256).hexdigest()


def to_sql(
    plan: Plan,
    dialect: str,
    schema: Sequence[Column],
    week: exp.Expr,
    salted: exp.Expr,
    threshold: int | None,
) -> str:
    """The statement that counts a plan's groups.

    Args:
        plan: what to count.
        dialect: sqlglot's name of the engine's dialect.
        schema: the table's columns, including those that ``week`` names.
        week: the condition for the week, in BigQuery's dialect.
        salted: an expression that gives :func:`salt`.
        threshold: leave out groups with fewer sites.
    """
    tree = _groups(plan, _chosen(plan, _contributions(plan, week), salted), threshold)
    return _translated(tree, dialect, schema)


def chosen_sql(
    plan: Plan, dialect: str, schema: Sequence[Column], week: exp.Expr, salted: exp.Expr
) -> str:
    """The statement that gives each site's bounded contributions: ``k0…`` and ``v0…``.

    :func:`to_sql` groups these rows; parts of a week can be grouped separately and added up.

    Args:
        plan: what to count.
        dialect: sqlglot's name of the engine's dialect.
        schema: the table's columns, including those that ``week`` names.
        week: the condition for the week or a part of its sites, in BigQuery's dialect.
        salted: an expression that gives :func:`salt`.
    """
    return _translated(_chosen(plan, _contributions(plan, week), salted), dialect, schema)


def sites_sql(dialect: str, schema: Sequence[Column], week: exp.Expr) -> str:
    """The statement that counts a week's sites."""
    tree = exp.select(exp.Count(this=exp.Distinct(expressions=[_column(SITE)]))).from_(TABLE)
    return _translated(tree.where(week), dialect, schema)


def in_week(week: str) -> exp.Expr:
    """The condition for a week in a table with a column for it."""
    return exp.EQ(this=exp.column(WEEK), expression=exp.Literal.string(week))


def _translated(tree: exp.Select, dialect: str, schema: Sequence[Column]) -> str:
    columns = {column.name: _type(column) for column in schema}
    return qualify(tree, schema={TABLE: columns}, dialect="bigquery").sql(dialect)


def _contributions(plan: Plan, week: exp.Expr) -> exp.Select:
    """One row per site and group: the site's contribution."""
    keys = [expression(key.expression) for key in plan.keys]
    statement = exp.select(_column(SITE).as_("site")).from_(TABLE)
    for at, column in enumerate(plan.sources):
        alias = exp.TableAlias(columns=[exp.to_identifier(f"s{at}")])
        unnest = exp.Unnest(expressions=[_column(column)], alias=alias)
        statement = statement.join(exp.Join(this=unnest, kind="CROSS"))
    for at, key in enumerate(keys):
        statement = statement.select(exp.alias_(key, f"k{at}"))
    for at, measure in _added(plan):
        statement = statement.select(exp.alias_(_brought(measure), f"v{at}"))
    statement = statement.where(week, exp.not_(exp.Is(this=_column(SITE), expression=exp.Null())))
    if plan.filter:
        statement = statement.where(expression(plan.filter))
    return statement.group_by(_column(SITE), *(key.copy() for key in keys))


def _chosen(plan: Plan, contributions: exp.Select, salted: exp.Expr) -> exp.Select:
    """At most ``plan.contributions`` rows of each site, chosen by a keyed hash of site and row."""
    keys = [exp.column(f"k{at}") for at in range(len(plan.keys))]
    order = exp.Ordered(this=sampling_order(sampled_parts(plan, salted, exp.column("site"), keys)))
    place = exp.Window(
        this=exp.RowNumber(),
        partition_by=[exp.column("site")],
        order=exp.Order(expressions=[order]),
    )
    names = [f"k{at}" for at in range(len(plan.keys))] + [f"v{at}" for at, _ in _added(plan)]
    ranked = exp.select(*names, exp.alias_(place, "place")).from_(contributions.subquery("brought"))
    return (
        exp.select(*names)
        .from_(ranked.subquery("ranked"))
        .where(exp.LTE(this=exp.column("place"), expression=_constant(plan.contributions)))
    )


def sampling_order(parts: Sequence[exp.Expr]) -> exp.Expr:
    """The order of a site's groups, of which the first count: a hash of the joined texts."""
    whole = exp.Concat(expressions=list(parts), safe=False, coalesce=False)
    return exp.func("SHA256", whole, dialect="bigquery")


def sampled_parts(
    plan: Plan, salted: exp.Expr, site: exp.Expr, keys: Sequence[exp.Expr]
) -> list[exp.Expr]:
    """What sampling hashes: the salt, the site, and each key of the group.

    Args:
        plan: what to count.
        salted: gives :func:`salt`.
        site: gives the site's id.
        keys: give the group's keys.
    """
    named = (_name(value, key.expression.type) for value, key in zip(keys, plan.keys, strict=True))
    return [salted, exp.func("TO_HEX", site, dialect="bigquery"), *named]


def _groups(plan: Plan, chosen: exp.Select, threshold: int | None) -> exp.Select:
    """The groups, with the plan's names."""
    count = exp.Count(this=exp.Star())
    statement = exp.select().from_(chosen.subquery("chosen"))
    for at, key in enumerate(plan.keys):
        statement = statement.select(exp.alias_(exp.column(f"k{at}"), key.name))
    for at, measure in enumerate(plan.measures):
        total: exp.Expr = count.copy()
        if measure.role is not Role.SITES:
            total = (exp.Sum if measure.role is Role.SUM else exp.Avg)(this=exp.column(f"v{at}"))
        statement = statement.select(exp.alias_(total, measure.name))
    statement = statement.group_by(*(exp.column(f"k{at}") for at in range(len(plan.keys))))
    if threshold is not None:
        statement = statement.having(exp.GTE(this=count.copy(), expression=_constant(threshold)))
    return statement


def _added(plan: Plan) -> list[tuple[int, Measure]]:
    """The measures that are sums or averages, with their indexes."""
    return [(at, each) for at, each in enumerate(plan.measures) if each.value is not None]


def _brought(measure: Measure) -> exp.Expr:
    """A site's contribution: the sum or average of its rows' clamped values, clamped again."""
    kind = exp.Sum if measure.role is Role.SUM else exp.Avg
    low, high = _constant(measure.low), _constant(measure.high)
    return _between(kind(this=within_bounds(measure)), low, high)


def within_bounds(measure: Measure) -> exp.Expr:
    """A row's value within the measure's bounds."""
    value = exp.func("COALESCE", expression(measure.value or _NOTHING), _constant(0))
    return _between(value, _constant(measure.low), _constant(measure.high))


def _between(value: exp.Expr, low: exp.Expr, high: exp.Expr) -> exp.Expr:
    """Clamp a value, without LEAST and GREATEST: engines differ in how these treat nulls."""
    return (
        exp.Case()
        .when(exp.LT(this=value.copy(), expression=low.copy()), low.copy())
        .when(exp.GT(this=value.copy(), expression=high.copy()), high.copy())
        .else_(value.copy())
    )


def _name(value: exp.Expr, type_: Type) -> exp.Expr:
    """A key as part of the hashed text, encoded so that no two rows have the same text."""
    if type_ is not Type.STRING:
        value = exp.cast(value, "STRING", dialect="bigquery")
    size = exp.cast(exp.func("LENGTH", value.copy()), "STRING", dialect="bigquery")
    parts = [exp.Literal.string(" "), size, exp.Literal.string(":"), value]
    whole = exp.Concat(expressions=parts, safe=False, coalesce=False)
    return exp.func("COALESCE", whole, exp.Literal.string(" -"))


def expression(of: Expression) -> exp.Expr:
    """An expression of a plan, in BigQuery's dialect; the rows of its sources are ``s0…``."""
    if isinstance(of, Value):
        if of.source is None:
            return _column(of.name)
        return exp.column(of.name, table=f"s{of.source}")
    if isinstance(of, Constant):
        return _constant(of.value)
    if isinstance(of, Length):
        absent = exp.Is(this=_column(of.column), expression=exp.Null())
        length = exp.ArraySize(this=_column(of.column))
        return exp.Case().when(absent, _constant(0)).else_(length)
    return _call(of)


def _call(call: Call) -> exp.Expr:  # noqa: PLR0911 - one for each kind of operator
    arguments = [expression(each) for each in call.arguments]
    operator = call.operator
    if operator in _BINARY:
        return exp.paren(
            reduce(lambda left, right: _BINARY[operator](this=left, expression=right), arguments)
        )
    first, *rest = arguments
    if operator is Operator.DIV:
        return exp.paren(exp.IntDiv(this=exp.paren(first), expression=exp.paren(rest[0])))
    if operator is Operator.NOT:
        return exp.paren(exp.Not(this=exp.paren(first)))
    if operator is Operator.IS_NULL:
        return exp.paren(exp.Is(this=first, expression=exp.Null()))
    if operator is Operator.IN:
        return exp.paren(exp.In(this=first, expressions=rest))
    if operator is Operator.FIRST_PART:
        parts = exp.Split(this=first, expression=exp.Literal.string("."))
        return exp.Bracket(this=parts, expressions=[_constant(0)], offset=0, safe=False)
    kind = exp.LT if operator is Operator.GREATEST else exp.GT
    beyond = kind(this=first, expression=rest[0].copy())
    return exp.Case().when(beyond, rest[0]).else_(first.copy())


def _column(name: str) -> exp.Column:
    return exp.column(name, table=TABLE)


def _constant(value: int | str) -> exp.Expr:
    if isinstance(value, str):
        return exp.Literal.string(value)
    return exp.Literal.number(value) if value >= 0 else exp.paren(exp.Literal.number(value))


def _type(column: Column) -> str:
    """A column's type in BigQuery."""
    single = _BIGQUERY.get(column.type, column.type.value)
    if column.fields:
        fields = ", ".join(f"`{field.name}` {_type(field)}" for field in column.fields)
        single = f"STRUCT<{fields}>"
    return f"ARRAY<{single}>" if column.mode is Mode.REPEATED else single
