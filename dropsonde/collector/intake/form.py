"""Check whether a report has the form that a version describes, and list its faults.

One compiled validator does both. It lists all faults at once, so a table is validated in parts,
and only until there are enough faults to show: a megabyte of faults is cheap to refuse.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import jsonschema_rs

from dropsonde.collector.intake.faults import Faults
from dropsonde.collector.intake.wire import MAX_ROWS, report_schema, table_columns, value_schema
from dropsonde.protocol.report import ANALYTICS, SNAPSHOTS, snapshots_of
from dropsonde.schema.validate import fault

if TYPE_CHECKING:
    from dropsonde.schema.model import Column

# Python's regular expressions need this for a true end of text; Rust's do not support it.
_PYTHONS_END = r"(?!\n)"
_LEVELS = 4  # of objects: the report, its analytics, their snapshots, a column
_PART = 64  # rows that are validated at once


class Compiled:
    """A compiled JSON Schema."""

    def __init__(self, schema: dict[str, Any]) -> None:
        self._schema = schema
        self._names = frozenset(_names(schema))
        self._validator = jsonschema_rs.Draft202012Validator(
            _for_rust(schema),
            pattern_options=jsonschema_rs.RegexOptions(),  # in linear time for every text
            validate_formats=False,  # this schema's formats name vocabularies
        )

    def fits(self, data: Any) -> bool:
        """Whether the schema describes ``data``."""
        try:
            return bool(self._validator.is_valid(data))
        except ValueError:  # the library cannot read it, such as a lone surrogate
            return False

    def faults(self, document: Any) -> Iterator[str]:
        """Every fault of an object of strict JSON, one line each."""
        return self._faults(document, self._cut(document, _LEVELS), (), 0)

    def faults_of_rows(
        self, rows: Sequence[Any], path: Sequence[str | int], first: int
    ) -> Iterator[str]:
        """The same of some rows of a table.

        Args:
            rows: some.
            path: the table's, in the report.
            first: the index of the first one.
        """
        return self._faults(rows, [self._cut(row, 1) for row in rows], path, first)

    def _faults(self, data: Any, cut: Any, path: Sequence[str | int], first: int) -> Iterator[str]:
        # There is an error for each missing key, side by side; one line names all of them.
        for place, _ in itertools.groupby(self._validator.iter_errors(cut), _place):
            below, above, keyword = place
            value, schema = _at(data, below), _at(self._schema, above)
            if below and isinstance(below[0], int):
                below = (below[0] + first, *below[1:])
            yield fault((*path, *below), keyword, schema, value)

    def _cut(self, value: Any, levels: int) -> Any:
        """Reduce a value to one that has the same faults and is quick to validate.

        Args:
            value: strict JSON. Any list in it is a fault: the tables were removed before.
            levels: the levels of objects in the schema; below them are only plain values.
        """
        if isinstance(value, list):
            return []
        if not isinstance(value, dict):
            return value
        if not levels:
            return {}
        known = {name: self._cut(value[name], levels - 1) for name in self._names & value.keys()}
        unknown = (name for name in value if name not in self._names)
        return {**dict.fromkeys(itertools.islice(unknown, 1)), **known}


class Form:
    """The form of one version's reports.

    Args:
        columns: the version's columns, the envelope's included.
    """

    def __init__(self, columns: Sequence[Column]) -> None:
        self._report = Compiled(report_schema(columns))
        self._tables = {
            column.name: Compiled({"type": "array", "items": value_schema(column)["items"]})
            for column in table_columns(columns)
        }

    def fits(self, document: Any) -> bool:
        """Whether the document is a report of this version."""
        return self._report.fits(document)

    def faults(self, document: Any) -> tuple[str, ...]:
        """The faults with their paths; empty when the document fits.

        Args:
            document: strict JSON. It is not changed.
        """
        bare, tables = self._without_rows(document)
        faults = Faults()
        faults.add(self._report.faults(bare))
        for name, rows in tables.items():
            table, path = self._tables[name], (ANALYTICS, SNAPSHOTS, name, "value")
            if len(rows) > MAX_ROWS:
                faults.add([fault(path, "maxItems", {"maxItems": MAX_ROWS}, rows)])
                continue
            for first in range(0, len(rows), _PART):
                if faults.enough:
                    break
                faults.add(table.faults_of_rows(rows[first : first + _PART], path, first))
        return faults.lines()

    def _without_rows(self, document: Any) -> tuple[Any, dict[str, list[Any]]]:
        """The document with empty tables, and the rows that it removed from them."""
        snapshots = snapshots_of(document)
        if snapshots is None:
            return document, {}
        tables = {
            name: snapshot["value"]
            for name, snapshot in snapshots.items()
            if name in self._tables
            and isinstance(snapshot, dict)
            and isinstance(snapshot.get("value"), list)
        }
        bare = {name: {**snapshots[name], "value": []} for name in tables}
        analytics = {**document[ANALYTICS], SNAPSHOTS: {**snapshots, **bare}}
        return {**document, ANALYTICS: analytics}, tables


def _place(error: Any) -> tuple[tuple[str | int, ...], tuple[str | int, ...], str]:
    """The path of an error in the data and in the schema, and its keyword."""
    *above, keyword = error.schema_path
    return tuple(error.instance_path), tuple(above), keyword


def _at(data: Any, path: Iterable[str | int]) -> Any:
    for step in path:
        data = data[step]
    return data


def _names(schema: Any) -> Iterator[str]:
    """The property names of a schema, of objects at every level."""
    for name, below in schema.get("properties", {}).items():
        yield name
        yield from _names(below)
    yield from _names(schema["items"]) if "items" in schema else ()


def _for_rust(schema: Any) -> Any:
    """Replace Python's end of text in a schema's patterns by Rust's."""
    if isinstance(schema, list):
        return [_for_rust(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: value.removesuffix(_PYTHONS_END)
        if key == "pattern" and isinstance(value, str)
        else _for_rust(value)
        for key, value in schema.items()
    }
