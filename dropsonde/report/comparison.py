"""Compare two reports: columns, rows, counts and versions.

A report is compared as its flat row in the dataset: site_id, product, version, and every column's
value. The time when a column was gathered does not count as a change, nor does the order of rows.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class NewColumn:
    """A column that the old report does not have."""

    column: str
    value: Any


@dataclass(frozen=True)
class GoneColumn:
    """A column that the new report does not have."""

    column: str
    value: Any


@dataclass(frozen=True)
class ChangedValue:
    """A plain value that changed."""

    column: str
    old: Any
    new: Any


@dataclass(frozen=True)
class ChangedRows:
    """A table that changed.

    Attributes:
        column: its name.
        added: rows that are new.
        removed: rows that are gone.
        changed: pairs of an old and a new row that differ in numbers or in `version` alone.
    """

    column: str
    added: tuple[Any, ...]
    removed: tuple[Any, ...]
    changed: tuple[tuple[Any, Any], ...]


Change = NewColumn | GoneColumn | ChangedValue | ChangedRows


def compare(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[Change, ...]:
    """List the changes between two flat rows; columns in the new order, then those gone."""
    changes: list[Change] = []
    for name, value in new.items():
        if name not in old:
            changes.append(NewColumn(name, value))
        elif _are_rows(old[name], value):
            rows = _compare_rows(name, old[name], value)
            if rows.added or rows.removed or rows.changed:
                changes.append(rows)
        elif exact(value) != exact(old[name]):
            changes.append(ChangedValue(name, old[name], value))
    changes += [GoneColumn(name, value) for name, value in old.items() if name not in new]
    return tuple(changes)


def _are_rows(old: Any, new: Any) -> bool:
    """Whether both are tables of the same kind, of records or of plain values."""
    if not (isinstance(old, list) and isinstance(new, list)):
        return False
    return len({isinstance(row, dict) for row in [*old, *new]}) <= 1


def exact(value: Any) -> str:
    """Return a text that only equal values share; in Python, 1 and True are also equal."""
    return json.dumps(value, sort_keys=True)


def details(rows: Iterable[Any]) -> frozenset[str]:
    """The fields that describe a row and do not identify it: numbers, and `version`."""
    numbers = {
        name
        for row in rows
        if isinstance(row, dict)
        for name, value in row.items()
        if isinstance(value, (int, float)) and not isinstance(value, bool)
    }
    return frozenset({"version", *numbers})


def _compare_rows(column: str, old: Sequence[Any], new: Sequence[Any]) -> ChangedRows:
    """Pair the rows of each key, equal ones first, then from the newest version down.

    So where one of a module's two versions was updated, the other one counts as unchanged.
    """
    loose = details([*old, *new])
    added: list[Any] = []
    removed: list[Any] = []
    changed: list[tuple[Any, Any]] = []
    olds, news = _only_in_first(old, new), _only_in_first(new, old)
    before, after = _by_key(olds, loose), _by_key(news, loose)
    for key in sorted({*before, *after}):
        left, right = before.get(key, []), after.get(key, [])
        pairs = min(len(left), len(right))
        changed += zip(left[:pairs], right[:pairs], strict=True)
        removed += left[pairs:]
        added += right[pairs:]
    return ChangedRows(column, tuple(added), tuple(removed), tuple(changed))


def _only_in_first(first: Sequence[Any], second: Sequence[Any]) -> list[Any]:
    """The multiset difference: rows of the first without equal ones of the second."""
    others = Counter(map(exact, second))
    left = []
    for row in first:
        text = exact(row)
        if others[text]:
            others[text] -= 1
        else:
            left.append(row)
    return left


def _by_key(rows: Iterable[Any], loose: frozenset[str]) -> dict[str, list[Any]]:
    """Group rows by key, newest version first."""
    groups: dict[str, list[Any]] = {}
    for row in rows:
        identity = row
        if isinstance(row, dict):
            identity = {name: value for name, value in row.items() if name not in loose}
        groups.setdefault(exact(identity), []).append(row)
    for group in groups.values():
        group.sort(key=_age, reverse=True)
    return groups


def _age(row: Any) -> tuple[list[int], str]:
    version = str(row.get("version")) if isinstance(row, dict) else ""
    return [int(number) for number in re.findall(r"[0-9]{1,9}", version)], exact(row)
