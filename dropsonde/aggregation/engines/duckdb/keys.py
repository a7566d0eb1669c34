"""Keys of a plan as fields of a list's items, for :mod:`.lists`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from sqlglot import exp

from dropsonde.aggregation.engines.sql import expression
from dropsonde.aggregation.plan import Call, Constant, Value, leaves

if TYPE_CHECKING:
    from dropsonde.aggregation.plan import Expression, Plan


def text(of: exp.Expr | Expression) -> str:
    """An expression in DuckDB's SQL, every name quoted."""
    node = of if isinstance(of, exp.Expr) else expression(of)
    return node.sql("duckdb", identify=True)


def sources_of(of: Expression) -> frozenset[int]:
    """The sources whose fields an expression names."""
    found = (leaf.source for leaf in leaves(of) if isinstance(leaf, Value))
    return frozenset(source for source in found if source is not None)


def home(key: Expression) -> int:
    """The source whose items hold a key; those of the first also hold keys of the report itself."""
    return min(sources_of(key), default=0)


def field_of(key: Expression) -> str | None:
    """The name of a key that is a plain field of a source; None for any other key."""
    return key.name if isinstance(key, Value) and key.source is not None else None


def are_distinct(items: str, names: Sequence[str], *, ordered: bool) -> str:
    """Whether no two items of a list have the same keys.

    Args:
        items: the list.
        names: of the keys.
        ordered: whether the items are probably in the order of the keys, as stored tables are in
            that of their fields. Checking that order is quicker.
    """
    keys = f"struct_pack({', '.join(f'{name} := {{0}}.{name}' for name in names)})"
    if ordered:
        return _rises(items, keys)
    every = f"list_transform({items}, lambda item: {keys.format('item')})"
    return f"coalesce(len(list_distinct({every})) = len({items}), TRUE)"


def distinct(items: str, names: Sequence[str], *, ordered: bool) -> str:
    """The distinct items of a list.

    Args:
        items: the list.
        names: of the keys; empty if the items hold more than keys.
        ordered: as for :func:`are_distinct`.
    """
    once = f"list_distinct({items})"
    if len(names) == 1:
        # list_distinct is quicker for values than for structs, but leaves nulls out.
        (name,) = names
        every = f"list_transform({items}, lambda item: item.{name})"
        nulls = f"CASE WHEN list_count({every}) < len({every}) THEN [NULL] END"
        once = (
            f"list_transform(list_concat(list_distinct({every}), {nulls}), "
            f"lambda value: struct_pack({name} := value))"
        )
    return f"CASE WHEN {_rises(items, '{0}')} THEN {items} ELSE {once} END" if ordered else once


def _rises(items: str, keys: str) -> str:
    """Whether each item's keys are greater than those before; nulls are greater than all."""
    rises = f"{keys.format('item')} > {keys.format(f'{items}[place - 1]')}"
    others = f"list_filter({items}, lambda item, place: place > 1 AND NOT ({rises}))"
    return f"coalesce(len({others}), 0) = 0"


def at_home(of: Expression) -> Expression:
    """The same expression with its source replaced by ``s0``."""
    if isinstance(of, Call):
        return replace(of, arguments=tuple(map(at_home, of.arguments)))
    return replace(of, source=0) if isinstance(of, Value) and of.source is not None else of


def on_keys(condition: Expression, plan: Plan) -> Expression | None:
    """A condition that reads its keys from the fields ``k0…`` of the items ``s0…``.

    Returns:
        None if it names anything but keys and constants.
    """
    keys = [key.expression for key in plan.keys]
    if condition in keys:
        before = keys[: keys.index(condition)]
        number = sum(home(key) == home(condition) for key in before)
        return Value(f"k{number}", condition.type, home(condition))
    if isinstance(condition, Constant):
        return condition
    if not isinstance(condition, Call):
        return None
    parts = [on_keys(each, plan) for each in condition.arguments]
    whole = tuple(part for part in parts if part is not None)
    if len(whole) < len(parts):
        return None
    return Call(condition.operator, whole, condition.type)
