"""The shape of a query: what it counts of a site, and so how a site's part in it is bounded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sqlglot import exp

from dropsonde.aggregation.guard.expressions import first_part_of
from dropsonde.aggregation.guard.verdict import RefusedError
from dropsonde.aggregation.plan import (
    Call,
    Expression,
    Key,
    Operator,
    Shape,
    Value,
    conditions,
    sources_of,
)
from dropsonde.schema.model import Domain, Type

if TYPE_CHECKING:
    from dropsonde.aggregation.guard.names import Names
    from dropsonde.schema.model import Column

OF_MODULE = {
    Domain.FORGE_SLUG: Operator.MODULE_OF_SLUG,
    Domain.CLASS_NAME: Operator.MODULE_OF_CLASS,
}
_JOINS = (
    "two lists are joined as modules and classes, WHERE m.name = SPLIT(c.name, '::')[OFFSET(0)], "
    "as pairs of one list, keys a.slug and b.slug, WHERE a.slug < b.slug and nothing else, "
    "or as modules and then a list without modules"
)


def linked(node: exp.Expr, names: Names) -> bool:
    """Whether a condition says that a class belongs to a module: the only one that joins lists.

    Raises:
        RefusedError: it names what is not there.
    """
    if type(node) is not exp.EQ:
        return False
    for one, other in ((node.this, node.expression), (node.expression, node.this)):
        split = first_part_of(other.unnest(), "::")
        if split is not None and type(one.unnest()) is exp.Column and type(split) is exp.Column:
            module, of = names.value(one.unnest()), names.value(split)
            domains = names.domain(module), names.domain(of)
            return domains == (Domain.MODULE_NAME, Domain.CLASS_NAME) and module.source != of.source
    return False


def shape(
    statement: exp.Select,
    names: Names,
    keys: Sequence[Key],
    condition: Expression | None,
    *,
    link: bool,
) -> tuple[Shape, tuple[Expression, ...]]:
    """The shape, and what names the module of each list's rows.

    Raises:
        RefusedError: what it counts has no bound for a single module.
    """
    columns = list(names.sources.values())
    named = [module_of(at, column) for at, column in enumerate(columns)]
    modules = tuple(each for each in named if each is not None)
    found = _shape(columns, [each is not None for each in named], keys, condition, link=link)
    if found is None:
        raise RefusedError(statement.args["joins"][1], _JOINS)
    if found is not Shape.PAIR:
        for each in conditions(condition):
            if len(sources_of(each)) > 1:
                raise RefusedError(statement.args["where"], "a condition is on keys of one list")
    for key in keys if modules else ():
        if not sources_of(key.expression):
            raise RefusedError(
                output(statement, key.name), "a number of the site is no key beside its modules"
            )
    wanted = {argument for module in modules for argument in module.arguments}
    if modules and not any(key.expression in wanted for key in keys):
        raise RefusedError(statement, "the module's slug, or the class's name, is a key by itself")
    for key in keys if found is Shape.BESIDE else ():
        if sources_of(key.expression) == {0} and key.expression not in wanted:
            raise RefusedError(
                output(statement, key.name),
                "beside another list, the slug is the module's only key",
            )
    return found, modules if found is Shape.MODULE else ()


def _shape(
    columns: Sequence[Column],
    of_modules: Sequence[bool],
    keys: Sequence[Key],
    condition: Expression | None,
    *,
    link: bool,
) -> Shape | None:
    """The shape of lists, each of which has modules or not; None for none that is counted."""
    match list(of_modules):
        case [] | [False]:
            return Shape.SITE
        case [True]:
            return Shape.MODULE
        case [True, True] if link:
            return Shape.MODULE
        case [True, True] if columns[0] == columns[1] and _is_pair(keys, condition):
            return Shape.PAIR
        case [True, False] if any(each.domain is Domain.FORGE_SLUG for each in columns[0].fields):
            return Shape.BESIDE
    return None


def module_of(at: int, column: Column) -> Call | None:
    """What names the module of a list's rows; None if they have none."""
    for domain, operator in OF_MODULE.items():
        for field in column.fields:
            if field.domain is domain:
                return Call(operator, (Value(field.name, Type.STRING, at),), Type.STRING)
    return None


def _is_pair(keys: Sequence[Key], condition: Expression | None) -> bool:
    """Whether the two keys are the slugs of the first list and of the second, each pair once."""
    slugs = tuple(Value("slug", Type.STRING, at) for at in (0, 1))
    found = tuple(key.expression for key in keys)
    return found == slugs and condition == Call(Operator.LESS, slugs, Type.BOOLEAN)


def output(statement: exp.Select, name: str) -> exp.Expr:
    """The part of a query that is an output, for messages."""
    found: exp.Expr = next(each for each in statement.expressions if each.alias_or_name == name)
    return found
