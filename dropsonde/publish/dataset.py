"""The public dataset: each week's tables and their history, as CSV, JSON and Parquet.

DuckDB reads the JSON and writes the other two, so all three hold the same values. A week's cells,
which are public already, stand beside its tables as they are.
"""

from __future__ import annotations

import glob
import json
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dropsonde.aggregation.release import Field, Role, Table
from dropsonde.collector.store.parquet.duckdb import engine, translating
from dropsonde.collector.store.parquet.schema import literal, quoted
from dropsonde.publish import paths
from dropsonde.publish.datapackage import of_cells, of_table, package
from dropsonde.schema.model import Type

if TYPE_CHECKING:
    import duckdb

    from dropsonde.aggregation.release import Release

_SQL = {Type.STRING: "VARCHAR", Type.INTEGER: "BIGINT", Type.FLOAT: "DOUBLE"}
_FORMS = {"csv": "FORMAT csv, HEADER", "parquet": "FORMAT parquet, COMPRESSION zstd"}
_WEEK = Field("week", Type.STRING, Role.KEY, "The ISO week, Monday to Sunday, in UTC.")


def write(
    root: Path, releases: Sequence[Release], cells: Mapping[str, Path], scratch: Path
) -> None:
    """Write ``data/`` below the public root.

    Args:
        root: the public root, which exists.
        releases: of each week one, oldest first; at least one.
        cells: week to the file of its cells; weeks may be missing.
        scratch: where DuckDB may spill.

    Raises:
        StoreUnavailableError: a file cannot be written.
        OSError: likewise.
    """
    newest = releases[-1]
    with engine(scratch) as connection, translating("the dataset cannot be written"):
        for release in releases:
            tables = release.tables.values()
            _place(connection, root, release.week, release, tables, cells.get(release.week))
        _place(connection, root, paths.HISTORY, newest, _history(releases))


def _place(
    connection: duckdb.DuckDBPyConnection,
    root: Path,
    where: str,
    release: Release,
    tables: Iterable[Table],
    cells: Path | None = None,
) -> None:
    """Write one directory's tables, its cells and its data package."""
    (root / "data" / where).mkdir(parents=True)
    resources = []
    for table in tables:
        files = {form: paths.data(where, table.name, form) for form in paths.FORMS}
        (root / files["json"]).write_text(_json(table), encoding="utf-8")
        for form, options in _FORMS.items():
            connection.execute(
                f"COPY (FROM {_source(root / files['json'], table)}) "
                f"TO {literal(str(root / files[form]))} ({options})"
            )
        resources += [of_table(table, form, root / path) for form, path in files.items()]
    if cells is not None:
        path = root / paths.cells(where)
        shutil.copyfile(cells, path)
        resources.append(of_cells(path))
    text = json.dumps(package(where, release, resources), ensure_ascii=False, indent=1)
    (root / "data" / where / "datapackage.json").write_text(f"{text}\n", encoding="utf-8")


def _json(table: Table) -> str:
    """A JSON array with one object per line."""
    names = [field.name for field in table.fields]
    lines = (
        json.dumps(dict(zip(names, row, strict=True)), ensure_ascii=False) for row in table.rows
    )
    return "[\n" + ",\n".join(lines) + "\n]\n"


def _source(path: Path, table: Table) -> str:
    columns = ", ".join(f"{quoted(field.name)}: '{_SQL[field.type]}'" for field in table.fields)
    name = literal(glob.escape(str(path)))
    return f"read_json({name}, format = 'array', columns = {{{columns}}})"


def _history(releases: Sequence[Release]) -> Iterator[Table]:
    """All weeks of each current table, with its current columns.

    A week in which a table had other keys counted something else, and is left out. A measure that a
    week did not have is null.
    """
    for table in releases[-1].tables.values():
        rows: list[tuple[Any, ...]] = []
        for release in releases:
            old = release.tables.get(table.name)
            if old is not None and _keys(old) == _keys(table):
                places = {_kind(field): place for place, field in enumerate(old.fields)}
                chosen = [places.get(_kind(field)) for field in table.fields]
                rows += (
                    (release.week, *(None if at is None else row[at] for at in chosen))
                    for row in old.rows
                )
        fields = (_WEEK, *table.fields)
        yield Table(table.name, table.title, table.description, fields, tuple(rows))


def _kind(field: Field) -> tuple[str, Type, Role]:
    return field.name, field.type, field.role


def _keys(table: Table) -> list[tuple[str, Type, Role]]:
    return [_kind(field) for field in table.fields[: table.keys]]
