"""The dataset's table, made from the schema: types, DDL, and conversion of values.

BigQuery's types become DuckDB's; a TIMESTAMP becomes a TIMESTAMPTZ, shown in UTC. A column that the
schema no longer has stays in the dataset; a new one is null in older rows; one whose type changed
is refused, because the older rows cannot be converted.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from dropsonde.common.errors import SchemaError
from dropsonde.schema.model import ENVELOPE, Column, Mode, Type, to_bigquery
from dropsonde.schema.published import from_published

NAME = "community_metrics"
WEEK = "week"

_SQL = {
    Type.STRING: "VARCHAR",
    Type.INTEGER: "BIGINT",
    Type.FLOAT: "DOUBLE",
    Type.BOOLEAN: "BOOLEAN",
    Type.TIMESTAMP: "TIMESTAMPTZ",
    Type.BYTES: "BLOB",
}
# A report has bytes in hexadecimal, and timestamps in ISO 8601, which DuckDB parses itself.
_FROM_JSON = {Type.BYTES: "unhex({})"}
_TO_JSON = {
    Type.BYTES: "lower(hex({}))",
    Type.TIMESTAMP: "strftime({}, '%Y-%m-%dT%H:%M:%S.%f+00:00')",
}


@dataclass(frozen=True)
class Table:
    """The columns of ``community_metrics``, without the week.

    Args:
        columns: the envelope's first; use :func:`table_of`.
    """

    columns: tuple[Column, ...]

    @property
    def reported(self) -> tuple[Column, ...]:
        """The metrics' columns, without the envelope's."""
        return self.columns[len(ENVELOPE) :]

    def ddl(self, name: str = NAME) -> str:
        """CREATE TABLE, with the week as the last column."""
        columns = [f"{quoted(column.name)} {sql_type(column)}" for column in self.columns]
        return f"CREATE TABLE {name} ({', '.join(columns)}, {WEEK} VARCHAR)"

    def from_json(self, files: Sequence[str]) -> str:
        """A SELECT of all columns and the week from files with lines of :meth:`to_json`.

        A value that does not fit its column's type becomes null; so does every value of a line that
        is not JSON, and lines without a site are left out.
        """
        found = (*self.columns, Column(WEEK, Type.STRING, "The dataset's own."))
        values = (
            f"{rebuilt(quoted(column.name), column, _FROM_JSON)} AS {quoted(column.name)}"
            for column in found
        )
        types = (
            f"{literal(column.name)}: {literal(sql_type(column, {Type.BYTES: 'VARCHAR'}))}"
            for column in found
        )
        return (
            f"SELECT {', '.join(values)} FROM read_json({list(files)}, "  # noqa: S608 - ours
            f"columns = {{{', '.join(types)}}}, format = 'newline_delimited', "
            "auto_detect = false, compression = 'uncompressed', ignore_errors = true) "
            "WHERE site_id IS NOT NULL"
        )

    def to_json(self) -> str:
        """All columns and the week in JSON's types, as a SELECT list."""
        each = (
            f"{rebuilt(quoted(column.name), column, _TO_JSON)} AS {quoted(column.name)}"
            for column in self.columns
        )
        return ", ".join((*each, WEEK))

    def from_older(self, older: Table) -> str:
        """All columns from a table that may lack some, as a SELECT list."""
        names = {column.name for column in older.columns}
        return ", ".join(
            f"CAST({quoted(column.name) if column.name in names else 'NULL'} AS {sql_type(column)})"
            f" AS {quoted(column.name)}"
            for column in self.columns
        )

    def dump(self) -> str:
        """The columns as the text of a BigQuery schema file."""
        return json.dumps(to_bigquery(self.columns))


def table_of(*versions: Iterable[Column]) -> Table:
    """A table that can hold the rows of all these schemas.

    Raises:
        SchemaError: a column was retyped, or two columns of a schema have the same name.
    """
    columns: tuple[Column, ...] = ENVELOPE
    for version in versions:
        version = tuple(version)  # noqa: PLW2901 - it is read twice
        _check_names((*version, Column(WEEK, Type.STRING, "The dataset's own.")), "")
        columns = _merged(columns, version, "")
    return Table(columns)


def load(text: str) -> tuple[Column, ...]:
    """The columns in the text of a BigQuery schema file."""
    return from_published(json.loads(text))


def _check_names(columns: Sequence[Column], path: str) -> None:
    """Refuse duplicate names; SQL's names are case-insensitive."""
    seen: set[str] = set()
    for column in columns:
        if column.name.lower() in seen:
            raise SchemaError(
                f"column {path}{column.name}: the name is taken", "give the column another name"
            )
        seen.add(column.name.lower())
        _check_names(column.fields, f"{path}{column.name}.")


def _merged(old: Sequence[Column], new: Sequence[Column], path: str) -> tuple[Column, ...]:
    columns = {column.name.lower(): column for column in old}
    for column in new:
        known = columns.setdefault(column.name.lower(), column)
        if known is not column:
            columns[known.name.lower()] = _widened(known, column, f"{path}{known.name}")
    return tuple(columns.values())


def _widened(old: Column, new: Column, path: str) -> Column:
    if _kind(old) != _kind(new):
        raise SchemaError(
            f"column {path}: the dataset holds {_kind(old)}, and the schema says {_kind(new)}",
            "give the changed column a new name, or start with a new data directory",
        )
    return old._replace(fields=_merged(old.fields, new.fields, f"{path}."))


def _kind(column: Column) -> str:
    return f"REPEATED {column.type.value}" if column.mode is Mode.REPEATED else column.type.value


def sql_type(column: Column, others: Mapping[Type, str] | None = None) -> str:
    """A column's type in DuckDB; ``others`` has other names for some types."""
    if column.type is Type.RECORD:
        fields = (f"{quoted(field.name)} {sql_type(field, others)}" for field in column.fields)
        single = f"STRUCT({', '.join(fields)})"
    else:
        single = {**_SQL, **(others or {})}[column.type]
    return f"{single}[]" if column.mode is Mode.REPEATED else single


def rebuilt(value: str, column: Column, leaves: Mapping[Type, str], depth: int = 0) -> str:
    """An expression that converts the values of some types, also nested in records.

    Args:
        value: an expression.
        column: its type.
        leaves: for a type, the expression with ``{}`` for the value.
        depth: the number of enclosing lists.
    """
    if not _has(column, leaves):
        return value
    if column.mode is Mode.REPEATED:
        item = f"item{depth}"
        single = column._replace(mode=Mode.NULLABLE)
        return f"list_transform({value}, lambda {item}: {rebuilt(item, single, leaves, depth + 1)})"
    if not column.fields:
        return leaves[column.type].format(value)
    fields = (
        f"{quoted(field.name)} := {rebuilt(f'{value}.{quoted(field.name)}', field, leaves, depth)}"
        for field in column.fields
    )
    return f"CASE WHEN {value} IS NOT NULL THEN struct_pack({', '.join(fields)}) END"


def _has(column: Column, leaves: Mapping[Type, str]) -> bool:
    return column.type in leaves or any(_has(field, leaves) for field in column.fields)


def quoted(name: str) -> str:
    """Quote a name for SQL."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Quote a string for SQL."""
    return "'" + text.replace("'", "''") + "'"
