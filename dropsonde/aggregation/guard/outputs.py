"""Outputs: each is a key, the number of sites, or a sum within bounds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from sqlglot import exp

from dropsonde.aggregation.engines.expressions import SITE
from dropsonde.aggregation.guard.expressions import constant, scalar
from dropsonde.aggregation.guard.names import IDENTIFIERS
from dropsonde.aggregation.guard.verdict import RefusedError
from dropsonde.aggregation.plan import Constant, Key, Length, Measure, Value, leaves
from dropsonde.aggregation.query import SETTINGS, is_name
from dropsonde.aggregation.release import Role
from dropsonde.schema.model import Type

if TYPE_CHECKING:
    from dropsonde.aggregation.guard.names import Names
    from dropsonde.aggregation.guard.verdict import Complaints
    from dropsonde.aggregation.plan import Expression
    from dropsonde.aggregation.query import Query

_CLAMP = "a sum is within bounds: SUM(LEAST(GREATEST(x, 0), 100))"
# Names of columns that a release makes of its own, and of lines of the opening comment.
_ERROR, _OF_WEEK, _OF_SUM = "error", "week_", "_error"
_SITES = f"COUNT(DISTINCT {SITE}) alone is counted"


def described(query: Query, statement: exp.Select, complaints: Complaints) -> Mapping[str, str]:
    """The outputs' descriptions; complain of those without an output."""
    names = {each.alias_or_name.lower() for each in statement.expressions}
    for name in sorted(query.columns.keys() - names):
        complaints.on(query.lines.get(name, 1), 1, f"{name} is described but is not an output")
    return query.columns


class Outputs:
    """Reads a query's list of outputs.

    Args:
        names: that the query can use.
        descriptions: output to its description.
        complaints: where reasons go.
    """

    def __init__(
        self, names: Names, descriptions: Mapping[str, str], complaints: Complaints
    ) -> None:
        self._names = names
        self._descriptions = descriptions
        self._complaints = complaints

    def read(self, statement: exp.Select) -> tuple[tuple[Key, ...], tuple[Measure, ...]]:
        """The keys and the measures, each in the order of the query."""
        outputs: list[Key | Measure | None] = []
        for node in statement.expressions:
            try:
                outputs.append(self._output(node, [part for part in outputs if part]))
            except RefusedError as error:  # noqa: PERF203 - each output is refused by itself
                self._complaints.at(error.node, error.text)
                outputs.append(None)
        keys = tuple(output for output in outputs if isinstance(output, Key))
        measures = tuple(output for output in outputs if isinstance(output, Measure))
        self._check_groups(statement, outputs)
        if sum(measure.role is Role.SITES for measure in measures) != 1:
            self._complaints.at(statement, f"one output is COUNT(DISTINCT {SITE})")
        return keys, measures

    def _output(self, node: exp.Expr, before: list[Key | Measure]) -> Key | Measure:
        if type(node) is not exp.Alias:
            raise RefusedError(node, "each output has a name: expression AS name")
        name = node.alias
        if not is_name(name) or name in IDENTIFIERS:
            raise RefusedError(node, f"an output cannot be called {name}")
        if (
            name in SETTINGS
            or name == _ERROR
            or name.startswith(_OF_WEEK)
            or name.endswith(_OF_SUM)
        ):
            raise RefusedError(node, f"an output cannot be called {name}: a release has that name")
        keys = [each.expression for each in before if isinstance(each, Key)]
        if name in {each.name for each in before}:
            raise RefusedError(node, f"two outputs are called {name}")
        if not self._descriptions.get(name):
            self._complaints.at(node, f"{name} is not described in the opening comment")
        about = self._descriptions.get(name, "")
        inner = node.this.unnest()
        if type(inner) is exp.Count:
            return self._sites(inner, name, about)
        if type(inner) is exp.Sum:
            value, low, high = self._clamped(inner.this)
            return Measure(name, Role.SUM, about, value, low, high)
        expression = scalar(inner, self._names)
        if all(isinstance(leaf, Constant) for leaf in leaves(expression)):
            raise RefusedError(node, "a constant names no group")
        if expression in keys:
            raise RefusedError(node, "two keys are the same")
        return Key(name, expression, about)

    def _sites(self, node: exp.Count, name: str, about: str) -> Measure:
        inner = node.this
        if type(inner) is not exp.Distinct or len(inner.expressions) != 1:
            raise RefusedError(node, _SITES)
        if not self._names.is_site(inner.expressions[0].unnest()):
            raise RefusedError(node, _SITES)
        return Measure(name, Role.SITES, about)

    def _clamped(self, node: exp.Expr) -> tuple[Value | Length, int, int]:
        """A value and its bounds."""
        outer = node.unnest()
        inner, first = self._bound(outer)
        inner = inner.unnest()
        if type(inner) is type(outer):
            raise RefusedError(node, _CLAMP)
        innermost, second = self._bound(inner)
        value = scalar(innermost, self._names)
        if not isinstance(value, (Value, Length)) or value.type is not Type.INTEGER:
            raise RefusedError(node, "a sum is of a column of numbers")
        low, high = (first, second) if type(outer) is exp.Greatest else (second, first)
        if low > high:
            raise RefusedError(node, f"the bounds are the wrong way round: {low} and {high}")
        return value, low, high

    def _bound(self, node: exp.Expr) -> tuple[exp.Expr, int]:
        """The value that a LEAST or GREATEST bounds, and the bound."""
        if type(node) not in {exp.Least, exp.Greatest} or len(node.expressions) != 1:
            raise RefusedError(node, _CLAMP)
        parts = (node.this, node.expressions[0])
        for inner, bound in (parts, parts[::-1]):
            number = constant(bound)
            if number is not None and isinstance(number.value, int):
                return inner, number.value
        raise RefusedError(node, _CLAMP)

    def _check_groups(self, statement: exp.Select, outputs: list[Key | Measure | None]) -> None:
        """GROUP BY names each key once, and nothing else."""
        group = statement.args.get("group")
        keys = [each for each in outputs if isinstance(each, Key)]
        if group is None or not keys:
            where = group if group is not None else statement
            self._complaints.at(where, "there is no key: name one, and GROUP BY it")
            return
        named: list[Expression] = []
        for each in group.expressions:
            try:
                named.append(self._grouped(each, outputs))
            except RefusedError as error:  # noqa: PERF203 - as above
                self._complaints.at(error.node, error.text)
        for key, node in zip(outputs, statement.expressions, strict=True):
            if isinstance(key, Key) and named.count(key.expression) != 1:
                self._complaints.at(node, f"{key.name} is a key: GROUP BY it, once")

    def _grouped(self, node: exp.Expr, outputs: list[Key | Measure | None]) -> Expression:
        """The key that an item of GROUP BY means."""
        keys = {each.name: each.expression for each in outputs if isinstance(each, Key)}
        number = constant(node)
        if number is not None:
            place = number.value
            chosen = (
                outputs[place - 1] if isinstance(place, int) and 0 < place <= len(outputs) else None
            )
            if isinstance(chosen, Key):
                return chosen.expression
            raise RefusedError(node, "no key has this position")
        if type(node) is exp.Column and not node.table and node.name.lower() in keys:
            key = keys[node.name.lower()]
            if node.name.lower() not in self._names.columns or key == scalar(node, self._names):
                return key
            raise RefusedError(
                node, f"{node.name} is also a column: group by the key's own expression"
            )
        key = scalar(node, self._names)
        if key not in keys.values():
            raise RefusedError(node, "GROUP BY names outputs alone")
        return key
