"""The report on the wire, as JSON Schema made from the dataset's columns.

The bounds exclude what no site can honestly report; a real one stays far below them:

* an integer is 0 to 10,000,000 (it counts nodes, environments, calls);
* a text has at most 400 characters: the longest that any domain's form admits has about 360;
* a column has at most 100,000 rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from dropsonde.protocol.report import ANALYTICS, SNAPSHOTS
from dropsonde.schema.model import ENVELOPE, Mode
from dropsonde.schema.validate import to_json_schema

if TYPE_CHECKING:
    from dropsonde.schema.model import Column

MAX_COUNT = 10_000_000
MAX_TEXT = 400
MAX_ROWS = 100_000
MAX_FIELDS = 20  # of a row of an unknown column

_BOUNDS: dict[str, dict[str, int]] = {
    "integer": {"minimum": 0, "maximum": MAX_COUNT},
    "string": {"maxLength": MAX_TEXT},
    "array": {"maxItems": MAX_ROWS},
}
_SITE_ID = {"type": "string", "pattern": r"^[0-9a-f]{128}$(?!\n)"}
# When a column was gathered. It is not stored; the Ruby program uses the site's own time zone.
_MOMENT = {
    "type": "string",
    "maxLength": 40,
    "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?"
    r"(?:Z|[+-][0-9]{2}:[0-9]{2})$(?!\n)",
}


def metric_columns(columns: Iterable[Column]) -> tuple[Column, ...]:
    """The metrics' columns: all but the envelope's."""
    envelope = {column.name for column in ENVELOPE}
    return tuple(column for column in columns if column.name not in envelope)


def report_schema(columns: Iterable[Column]) -> dict[str, Any]:
    """The schema of a whole report.

    Args:
        columns: a version's, the envelope's included. Any column may be missing in a report: a site
            may disable its metric.
    """
    given = {column.name: column for column in columns}
    snapshots = {
        column.name: _exactly({"value": value_schema(column), "timestamp": _MOMENT})
        for column in metric_columns(given.values())
    }
    return _exactly(
        {
            "product": _required(value_schema(given["product"])),
            "version": _required(value_schema(given["version"])),
            "site_id": _SITE_ID,
            ANALYTICS: _exactly({SNAPSHOTS: {**_exactly(snapshots), "required": []}}),
        }
    )


def any_snapshot() -> dict[str, Any]:
    """The schema of a snapshot of any column, also of one that a later version describes."""
    number = {"type": "integer", **_BOUNDS["integer"]}
    plain = {"type": ["integer", "string", "null"], **_BOUNDS["integer"], **_BOUNDS["string"]}
    row = {"type": "object", "additionalProperties": plain, "maxProperties": MAX_FIELDS}
    rows = {"type": "array", "items": row, **_BOUNDS["array"]}
    return _exactly({"value": {"anyOf": [number, rows]}, "timestamp": _MOMENT})


def value_schema(column: Column) -> dict[str, Any]:
    """The schema of one column's value, with the bounds."""
    return _bounded(to_json_schema([column])["properties"][column.name])


def table_columns(columns: Iterable[Column]) -> tuple[Column, ...]:
    """The metrics' columns that hold rows."""
    return tuple(c for c in metric_columns(columns) if c.mode is Mode.REPEATED)


def _exactly(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }


def _required(schema: dict[str, Any]) -> dict[str, Any]:
    """The same schema without null."""
    types = schema["type"]
    return {**schema, "type": types if isinstance(types, str) else types[0]}


def _bounded(schema: dict[str, Any]) -> dict[str, Any]:
    """Add the bounds of its types to a column's schema, at every level."""
    types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    bounds = {name: value for kind in types for name, value in _BOUNDS.get(kind, {}).items()}
    inner: dict[str, Any] = {}
    if "items" in schema:
        inner["items"] = _bounded(schema["items"])
    if "properties" in schema:
        inner["properties"] = {k: _bounded(value) for k, value in schema["properties"].items()}
    return {**schema, **bounds, **inner}
