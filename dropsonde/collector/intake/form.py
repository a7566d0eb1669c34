"""Whether a report has the form that a version describes, and if not, every fault.

The compiled validator decides. It is a hundred times as fast as the house's own
(``dropsonde.schema.validate``), which puts the faults into words: for the refused alone, and only
for the rows that are at fault, so that a report of a megabyte of faults is cheap to refuse.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jsonschema_rs

from dropsonde.collector.intake.faults import MAX_FAULTS, cut
from dropsonde.collector.intake.wire import (
    ANALYTICS,
    MAX_ROWS,
    SNAPSHOTS,
    report_schema,
    snapshots_of,
    table_columns,
    value_schema,
)
from dropsonde.schema.validate import Validator

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dropsonde.schema.columns import Column

# Python's regular expressions need this to end where a text ends; the compiled ones do not know it.
_PYTHONS_END = r"(?!\n)"
_ROOT = "the data"


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
        self._rows = {
            column.name: (Compiled(row), Reference(row))
            for column in table_columns(columns)
            for row in [value_schema(column)["items"]]
        }

    def fits(self, document: Any) -> bool:
        """Whether the document is a report of this version."""
        return self._report.fits(document)

    def faults(self, document: Any) -> tuple[str, ...]:
        """Every fault with its path; empty when the document fits.

        Args:
            document: strict JSON. It is not changed.
        """
        bare, tables = self._without_rows(document)
        said = self._reference.faults(bare)
        others = 0
        for name, rows in tables.items():
            place = f"{ANALYTICS}.{SNAPSHOTS}.{name}.value"
            if len(rows) > MAX_ROWS:
                said.append(f"{place}: out of range (maxItems)")
                continue
            compiled, reference = self._rows[name]
            for number, row in enumerate(rows):
                if not compiled.fits(row):
                    if len(said) <= MAX_FAULTS:
                        said += _placed(reference.faults(row), f"{place}[{number}]")
                    else:
                        others += 1
        return cut(said, others)

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
