"""Columns as JSON Schema, and the probe's validator, which checks data against columns.

A fault names its path and what was expected, never the value: an invalid value may be private.
The collector compiles the schema and words its faults with :func:`fault`.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Container, Iterable, Iterator, Mapping
from functools import cache
from typing import Any

import jsonschema

from dropsonde.schema.model import Column, Domain, Mode, Type

MAX_INT64 = 2**63 - 1
MAX_FLOAT = sys.float_info.max

# Python's `$` also matches before a newline at the end; this does not.
_END = r"$(?!\n)"
# Not \d, which matches the digits of every script.
_DATE = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_TIME = r"[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?"

_VALUES: dict[Type, dict[str, Any]] = {
    Type.STRING: {"type": "string"},
    Type.INTEGER: {"type": "integer", "minimum": -MAX_INT64 - 1, "maximum": MAX_INT64},
    Type.FLOAT: {"type": "number", "minimum": -MAX_FLOAT, "maximum": MAX_FLOAT},
    Type.BOOLEAN: {"type": "boolean"},
    Type.TIMESTAMP: {
        "type": "string",
        "pattern": rf"^{_DATE}T{_TIME}(?:Z|\+00:00){_END}",
    },
    Type.BYTES: {"type": "string", "pattern": f"^(?:[0-9a-f]{{2}})*{_END}"},
    Type.RECORD: {"type": "object"},
}


def to_json_schema(columns: Iterable[Column]) -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of an object with these columns and no others."""
    columns = tuple(columns)
    return {
        "type": "object",
        "properties": {column.name: _column(column) for column in columns},
        "required": [column.name for column in columns if column.mode is Mode.REQUIRED],
        "additionalProperties": False,
    }


def _column(column: Column) -> dict[str, Any]:
    value = to_json_schema(column.fields) if column.fields else dict(_VALUES[column.type])
    if column.domain is not None:
        value |= {"pattern": f"^(?:{column.domain.pattern}){_END}", "format": column.domain.format}
    if column.mode is Mode.REPEATED:
        value = {"type": "array", "items": value}
    elif column.mode is Mode.NULLABLE:
        value["type"] = [value["type"], "null"]
    return {**value, "description": column.description}


class Validator:
    """Checks objects against columns.

    Args:
        columns: the columns that the object may hold.
        vocabulary: the words of the domains; for an absent domain, only the form is checked.
    """

    def __init__(
        self, columns: Iterable[Column], vocabulary: Mapping[Domain, Container[str]]
    ) -> None:
        formats = jsonschema.FormatChecker(formats=())
        for domain, words in vocabulary.items():
            formats.checks(domain.format)(_member_of(words))
        self._validator = _strict()(to_json_schema(columns), format_checker=formats)

    def faults(self, data: Any) -> list[str]:
        """Every fault of ``data``, one line each with its path; empty if there is none."""
        return list(dict.fromkeys(_fault(error) for error in self._validator.iter_errors(data)))


@cache
def _strict() -> Any:
    """The library's class of validators, with what BigQuery's loader also asks for."""
    # JSON Schema accepts 1.0 as an integer and NaN as a number; BigQuery's loader does not.
    types = jsonschema.Draft202012Validator.TYPE_CHECKER.redefine_many(
        {"integer": _is_integer, "number": _is_number}
    )
    return jsonschema.validators.extend(  # type: ignore[no-untyped-call]  # untyped
        jsonschema.Draft202012Validator,
        validators={"additionalProperties": _nothing_else},
        type_checker=types,
    )


def _is_integer(_: Any, value: Any) -> bool:
    return type(value) is int


def _is_number(_: Any, value: Any) -> bool:
    return type(value) is int or (type(value) is float and math.isfinite(value))


def _nothing_else(_: Any, __: Any, value: Any, schema: Any) -> Iterator[Any]:
    """Refuse keys that are no columns. The library's own check would list and sort them all."""
    if isinstance(value, dict) and not value.keys() <= schema["properties"].keys():
        yield jsonschema.ValidationError("unknown keys")


def _member_of(words: Container[str]) -> Any:
    return lambda value: not isinstance(value, str) or value in words


def _fault(error: Any) -> str:
    return fault(error.absolute_path, str(error.validator), error.schema, error.instance)


def fault(path: Iterable[str | int], keyword: str, schema: Mapping[str, Any], value: Any) -> str:
    """Describe a fault in one line. Keys in the path are columns; unknown keys are counted.

    Args:
        path: keys and indexes, from the root.
        keyword: the JSON Schema keyword that the value does not satisfy.
        schema: the part of the schema with that keyword.
        value: what does not satisfy it; only an object's keys are used.
    """
    place = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    expected = schema[keyword]
    if keyword == "additionalProperties":
        unknown = sum(key not in schema["properties"] for key in value)
        said = f"{unknown} unknown key{'s' * (unknown > 1)}"
    elif keyword == "required":
        said = f"missing {', '.join(name for name in expected if name not in value)}"
    elif keyword == "type":
        said = f"expected {' or '.join([expected] if isinstance(expected, str) else expected)}"
    elif keyword == "format":
        said = f"not one of the public values ({expected})"
    elif keyword == "pattern":
        said = f"not of the form {schema.get('format', expected)}"
    else:
        said = f"out of range ({keyword})"
    return f"{place.lstrip('.') or 'the data'}: {said}"
