"""Plans: what the guard makes of an accepted query, and the only thing that engines run.

Of the author's text, only strings that a filter compares with reach an engine. A filter consists of
keys and constants alone: it picks groups, never the sites that count within one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any

from dropsonde.aggregation.release import Field, Role, Table
from dropsonde.schema.model import Type

LONGEST = 1_000_000  # rows of a table in a report; the assumed maximum of ARRAY_LENGTH


class Operator(str, Enum):
    """The operators of expressions and conditions."""

    PLUS = "+"
    MINUS = "-"
    TIMES = "*"
    DIV = "DIV"
    LEAST = "LEAST"
    GREATEST = "GREATEST"
    FIRST_PART = "FIRST_PART"  # of a version: the text before its first full stop
    EQUAL = "="
    UNEQUAL = "<>"
    LESS = "<"
    AT_MOST = "<="
    GREATER = ">"
    AT_LEAST = ">="
    IN = "IN"
    IS_NULL = "IS NULL"
    AND = "AND"
    OR = "OR"
    NOT = "NOT"


@dataclass(frozen=True)
class Value:
    """A value from a report.

    Attributes:
        name: of the column or the field.
        type: STRING or INTEGER.
        source: index of the plan's source that has this field; None for a column of the report.
    """

    name: str
    type: Type
    source: int | None = None


@dataclass(frozen=True)
class Length:
    """How many rows a report has in a table; 0 if the column is absent.

    Attributes:
        column: the repeated column.
    """

    column: str

    type = Type.INTEGER


@dataclass(frozen=True)
class Constant:
    """A number or a string from the query."""

    value: int | str

    @property
    def type(self) -> Type:
        """STRING or INTEGER."""
        return Type.STRING if isinstance(self.value, str) else Type.INTEGER


@dataclass(frozen=True)
class Call:
    """An operator on expressions; conditions have the type BOOLEAN."""

    operator: Operator
    arguments: tuple[Expression, ...]
    type: Type


Expression = Value | Length | Constant | Call


@dataclass(frozen=True)
class Key:
    """A column that identifies groups."""

    name: str
    expression: Expression
    description: str


@dataclass(frozen=True)
class Measure:
    """A number that the table gives for each group.

    Attributes:
        name: of the column.
        role: SITES, SUM or AVERAGE.
        description: a sentence.
        value: what is added up; None for SITES.
        low: the least that a site contributes to a group; a null value counts as 0.
        high: the most that it contributes.
    """

    name: str
    role: Role
    description: str
    value: Value | Length | None = None
    low: int = 0
    high: int = 1


@dataclass(frozen=True)
class Plan:
    """An accepted query, ready to run.

    Attributes:
        name: of the table.
        title: the query's.
        description: the query's.
        sources: the repeated columns whose rows are joined within a site's report.
        keys: at least one.
        measures: exactly one of them is SITES.
        filter: picks groups; None for all.
        contributions: the most groups that a site may contribute to.
    """

    name: str
    title: str
    description: str
    sources: tuple[str, ...]
    keys: tuple[Key, ...]
    measures: tuple[Measure, ...]
    filter: Expression | None
    contributions: int

    @property
    def fields(self) -> tuple[Field, ...]:
        """The columns of the table, keys first."""
        types = {Role.AVERAGE: Type.FLOAT}
        return (
            *(Field(key.name, key.expression.type, Role.KEY, key.description) for key in self.keys),
            *(
                Field(each.name, types.get(each.role, Type.INTEGER), each.role, each.description)
                for each in self.measures
            ),
        )

    def table(self, rows: Iterable[tuple[Any, ...]]) -> Table:
        """The plan's table with these groups, their values in the order of the fields."""
        empty = Table(self.name, self.title, self.description, self.fields, ())
        return empty.with_rows(tuple(rows))


def leaves(of: Expression) -> Iterator[Expression]:
    """Give the values, lengths and constants of an expression."""
    if isinstance(of, Call):
        for each in of.arguments:
            yield from leaves(each)
    else:
        yield of


def lines(plan: Plan) -> Iterator[str]:
    """Describe the plan in lines of text."""
    rows = (f", rows s{at} of its {column}" for at, column in enumerate(plan.sources))
    yield f"from: each site's report of the week{''.join(rows)}"
    for key in plan.keys:
        yield f"group by {key.name}: {text(key.expression)}"
    if plan.filter:
        yield f"groups with: {text(plan.filter)}"
    yield f"each site: at most {plan.contributions} groups, chosen by a keyed hash"
    for measure in plan.measures:
        if measure.value is None:
            yield f"{measure.name}: distinct sites"
        else:
            what = "sum" if measure.role is Role.SUM else "average"
            within = f"from {measure.low} to {measure.high} of each site"
            yield f"{measure.name}: {what} over sites of {text(measure.value)}, {within}"


def text(expression: Expression) -> str:  # noqa: PLR0911 - one for each kind
    """An expression as text."""
    if isinstance(expression, Value):
        place = "" if expression.source is None else f"s{expression.source}."
        return f"{place}{expression.name}"
    if isinstance(expression, Length):
        return f"length of {expression.column}"
    if isinstance(expression, Constant):
        return repr(expression.value)
    parts = [text(each) for each in expression.arguments]
    name = expression.operator.value
    if expression.operator is Operator.IN:
        return f"{parts[0]} IN ({', '.join(parts[1:])})"
    if expression.operator is Operator.IS_NULL:
        return f"{parts[0]} {name}"
    if name.isalpha() and expression.operator not in {Operator.AND, Operator.OR}:
        return f"{name}({', '.join(parts)})"
    if expression.operator is Operator.FIRST_PART:
        return f"first part of {parts[0]}"
    return f"({f' {name} '.join(parts)})"
