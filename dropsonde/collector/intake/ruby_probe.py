"""Convert reports of the Ruby program of the same name to the form of its schema.

That program checks no values, so its reports differ from its own schema in known ways. These
differences are corrected here, so an existing probe can send to this receiver; other faults are
refused:

* ``unused_classes`` is a list of names;
* ``unused_modules`` is a list of slugs, or of module names, whose slugs and versions are in the
  same report's ``modules``;
* ``classes`` and ``class_platforms`` name classes as PuppetDB does: ``Apache::Mod::Ssl``;
* ``dependencies`` names modules as Puppet does: ``author/name``;
* versions, version ranges, platforms and Ruby methods may be any text. A text of another form
  becomes null, as in this project's own probe; a row that requires the value is dropped later.

No row is removed here, and a list of names is converted as a whole or not at all: a fault that is
found later has the path that the sender knows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from dropsonde.collector.intake.form import Compiled
from dropsonde.collector.intake.wire import MAX_TEXT
from dropsonde.protocol.report import ANALYTICS, SNAPSHOTS, snapshots_of
from dropsonde.schema.model import Domain

if TYPE_CHECKING:
    from dropsonde.schema.model import Column

MAX_NAMES = 25_000  # in a list; a site has some thousands, and each becomes a record
_UNCHECKED = (Domain.VERSION, Domain.VERSION_REQUIREMENT, Domain.OS_FAMILY, Domain.RUBY_METHOD)


def _lists_of(*domains: Domain) -> Compiled:
    """A schema of lists of words of these domains."""
    pattern = "|".join(domain.pattern for domain in domains)
    word = {"type": "string", "maxLength": MAX_TEXT, "pattern": f"^(?:{pattern})$"}
    return Compiled({"type": "array", "items": word})


_CLASSES = _lists_of(Domain.CLASS_NAME)
_MODULES = _lists_of(Domain.FORGE_SLUG, Domain.MODULE_NAME)


def put_right(document: Any, tables: Sequence[Column]) -> Any:
    """Correct the known differences of a document; return the same object if it has none.

    Args:
        document: strict JSON of any shape. It is not changed.
        tables: the columns that hold rows.
    """
    snapshots = snapshots_of(document)
    if snapshots is None:
        return document
    installed = _rows(snapshots, "modules")
    corrected = {}
    for column in tables:
        if column.name in snapshots:
            rows = _rows(snapshots, column.name)
            right = _records(column, rows, installed)
            if right != rows:
                corrected[column.name] = {**snapshots[column.name], "value": right}
    if not corrected:
        return document
    analytics = {**document[ANALYTICS], SNAPSHOTS: {**snapshots, **corrected}}
    return {**document, ANALYTICS: analytics}


def _rows(snapshots: dict[str, Any], name: str) -> list[Any]:
    """A column's rows, unchecked; empty if its value is no list."""
    snapshot = snapshots.get(name)
    value = snapshot.get("value") if isinstance(snapshot, dict) else None
    return value if isinstance(value, list) else []


def _records(column: Column, rows: list[Any], installed: list[Any]) -> list[Any]:
    """A column's corrected rows; a list of names becomes records."""
    if len(rows) > MAX_NAMES:
        return _righted(column, rows)
    if column.name == "unused_classes" and set(map(type, rows)) == {str}:
        lower = list(map(str.lower, rows))
        # Some non-ASCII capitals have an ASCII lower case.
        if "".join(rows).isascii() and _CLASSES.fits(lower):
            return [{"name": name} for name in sorted(set(lower))]
    if column.name == "unused_modules" and rows and _MODULES.fits(rows):
        named: dict[str, list[Any]] = {}
        for row in _righted(column, installed):
            if isinstance(row, dict) and isinstance(row.get("name"), str):
                named.setdefault(row["name"], []).append(row)
        # Without duplicates: many equal names of a module with many versions would fill the memory.
        return [record for row in dict.fromkeys(rows) for record in _modules(row, named)]
    return _righted(column, rows)


def _modules(text: str, named: dict[str, list[Any]]) -> list[Any]:
    """The records of a slug or of a module's name."""
    _, dash, name = text.partition("-")
    if dash:
        return [{"name": name, "slug": text, "version": None}]
    return named.get(text) or [{"name": text, "slug": None, "version": None}]


def _righted(column: Column, rows: list[Any]) -> list[Any]:
    """Rows with their words in the spelling of their domains."""
    for field in column.fields:
        name, put = field.name, _PUT.get(field.domain) if field.domain else None
        if put is not None:
            rows = [
                # No call for rows without the field.
                {**row, name: put(row[name])}
                if type(row) is dict and name in row and type(row[name]) is str
                else row
                for row in rows
            ]
    return rows


def _lowered(name: str) -> str:
    return name.lower() if name.isascii() and len(name) <= MAX_TEXT else name


def _dashed(slug: str) -> str:
    return slug.replace("/", "-") if len(slug) <= MAX_TEXT else slug


def _emptied(domain: Domain) -> Callable[[str], str | None]:
    """A function that returns a word, or None if it does not have the domain's form."""
    admits = re.compile(domain.pattern, re.ASCII).fullmatch
    return lambda word: word if len(word) > MAX_TEXT or admits(word) else None


_PUT: dict[Domain, Callable[[str], str | None]] = {
    Domain.CLASS_NAME: _lowered,
    Domain.FORGE_SLUG: _dashed,
    **{domain: _emptied(domain) for domain in _UNCHECKED},
}
