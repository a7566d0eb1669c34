"""Show the changes since the last sent report: for people, as JSON, and as marks in a report.

The JSON is one object::

    {"since": "2026-01-01T12:00:00Z",  # when that report was made; null: none was sent yet
     "changes": [
       {"column": "modules", "kind": "new", "value": […]},
       {"column": "classes", "kind": "gone", "value": […], "reason": "PuppetDB did not answer"},
       {"column": "environment_count", "kind": "value", "old": 3, "new": 4},
       {"column": "class_platforms", "kind": "rows",
        "added": [row, …], "removed": [row, …], "changed": [{"old": row, "new": row}, …]}]}

The columns may include the format's `version`. A `reason` is empty where the column's metric no
longer runs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from dropsonde.report.comparison import ChangedRows, ChangedValue, GoneColumn, NewColumn, exact
from dropsonde.report.formats.table import ADDED, CHANGED, REMOVED, Line, bold, cell, counted, table

if TYPE_CHECKING:
    from dropsonde.report.comparison import Change

NOTHING_SENT = "No report of this site has been sent yet"


def to_json(
    since: datetime | None, changes: Sequence[Change], missing: Mapping[str, str]
) -> dict[str, Any]:
    """Make the object that this module's docstring describes.

    Args:
        since: when the last sent report was made (UTC); None when there is none.
        changes: what changed since.
        missing: column name to the reason why it has no value now.
    """
    return {
        "since": f"{since:%Y-%m-%dT%H:%M:%SZ}" if since else None,
        "changes": [{"column": change.column, **_json(change, missing)} for change in changes],
    }


def _json(change: Change, missing: Mapping[str, str]) -> dict[str, Any]:
    match change:
        case NewColumn():
            return {"kind": "new", "value": change.value}
        case GoneColumn():
            reason = missing.get(change.column, "")
            return {"kind": "gone", "value": change.value, "reason": reason}
        case ChangedValue():
            return {"kind": "value", "old": change.old, "new": change.new}
        case ChangedRows():
            pairs = [{"old": old, "new": new} for old, new in change.changed]
            added, removed = list(change.added), list(change.removed)
            return {"kind": "rows", "added": added, "removed": removed, "changed": pairs}


def legend(since: datetime | None, changes: Sequence[Change]) -> str:
    """Make the first line: the compared report, and the meaning of the marks.

    Args:
        since: when the last sent report was made (UTC); None when there is none.
        changes: what changed since.
    """
    if since is None:
        return f"{NOTHING_SENT}: nothing to compare with"
    report = f"the last report that was sent, of {since:%Y-%m-%d %H:%M} UTC"
    if not changes:
        return f"Nothing has changed since {report}"
    return f"Changed since {report}: {ADDED} new, {CHANGED} changed, {REMOVED} gone"


def render_diff(
    since: datetime | None, changes: Sequence[Change], missing: Mapping[str, str], *, color: bool
) -> Iterator[str]:
    """Yield the lines for people.

    Args:
        since: when the last sent report was made (UTC); None when there is none.
        changes: what changed since.
        missing: column name to the reason why it has no value now.
        color: whether to colour them.
    """
    yield legend(since, changes)
    for change in changes:
        yield ""
        yield f"{bold(cell(change.column), color=color)}: {headline(change, missing)}"
        lines = _changed_lines(change)
        yield from table(_names(lines), lines, color=color)


def headline(change: Change, missing: Mapping[str, str]) -> str:
    """Describe one column's change in a few words.

    Args:
        change: the change.
        missing: column name to the reason why it has no value now.
    """
    match change:
        case NewColumn():
            return f"new, {counted(change.value)}"
        case GoneColumn():
            reason = missing.get(change.column, "its metric is not run")
            return f"gone, was {counted(change.value)} ({reason})"
        case ChangedValue():
            return f"{counted(change.old)} -> {counted(change.new)}"
        case ChangedRows():
            numbers = {
                "new": len(change.added),
                "changed": len(change.changed),
                "gone": len(change.removed),
            }
            return ", ".join(f"{number:,} {word}" for word, number in numbers.items() if number)


def _changed_lines(change: Change) -> list[Line]:
    match change:
        case NewColumn(value=list(rows)):
            return [Line(row, ADDED) for row in rows]
        case ChangedRows():
            return [
                *(Line(row, ADDED) for row in change.added),
                *(Line(new, CHANGED, _was(old, new)) for old, new in change.changed),
                *(Line(row, REMOVED) for row in change.removed),
            ]
    return []


def marked(rows: Sequence[Any], change: Change | None) -> list[Line]:
    """Mark the changed rows of a table, and append the rows that are gone."""
    changed = _changed_lines(change) if change else []
    marks: dict[str, list[Line]] = {}
    for line in changed:
        if line.mark != REMOVED:
            marks.setdefault(exact(line.row), []).append(line)
    lines = []
    for row in rows:
        waiting = marks.get(exact(row))
        lines.append(waiting.pop() if waiting else Line(row))
    return lines + [line for line in changed if line.mark == REMOVED]


def remark(change: Change | None) -> str:
    """Make the note after a column of a report: that it is new, or its old value."""
    match change:
        case NewColumn():
            return " (new)"
        case GoneColumn():
            return f" (was {counted(change.value)})"
        case ChangedValue():
            return f" (was {counted(change.old)})"
        case ChangedRows():
            return f" ({headline(change, {})})"
    return ""


def _names(lines: Sequence[Line]) -> list[str]:
    """The fields of rows, in their order; none for plain values."""
    if not all(isinstance(line.row, dict) for line in lines):
        return []
    return list(dict.fromkeys(name for line in lines for name in line.row))


def _was(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    """List every changed field with its old value."""
    names = [name for name in {**old, **new} if exact(old.get(name)) != exact(new.get(name))]
    return ", ".join(f"{cell(name)} was {cell(old.get(name))}" for name in names)
