"""All weeks of each table, made from the weeks' Parquet files: no old release is parsed for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from sys import intern
from typing import TYPE_CHECKING

from dropsonde.collector.store.parquet.schema import literal, quoted
from dropsonde.publish import forms, paths
from dropsonde.publish.datapackage import describe, of_table
from dropsonde.publish.of_weeks import WEEK, of_weeks

if TYPE_CHECKING:
    import duckdb

    from dropsonde.aggregation.release import Field, Release, Role, Table
    from dropsonde.publish.digests import Digests
    from dropsonde.schema.model import Type

# Tables whose rows of all weeks the documents need; those of the others are read for the newest.
REMEMBERED = ("module_usage", "module_majors")


def write(
    connection: duckdb.DuckDBPyConnection,
    root: Path,
    heads: Sequence[Release],
    newest: Release,
    digests: Digests,
) -> None:
    """Write all weeks of each current table, with its current columns.

    Args:
        connection: to DuckDB.
        root: the public root, which has the weeks.
        heads: their releases, oldest first; rows are not used.
        newest: the newest release.
        digests: gets those of the files.
    """
    directory = root / "data" / paths.HISTORY
    directory.mkdir()
    resources = []
    queries = {
        replace(table, fields=(WEEK, *table.fields), rows=()): _weeks_of(root, heads, table)
        for table in newest.tables.values()
    }
    queries |= {table: _whole(root, heads, table) for table in of_weeks([newest])}
    for table, found in queries.items():
        files = {
            form: root / paths.data(paths.HISTORY, table.name, form)
            for form in paths.history_forms(table.name)
        }
        forms.copy(connection, " UNION ALL ".join(found), "parquet", files["parquet"])
        if "csv" in files:
            forms.copy(connection, f"FROM {forms.parquet(files['parquet'])}", "csv", files["csv"])
        resources += [of_table(table, form, path) for form, path in files.items()]
    describe(directory, newest, resources, digests)


def _weeks_of(root: Path, heads: Sequence[Release], table: Table) -> Iterator[str]:
    """Queries of each week's rows.

    A week in which a table had other keys counted something else, and is left out. A measure that a
    week did not have is null.
    """
    for head in heads:
        old = head.tables.get(table.name)
        if old is not None and _keys(old) == _keys(table):
            kinds = {_kind(field) for field in old.fields}
            columns = ", ".join(
                quoted(field.name)
                if _kind(field) in kinds
                else f"NULL::{forms.SQL[field.type]} AS {quoted(field.name)}"
                for field in table.fields
            )
            file = forms.parquet(root / paths.data(head.week, table.name, "parquet"))
            yield f"SELECT {literal(head.week)} AS week, {columns} FROM {file}"  # noqa: S608 - ours


def _whole(root: Path, heads: Sequence[Release], table: Table) -> Iterator[str]:
    """The same of a table that has the week itself."""
    for head in heads:
        yield f"FROM {forms.parquet(root / paths.data(head.week, table.name, 'parquet'))}"


def remembering(connection: duckdb.DuckDBPyConnection, root: Path, head: Release) -> Release:
    """A week with the rows that the documents need."""
    found = {}
    for name in REMEMBERED:
        if name in head.tables:
            file = forms.parquet(root / paths.data(head.week, name, "parquet"))
            rows = connection.execute(f"FROM {file}").fetchall()
            found[name] = tuple((_once(row[0]), *row[1:]) for row in rows)
    return head.with_rows(found)


def _once(word: object) -> object:
    """The same object for the same word: names of modules are in all weeks."""
    return intern(word) if isinstance(word, str) else word


def _kind(field: Field) -> tuple[str, Type, Role]:
    return field.name, field.type, field.role


def _keys(table: Table) -> list[tuple[str, Type, Role]]:
    return [_kind(field) for field in table.fields[: table.keys]]
