"""The table's fields in BigQuery: the schema's columns and the table's former ones.

As in the dataset's files, a new column is added, also within records, one that the schema no longer
has stays, and none is ever retyped. All are nullable: a site may disable any metric, and an older
probe lacks newer fields.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from dropsonde.collector.store.parquet.schema import WEEK
from dropsonde.common.errors import SchemaError
from dropsonde.schema.model import Column, Mode, Type, to_bigquery

MONDAY = "week_start"
# BigQuery does not partition by week, so a week's partition is the day of its Monday.
PARTITION: dict[str, Any] = {
    "name": MONDAY,
    "type": "DATE",
    "mode": "NULLABLE",
    "description": "The Monday of the ISO week; the table is partitioned by it.",
}
_NAME = Column(WEEK, Type.STRING, "The ISO week, as 2026-W47.")
# BigQuery's answers use either name of a type.
_NAMES = {"INT64": "INTEGER", "FLOAT64": "FLOAT", "BOOL": "BOOLEAN", "STRUCT": "RECORD"}


def fields_of(columns: Iterable[Column]) -> list[dict[str, Any]]:
    """All fields of a new table."""
    return [*map(_nullable, to_bigquery([*columns, _NAME])), PARTITION]


def merged(old: Sequence[dict[str, Any]], new: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The fields of a table, with missing ones added.

    Args:
        old: as returned by BigQuery; their other properties are kept.
        new: from :func:`fields_of`.

    Raises:
        SchemaError: one was retyped.
    """
    return _merged(old, new, "")


def _merged(
    old: Sequence[dict[str, Any]], new: Sequence[dict[str, Any]], path: str
) -> list[dict[str, Any]]:
    fields = {field["name"].lower(): field for field in old}
    for field in new:
        known = fields.setdefault(field["name"].lower(), field)
        if known is not field:
            fields[field["name"].lower()] = _widened(known, field, f"{path}{known['name']}")
    return list(fields.values())


def _widened(old: dict[str, Any], new: dict[str, Any], path: str) -> dict[str, Any]:
    if _kind(old) != _kind(new):
        raise SchemaError(
            f"column {path}: BigQuery's table holds {_kind(old)}, and the schema says {_kind(new)}",
            "give the changed column a new name, or start with a new dataset",
        )
    relaxed = {**old, "mode": new["mode"]}
    if "fields" in new:
        relaxed["fields"] = _merged(old.get("fields", []), new["fields"], f"{path}.")
    return relaxed


def _kind(field: dict[str, Any]) -> str:
    kind = _NAMES.get(field["type"], field["type"])
    return f"REPEATED {kind}" if field.get("mode") == Mode.REPEATED.value else kind


def _nullable(field: dict[str, Any]) -> dict[str, Any]:
    mode = field["mode"] if field["mode"] == Mode.REPEATED.value else Mode.NULLABLE.value
    nested = {"fields": list(map(_nullable, field["fields"]))} if "fields" in field else {}
    return {**field, "mode": mode, **nested}
