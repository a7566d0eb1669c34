"""Plans: what the guard makes of an accepted query, and the only thing that engines run.

Of the author's text, only strings that a filter compares with reach an engine. A filter consists of
keys and constants alone: it picks groups, never the sites that count within one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

from dropsonde.schema.model import Type

if TYPE_CHECKING:
    from dropsonde.aggregation.release import Role

USAGE = "module_usage"  # the table that says which modules are shown
LONGEST = 1_000_000  # rows of a table in a report; the assumed maximum of ARRAY_LENGTH


class Shape(str, Enum):
    """What a plan counts of a site."""

    SITE = "site"  # what it says of itself
    MODULE = "module"  # modules, or what hangs on them
    BESIDE = "beside"  # modules, each with all that the site says of itself
    PAIR = "pair"  # pairs of modules


class Operator(str, Enum):
    """The operators of expressions and conditions."""

    PLUS = "+"
    MINUS = "-"
    TIMES = "*"
    DIV = "DIV"
    LEAST = "LEAST"
    GREATEST = "GREATEST"
    FIRST_PART = "FIRST_PART"  # of a version: the text before its first full stop
    MAJORS = "MAJORS"  # of a range: each major version that it admits, in a group of its own
    MODULE_OF_SLUG = "MODULE_OF_SLUG"  # the name of the module without its author
    MODULE_OF_CLASS = "MODULE_OF_CLASS"  # the first name of a class
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
class Bounds:
    """How much of one site counts in full.

    Attributes:
        site: groups of a site.
        module: groups of one module of a site; of a pair, other modules.
        modules: modules of a site, beside what it says of itself.
    """

    site: int
    module: int = 1
    modules: int = 1


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
        role: SITES or SUM.
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

    @property
    def reach(self) -> int:
        """The most that a site moves a group's sum; at least 1."""
        return max(1, abs(self.low), abs(self.high))


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
        shape: what is counted of a site.
        bounds: how much of it.
        share: of the privacy budget, relative to those of the other tables.
        among: key to the table whose public groups say which of its values are counted.
        modules: what names the module of a row of each source, as far as its rows have one.
    """

    name: str
    title: str
    description: str
    sources: tuple[str, ...]
    keys: tuple[Key, ...]
    measures: tuple[Measure, ...]
    filter: Expression | None
    shape: Shape
    bounds: Bounds
    share: int
    among: Mapping[str, str] = field(default_factory=dict)
    modules: tuple[Expression, ...] = ()

    @property
    def counts_rows(self) -> bool:
        """Whether a key is a number of rows, such as that of a site's modules."""
        parts = (leaf for key in self.keys for leaf in leaves(key.expression))
        return any(isinstance(leaf, Length) for leaf in parts)

    @property
    def sums(self) -> tuple[Measure, ...]:
        """The measures that are sums."""
        return tuple(each for each in self.measures if each.value is not None)


def leaves(of: Expression) -> Iterator[Expression]:
    """Give the values, lengths and constants of an expression."""
    if isinstance(of, Call):
        for each in of.arguments:
            yield from leaves(each)
    else:
        yield of


def sources_of(of: Expression) -> frozenset[int]:
    """The sources whose fields an expression names."""
    found = (leaf.source for leaf in leaves(of) if isinstance(leaf, Value))
    return frozenset(source for source in found if source is not None)


def columns_of(plan: Plan) -> frozenset[str]:
    """The columns of a report that a plan names."""
    roots = [key.expression for key in plan.keys]
    roots += [each.value for each in plan.sums if each.value is not None]
    found = set(plan.sources)
    for leaf in (leaf for root in roots for leaf in leaves(root)):
        if isinstance(leaf, Length):
            found.add(leaf.column)
        elif isinstance(leaf, Value) and leaf.source is None:
            found.add(leaf.name)
    return frozenset(found)


def conditions(of: Expression | None) -> tuple[Expression, ...]:
    """The conditions that must all hold."""
    if isinstance(of, Call) and of.operator is Operator.AND:
        return tuple(part for each in of.arguments for part in conditions(each))
    return () if of is None else (of,)


def lines(plan: Plan) -> Iterator[str]:
    """Describe the plan in lines of text."""
    rows = (f", rows s{at} of its {column}" for at, column in enumerate(plan.sources))
    yield f"from: each site's report of the week{''.join(rows)}"
    for key in plan.keys:
        among = f", among those that {plan.among[key.name]} shows" if key.name in plan.among else ""
        yield f"group by {key.name}: {text(key.expression)}{among}"
    if plan.filter:
        yield f"groups with: {text(plan.filter)}"
    for measure in plan.measures:
        if measure.value is None:
            yield f"{measure.name}: distinct sites"
        else:
            within = f"from {measure.low} to {measure.high} of each site"
            yield f"{measure.name}: sum over sites of {text(measure.value)}, {within}"


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
