"""The double's storage and SQL: DuckDB, which really runs each statement."""

from __future__ import annotations

import base64
import contextlib
import gzip
import json
import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from typing import Any

import duckdb
import sqlglot

SQL_TYPES = {
    "STRING": "VARCHAR",
    "INTEGER": "BIGINT",
    "INT64": "BIGINT",
    "FLOAT": "DOUBLE",
    "FLOAT64": "DOUBLE",
    "BOOLEAN": "BOOLEAN",
    "BOOL": "BOOLEAN",
    "TIMESTAMP": "TIMESTAMP",  # UTC, without a time zone
    "BYTES": "BLOB",
    "DATE": "DATE",
}
_PYTHON: dict[str, tuple[type, ...]] = {
    "INTEGER": (int,),
    "FLOAT": (int, float),
    "BOOLEAN": (bool,),
    **dict.fromkeys(("STRING", "TIMESTAMP", "BYTES", "DATE"), (str,)),
}
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


class RefusedError(Exception):
    """A request or job that BigQuery would refuse.

    Attributes:
        status: of the answer.
        reason: BigQuery's word for it.
    """

    def __init__(self, status: int, reason: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason


def translated(sql: str) -> str:
    """Translate BigQuery's SQL to DuckDB's; a DELETE or INSERT differs only in its quotes."""
    if sql.startswith("SELECT"):
        return sqlglot.transpile(sql, read="bigquery", write="duckdb")[0]
    return re.sub(r"@(\w+)", r"$\1", sql.replace("`", '"'))


@dataclass
class Tables:
    """Tables by their full names, ``project.dataset.table``."""

    resources: dict[str, dict[str, Any]] = field(default_factory=dict)
    changes: int = 0
    connection: duckdb.DuckDBPyConnection = field(
        default_factory=lambda: duckdb.connect(":memory:", config={"threads": "1"})
    )

    def __post_init__(self) -> None:
        self.connection.execute("SET TimeZone = 'UTC'")

    def create(self, name: str, resource: dict[str, Any]) -> None:
        columns = ", ".join(_column(each) for each in resource["schema"]["fields"])
        self.connection.execute(f'CREATE TABLE "{name}" ({columns})')
        self.resources[name] = resource

    def changed(self, name: str) -> None:
        """Note a change of a table's rows; BigQuery notes its time."""
        self.changes += 1
        self.resources[name]["lastModifiedTime"] = str(self.changes)

    def drop(self, name: str) -> None:
        del self.resources[name]
        self.connection.execute(f'DROP TABLE "{name}"')

    def patch(self, name: str, changes: dict[str, Any]) -> None:
        """Apply new values; a schema may only gain fields and become less strict."""
        fields = changes.get("schema", {}).get("fields")
        if fields is not None:
            old = self.resources[name]["schema"]["fields"]
            _check_widened(old, fields, "")
            known = {column["name"] for column in old}
            values = ", ".join(
                f"CAST({_quoted(column['name'])} AS {_type(column)})"
                if column["name"] in known
                else "NULL"
                for column in fields
            )
            columns = ", ".join(_column(column) for column in fields)
            run = self.connection.execute
            run(f'CREATE TABLE "{name}.new" ({columns})')
            run(f'INSERT INTO "{name}.new" SELECT {values} FROM "{name}"')  # noqa: S608 - ours
            run(f'DROP TABLE "{name}"')
            run(f'ALTER TABLE "{name}.new" RENAME TO "{name}"')
        self.resources[name].update(changes)

    def load(self, name: str, data: bytes) -> None:
        """Add lines of JSON, all or none.

        Raises:
            RefusedError: the table is missing, or a line does not fit it.
        """
        if name not in self.resources:
            raise RefusedError(404, "notFound", f"Not found: Table {name}")
        fields = self.resources[name]["schema"]["fields"]
        text = gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
        for number, line in enumerate(text.splitlines(), 1):
            _check_record(json.loads(line), fields, f"line {number}: ")
        types = {column["name"]: _type(column).replace("BLOB", "VARCHAR") for column in fields}
        values = ", ".join(
            f"from_base64({_quoted(column['name'])})"
            if column["type"] == "BYTES" and column.get("mode") != "REPEATED"
            else _quoted(column["name"])
            for column in fields
        )
        columns = ", ".join(f"'{key}': '{kind}'" for key, kind in types.items())
        with tempfile.NamedTemporaryFile(suffix=".json") as file:
            file.write(text)
            file.flush()
            self.connection.execute(
                f'INSERT INTO "{name}" SELECT {values} FROM read_json($1, '  # noqa: S608 - ours
                "format = 'newline_delimited', maximum_object_size = 104857600, "
                f"columns = {{{columns}}})",
                [file.name],
            )
        self.changed(name)

    def run(
        self, sql: str, parameters: Sequence[dict[str, Any]], *, dry: bool, default: str = ""
    ) -> Found:
        """Run statements; undo those of a script that fails.

        Args:
            sql: in BigQuery's dialect.
            parameters: named, as the API has them.
            dry: only check the statements.
            default: the dataset of tables that are named without one.

        Raises:
            RefusedError: it is not SQL, or fits no table.
        """
        values = {each["name"]: _value(each) for each in parameters}
        found = Found([], [])
        try:
            self._name_shortly(default)
            for statement in self.connection.extract_statements(translated(sql)):
                found = self._run(statement, values, dry=dry)
        except (duckdb.Error, KeyError) as error:
            with contextlib.suppress(duckdb.TransactionException):  # none has begun
                self.connection.execute("ROLLBACK")
            reason = "notFound" if isinstance(error, duckdb.CatalogException) else "invalidQuery"
            raise RefusedError(400, reason, str(error)) from error
        return found

    def _name_shortly(self, default: str) -> None:
        """Give only the default dataset's tables names without a dataset."""
        views = self.connection.execute(
            "SELECT view_name FROM duckdb_views() WHERE temporary AND NOT internal"
        )
        for (name,) in views.fetchall():
            self.connection.execute(f'DROP VIEW "{name}"')
        for name in self.resources:
            dataset, _, short = name.rpartition(".")
            if dataset == default:
                self.connection.execute(f'CREATE TEMP VIEW "{short}" AS FROM "{name}"')

    def _run(self, statement: duckdb.Statement, values: dict[str, Any], *, dry: bool) -> Found:
        text = statement.query.strip().rstrip(";")
        used = {key: values[key] for key in statement.named_parameters}
        if dry and statement.type != duckdb.StatementType.TRANSACTION:
            self.connection.execute(f"EXPLAIN {text}", used).fetchall()
        if statement.type == duckdb.StatementType.SELECT:
            limit = "LIMIT 0" if dry else ""
            relation = self.connection.execute(f"SELECT * FROM ({text}) {limit}", used)  # noqa: S608 - the tests' own
            fields = [_field(str(each[0]), each[1]) for each in relation.description or []]
            return Found(fields, relation.fetchall())
        if not dry:
            self.connection.execute(text, used or None)
            for name in self.resources:
                if statement.type != duckdb.StatementType.TRANSACTION and f'"{name}"' in text:
                    self.changed(name)
        return Found([], [])

    def kept(self, sql: str, job: str) -> dict[str, str]:
        """Copy the tables that a statement names, as they are now."""
        found = {name: f"{name}@{job}" for name in self.resources if f"`{name}`" in sql}
        for name, copy in found.items():
            self.connection.execute(f'CREATE TABLE "{copy}" AS FROM "{name}"')
        return found

    def rows(self, name: str, what: str = "*") -> list[tuple[Any, ...]]:
        """Return a table's rows, as DuckDB gives them."""
        if name not in self.resources:
            return []
        return self.connection.execute(f'SELECT {what} FROM "{name}"').fetchall()  # noqa: S608 - the tests' own

    def expire(self, now: datetime) -> None:
        """Drop the partitions that are too old, as BigQuery does by itself."""
        for name, resource in self.resources.items():
            partitions = resource.get("timePartitioning", {})
            if "expirationMs" in partitions:
                age = timedelta(milliseconds=int(partitions["expirationMs"]))
                self.connection.execute(
                    f'DELETE FROM "{name}" WHERE {partitions["field"]} <= $1',  # noqa: S608 - ours
                    [(now - age).date()],
                )


@dataclass(frozen=True)
class Found:
    """The result of a query: BigQuery's fields, Python's values."""

    fields: list[dict[str, Any]]
    rows: list[tuple[Any, ...]]

    def to_rest(self, first: int, last: int) -> list[dict[str, Any]]:
        """Return some rows as getQueryResults does."""
        return [_record(row, self.fields) for row in self.rows[first:last]]


def _column(described: dict[str, Any]) -> str:
    strict = " NOT NULL" if described.get("mode") == "REQUIRED" else ""
    return f"{_quoted(described['name'])} {_type(described)}{strict}"


def _type(described: dict[str, Any]) -> str:
    if described["type"] in {"RECORD", "STRUCT"}:
        each = (f"{_quoted(inner['name'])} {_type(inner)}" for inner in described["fields"])
        single = f"STRUCT({', '.join(each)})"
    else:
        single = SQL_TYPES[described["type"]]
    return f"{single}[]" if described.get("mode") == "REPEATED" else single


def _quoted(name: str) -> str:
    return f'"{name}"'


def _check_widened(old: list[dict[str, Any]], new: list[dict[str, Any]], path: str) -> None:
    fields = {column["name"]: column for column in new}
    for was in old:
        other = fields.pop(was["name"], None)
        modes = (was.get("mode", "NULLABLE"), (other or {}).get("mode", "NULLABLE"))
        if other is None or other["type"] != was["type"]:
            raise RefusedError(400, "invalid", f"{path}{was['name']} has changed")
        if modes[0] != modes[1] and modes != ("REQUIRED", "NULLABLE"):
            raise RefusedError(400, "invalid", f"{path}{was['name']} has changed mode")
        _check_widened(was.get("fields", []), other.get("fields", []), f"{path}{was['name']}.")
    if any(added.get("mode") == "REQUIRED" for added in fields.values()):
        raise RefusedError(400, "invalid", "Cannot add required fields")


def _check_record(value: Any, fields: list[dict[str, Any]], path: str) -> None:
    if not isinstance(value, dict):
        raise RefusedError(400, "invalid", f"{path}no record")
    known = {column["name"]: column for column in fields}
    for name, content in value.items():
        if name not in known:
            raise RefusedError(400, "invalid", f"{path}no such field: {name}")
        described = known[name]
        if described.get("mode") != "REPEATED":
            _check_value(content, described, f"{path}{name}")
        elif not isinstance(content, list) or None in content:
            raise RefusedError(400, "invalid", f"{path}{name}: an array without nulls is wanted")
        else:
            for item in content:
                _check_value(item, described, f"{path}{name}")
    for column in fields:
        if column.get("mode") == "REQUIRED" and value.get(column["name"]) is None:
            raise RefusedError(400, "invalid", f"{path}{column['name']} is missing")


def _check_value(value: Any, described: dict[str, Any], path: str) -> None:
    kind = described["type"]
    if value is None:
        return
    if kind == "RECORD":
        _check_record(value, described["fields"], f"{path}.")
        return
    if not isinstance(value, _PYTHON[kind]) or (isinstance(value, bool) and kind != "BOOLEAN"):
        raise RefusedError(400, "invalid", f"{path}: Could not parse '{value}' as {kind}")
    if kind == "BYTES":
        base64.b64decode(str(value), validate=True)
    if kind == "DATE":
        date.fromisoformat(str(value))


def _value(parameter: dict[str, Any]) -> Any:
    kind, text = parameter["parameterType"]["type"], str(parameter["parameterValue"]["value"])
    if kind == "DATE":
        return date.fromisoformat(text)
    if kind == "BYTES":
        return base64.b64decode(text)
    return {"INT64": int, "FLOAT64": float}.get(kind, str)(text)


def _field(name: str, kind: Any) -> dict[str, Any]:
    """Describe a result's column in BigQuery's words."""
    if kind.id in {"list", "array"}:
        return {**_field(name, dict(kind.children)["child"]), "mode": "REPEATED"}
    if kind.id == "struct":
        fields = [_field(inner, each) for inner, each in kind.children]
        return {"name": name, "type": "RECORD", "mode": "NULLABLE", "fields": fields}
    names = {"varchar": "STRING", "double": "FLOAT", "float": "FLOAT", "boolean": "BOOLEAN"}
    names |= {"blob": "BYTES", "date": "DATE", "timestamp": "TIMESTAMP"}
    return {"name": name, "type": names.get(kind.id, "INTEGER"), "mode": "NULLABLE"}


def _record(values: Sequence[Any], fields: list[dict[str, Any]]) -> dict[str, Any]:
    pairs = zip(values, fields, strict=True)
    return {"f": [{"v": _cell(value, described)} for value, described in pairs]}


def _cell(value: Any, described: dict[str, Any]) -> Any:
    if described["mode"] == "REPEATED":
        single = {**described, "mode": "NULLABLE"}
        return [{"v": _cell(item, single)} for item in value or []]
    if value is None:
        return None
    if described["type"] == "RECORD":
        return _record(list(value.values()), described["fields"])
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, datetime):
        return str((value - _EPOCH.replace(tzinfo=None)) // timedelta(microseconds=1))
    return str(value).lower() if isinstance(value, bool) else str(value)
