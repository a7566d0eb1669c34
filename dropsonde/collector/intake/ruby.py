"""Reports of the Ruby program of the same name, in the form that they ought to have.

It checks nothing of a value, so its reports differ from its own schema in ways that are known. Each
is put right here, so that an existing probe may be pointed at this receiver; all else is refused:

* ``unused_classes`` is a list of names;
* ``unused_modules`` is a list of slugs, or of module names, whose slugs and versions stand in the
  same report's ``modules``;
* ``classes`` and ``class_platforms`` name classes as PuppetDB does: ``Apache::Mod::Ssl``;
* ``dependencies`` names modules as Puppet does: ``author/name``;
* versions, version ranges, platforms and Ruby methods may be any text. One that has not the form
  is emptied, as the probe of this project does at home; a row that cannot do without is dropped
  later.

No row is taken out here, and a list of names is changed as a whole or not at all: a fault that is
found afterwards has the place that the sender knows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dropsonde.collector.intake.wire import ANALYTICS, MAX_TEXT, SNAPSHOTS, snapshots_of
from dropsonde.schema.columns import Domain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dropsonde.schema.columns import Column

_UNCHECKED = (Domain.VERSION, Domain.VERSION_REQUIREMENT, Domain.OS_FAMILY, Domain.RUBY_METHOD)


def put_right(document: Any, tables: Sequence[Column]) -> Any:
    """A document with the known oddities gone.

    Args:
        document: strict JSON of any shape. It is not changed.
        tables: the columns that hold rows.
    """
    snapshots = snapshots_of(document)
    if snapshots is None:
        return document
    installed = _rows(snapshots, "modules")
    found = {}
    for column in tables:
        if column.name in snapshots:
            rows = _records(column.name, _rows(snapshots, column.name), installed)
            right = [_row(column, row) for row in rows]
            if right:
                found[column.name] = {**snapshots[column.name], "value": right}
    analytics = {**document[ANALYTICS], SNAPSHOTS: {**snapshots, **found}}
    return {**document, ANALYTICS: analytics}


def _rows(snapshots: dict[str, Any], name: str) -> list[Any]:
    """A column's rows, whatever they are; none where there is no list."""
    snapshot = snapshots.get(name)
    value = snapshot.get("value") if isinstance(snapshot, dict) else None
    return value if isinstance(value, list) else []


def _records(column: str, rows: list[Any], installed: list[Any]) -> list[Any]:
    """A list of names as records; any other list as it is."""
    if not all(isinstance(row, str) and len(row) <= MAX_TEXT for row in rows):
        return rows
    if column == "unused_classes" and all(map(_is_class, rows)):
        return [{"name": row} for row in rows]
    if column == "unused_modules" and all(map(_is_module, rows)):
        named: dict[str, list[Any]] = {}
        for row in installed:
            if isinstance(row, dict) and isinstance(row.get("name"), str):
                named.setdefault(row["name"], []).append(row)
        # Each name once: else many names of a module with many versions would fill the memory.
        return [record for row in dict.fromkeys(rows) for record in _modules(row, named)]
    return rows


def _modules(text: str, named: dict[str, list[Any]]) -> list[Any]:
    """The records that a slug or a module's name means."""
    _, dash, name = text.partition("-")
    if dash:
        return [{"name": name, "slug": text, "version": None}]
    return named.get(text) or [{"name": text, "slug": None, "version": None}]


def _is_class(text: str) -> bool:
    return text.isascii() and Domain.CLASS_NAME.admits(text.lower())


def _is_module(text: str) -> bool:
    return Domain.FORGE_SLUG.admits(text) or Domain.MODULE_NAME.admits(text)


def _row(column: Column, row: Any) -> Any:
    if not isinstance(row, dict):
        return row
    right = {
        field.name: _word(field.domain, row[field.name])
        for field in column.fields
        if field.domain is not None and isinstance(row.get(field.name), str)
    }
    return {**row, **right}


def _word(domain: Domain, text: str) -> str | None:
    """A word as its domain writes it; None for an unchecked one that has not the form."""
    if len(text) > MAX_TEXT:
        return text
    if domain in _UNCHECKED:
        return text if domain.admits(text) else None
    if domain is Domain.CLASS_NAME:
        return text.lower() if text.isascii() else text
    return text.replace("/", "-") if domain is Domain.FORGE_SLUG else text
