"""Names: resolve a word to a column of a report, or to a field of a table in it.

This module decides what a query may see: the columns of reports, and of the envelope only the two
that are the same for nearly all sites. A column that a later schema adds to the envelope, or with a
type or a vocabulary that could identify a site, is out of reach.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlglot import exp

from dropsonde.aggregation.engines.expressions import SITE, TABLE
from dropsonde.aggregation.guard.verdict import RefusedError
from dropsonde.aggregation.plan import Value
from dropsonde.aggregation.query import is_name
from dropsonde.schema.model import ENVELOPE, Column, Domain, Mode, Type

WEEK = "week"
_HARMLESS = ("product", "version")
IDENTIFIERS = frozenset(
    {WEEK, *(column.name for column in ENVELOPE if column.name not in _HARMLESS)}
)
_NAMING = (Domain.UUID, Domain.IP_ADDRESS)
MOST_SOURCES = 2


@dataclass(frozen=True)
class Names:
    """The names that a query can use.

    Attributes:
        table: the table's name in the query.
        columns: lower-case name to column, of the table.
        sources: alias to the repeated column that it unnests, in order.
    """

    table: str
    columns: Mapping[str, Column]
    sources: Mapping[str, Column]

    def value(self, node: exp.Column) -> Value:
        """Resolve a column's name to a value.

        Raises:
            RefusedError: there is no such column, it may not be shown, or it is a table.
        """
        name, table = node.name.lower(), node.table.lower()
        if table in self.sources:
            at = list(self.sources).index(table)
            fields = {field.name.lower(): field for field in self.sources[table].fields}
            return _plain(node, fields.get(name), at)
        if table not in {"", self.table}:
            raise RefusedError(node, f"there is no {table}")
        if not table and name in self.sources:
            raise RefusedError(node, f"{name} is a row: name a field of it, as {name}.name")
        if name in IDENTIFIERS:
            advice = f"; use it in COUNT(DISTINCT {SITE}) alone" if name == SITE else ""
            raise RefusedError(node, f"{name} tells one report from another{advice}")
        return _plain(node, self.columns.get(name), None)

    def repeated(self, node: exp.Expr) -> Column:
        """Resolve a name to a repeated column.

        Raises:
            RefusedError: there is no such column.
        """
        column = None
        if type(node) is exp.Column and node.table.lower() in {"", self.table}:
            column = self.columns.get(node.name.lower())
        if column is None or column.type is not Type.RECORD or column.mode is not Mode.REPEATED:
            raise RefusedError(node, "this is not the name of a repeated column of the table")
        return column

    def domain(self, value: Value) -> Domain | None:
        """The vocabulary of a value; None for a number."""
        if value.source is None:
            return self.columns[value.name.lower()].domain
        column = list(self.sources.values())[value.source]
        return next(field.domain for field in column.fields if field.name == value.name)

    def is_site(self, node: exp.Expr) -> bool:
        """Whether this is the site's id."""
        return (
            type(node) is exp.Column
            and node.name.lower() == SITE
            and node.table.lower() in {"", self.table}
        )


def table_name(node: exp.Expr) -> str:
    """The table's name in the query.

    Raises:
        RefusedError: the query reads another table.
    """
    if type(node) is not exp.Table or node.name != TABLE:
        raise RefusedError(node, f"only the table {TABLE} can be read")
    alias = node.args.get("alias")
    if alias is not None and alias.args.get("columns"):
        raise RefusedError(alias, "the table's columns have their own names")
    return (node.alias or node.name).lower()


def with_source(names: Names, join: exp.Join) -> Names:
    """Add the name of one more UNNEST.

    Raises:
        RefusedError: it is another kind of join, or its name is taken.
    """
    unnest = join.this
    if type(unnest) is not exp.Unnest or join.args.get("kind") not in {None, "", "CROSS"}:
        raise RefusedError(join, f"only UNNEST of a column of {TABLE} can be joined")
    if len(names.sources) == MOST_SOURCES:
        raise RefusedError(join, f"more than {MOST_SOURCES} UNNEST are too many")
    if len(unnest.expressions) != 1:
        raise RefusedError(unnest, "UNNEST takes one column")
    column = names.repeated(unnest.expressions[0])
    alias = unnest.args.get("alias")
    words = [*alias.args.get("columns", ()), alias.this] if alias else []
    words = [each for each in words if each is not None]
    if len(words) != 1:
        raise RefusedError(unnest, f"give the rows one name: UNNEST({column.name}) AS row")
    word = words[0].name.lower()
    if not is_name(word) or word in {*names.columns, *names.sources, names.table, WEEK}:
        raise RefusedError(
            words[0], f"rows cannot be called {word}: the name is taken or malformed"
        )
    return Names(names.table, names.columns, {**names.sources, word: column})


def _plain(node: exp.Column, column: Column | None, source: int | None) -> Value:
    """A column or field as a value.

    Raises:
        RefusedError: there is no such column, or it may not be shown.
    """
    name = node.sql()
    if column is None:
        raise RefusedError(node, f"there is no column {name}")
    if column.mode is Mode.REPEATED or column.type is Type.RECORD:
        raise RefusedError(node, f"{name} is a table: walk over it with UNNEST")
    if column.type not in {Type.STRING, Type.INTEGER} or column.domain in _NAMING:
        raise RefusedError(node, f"{name} could name a site")
    return Value(column.name, column.type, source)
