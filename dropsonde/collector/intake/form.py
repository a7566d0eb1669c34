"""Whether a report has the form that a version describes, and if not, every fault.

The compiled validator decides. It is a hundred times as fast as the house's own
(``dropsonde.schema.validate``), which puts the faults into words: for the refused alone, only for
the first rows that are at fault, and without what is too large to be a value, so that a report of a
megabyte of faults is cheap to refuse.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import jsonschema_rs

from dropsonde.collector.intake.faults import MAX_FAULTS, Faults
from dropsonde.collector.intake.wire import (
    MAX_ROWS,
    MAX_TEXT,
    report_schema,
    table_columns,
    value_schema,
)
from dropsonde.protocol.report import ANALYTICS, SNAPSHOTS, snapshots_of
from dropsonde.schema.validate import Validator

if TYPE_CHECKING:
    from dropsonde.schema.model import Column

# Python's regular expressions need this to end where a text ends; the compiled ones do not know it.
_PYTHONS_END = r"(?!\n)"
_ROOT = "the data"
_LEVELS = 4  # of objects: the report, its analytics, their snapshots, a column
_PART = 256  # rows that are looked at in one go


class Reference(Validator):
    """The house's validator, for a schema that is more than columns."""

    def __init__(self, schema: dict[str, Any]) -> None:
        super().__init__((), {})
        self._validator = self._validator.evolve(schema=schema)


class Compiled:
    """The same schema, compiled: yes or no."""

    def __init__(self, schema: dict[str, Any]) -> None:
        self._validator = jsonschema_rs.Draft202012Validator(
            _for_rust(schema),
            pattern_options=jsonschema_rs.RegexOptions(),  # in linear time, whatever the text
            validate_formats=False,  # ours name vocabularies, which are no matter of form
        )

    def fits(self, data: Any) -> bool:
        """Whether the schema describes ``data``."""
        try:
            return bool(self._validator.is_valid(data))
        except ValueError:  # it cannot be looked at: half a surrogate pair, say
            return False


class Form:
    """The form of one version's reports.

    Args:
        columns: the version's columns, the envelope's included.
    """

    def __init__(self, columns: Sequence[Column]) -> None:
        schema = report_schema(columns)
        self._report = Compiled(schema)
        self._reference = Reference(schema)
        self._names = frozenset(_names(schema))
        self._rows = {
            column.name: _Rows(value_schema(column)["items"]) for column in table_columns(columns)
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
        found = Faults()
        found.add(self._reference.faults(_small(bare, _LEVELS, self._names)))
        for name, rows in tables.items():
            place = f"{ANALYTICS}.{SNAPSHOTS}.{name}.value"
            if len(rows) > MAX_ROWS:
                found.add([f"{place}: out of range (maxItems)"])
            else:
                self._rows[name].look(rows, place, found)
        return found.lines()

    def _without_rows(self, document: Any) -> tuple[Any, dict[str, list[Any]]]:
        """The document with empty tables, and the rows that were in them."""
        snapshots = snapshots_of(document)
        if snapshots is None:
            return document, {}
        tables = {
            name: snapshot["value"]
            for name, snapshot in snapshots.items()
            if name in self._rows
            and isinstance(snapshot, dict)
            and isinstance(snapshot.get("value"), list)
        }
        bare = {name: {**snapshots[name], "value": []} for name in tables}
        analytics = {**document[ANALYTICS], SNAPSHOTS: {**snapshots, **bare}}
        return {**document, ANALYTICS: analytics}, tables


class _Rows:
    """The form of one table's rows."""

    def __init__(self, schema: dict[str, Any]) -> None:
        self._one = Compiled(schema)
        self._many = Compiled({"type": "array", "items": schema})
        self._reference = Reference(schema)
        self._names = frozenset(_names(schema))

    def look(self, rows: Sequence[Any], place: str, found: Faults) -> None:
        """Add the faults of a table that stands in a place, until there are enough."""
        for number in self._misfits(rows):
            if found.enough:
                return
            if len(found) <= MAX_FAULTS:
                faults = self._reference.faults(_small(rows[number], 1, self._names))
                found.add(_placed(faults, f"{place}[{number}]"))
            else:
                found.count()

    def _misfits(self, rows: Sequence[Any]) -> Iterator[int]:
        """The numbers of the rows that do not fit."""
        for start in range(0, len(rows), _PART):
            part = rows[start : start + _PART]
            if not self._many.fits(part):
                yield from (n for n, row in enumerate(part, start) if not self._one.fits(row))


def _small(value: Any, levels: int, names: frozenset[str]) -> Any:
    """A value that has the same faults and is quick to look at.

    Args:
        value: of strict JSON. Lists are faults wherever they stand: tables were taken out.
        levels: of objects that the schema knows; below them it knows plain values alone.
        names: all keys that it knows.
    """
    if isinstance(value, dict):
        if not levels:
            return {}
        known = {name: _small(value[name], levels - 1, names) for name in names & value.keys()}
        return {**dict.fromkeys(value), **known}
    if isinstance(value, str):
        return value[: MAX_TEXT + 1]
    return [] if isinstance(value, list) else value


def _names(schema: Any) -> Iterator[str]:
    """The keys that a schema knows, of objects at every level."""
    for name, below in schema.get("properties", {}).items():
        yield name
        yield from _names(below)


def _placed(faults: Sequence[str], place: str) -> Iterator[str]:
    """Faults of a row, with the path of the row before their own."""
    for fault in faults:
        path, _, said = fault.partition(": ")
        yield f"{place}: {said}" if path == _ROOT else f"{place}.{path}: {said}"


def _for_rust(schema: Any) -> Any:
    """A schema whose patterns end as Rust's do."""
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
