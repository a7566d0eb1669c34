"""Check a correction without noise: its difference from a release must not reveal a few sites.

A public number represents a range of true ones. A correction may leave a number alone, or change it
so much that at least k sites must have come or gone, whatever the true numbers are. Anything in
between could be the trace of a few sites, and is refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dropsonde.aggregation.release import ALL, K, Role
from dropsonde.common.errors import CorrectionRefusedError

if TYPE_CHECKING:
    from dropsonde.aggregation.release import Release, Table


def compare(earlier: Release, later: Release) -> None:
    """Refuse a correction that reveals few sites.

    Args:
        earlier: a public release.
        later: the correction, of the same week.

    Raises:
        CorrectionRefusedError: it reveals few sites.
    """
    if earlier.method.epsilon is not None:
        _refuse(earlier.week, "was released with noise and would be corrected without")
    before, after = earlier.method.steps, later.method.steps
    if {name: after.get(name) for name in before} != before:
        _refuse(earlier.week, "was released with other tables, or rounded in another way")
    if not _fine(earlier.sites, later.sites, before[ALL]):
        _refuse(earlier.week, "would change by few sites in all")
    for name, table in earlier.tables.items():
        _compare(earlier, table, later.tables[name])


def _compare(earlier: Release, old: Table, new: Table) -> None:
    if old.fields != new.fields:
        _refuse(earlier.week, f"has other columns in {old.name}")
    steps = earlier.method.steps
    was, now = ({each[: old.keys]: each for each in table.rows} for table in (old, new))
    for keys in was.keys() | now.keys():
        for at, field in enumerate(old.fields[old.keys :], old.keys):
            before, after = (_value(old, rows.get(keys), at) for rows in (was, now))
            if field.role is Role.SITES:
                if not _fine(before, after, steps[old.name]):
                    _refuse(earlier.week, f"would change by few sites in a group of {old.name}")
            elif 0 < abs(after - before) < (K + 1) * steps[f"{old.name}.{field.name}"]:
                _refuse(earlier.week, f"would change by what few sites bring to {old.name}")


def _value(table: Table, row: tuple[Any, ...] | None, at: int) -> int:
    """A number of a group; for an average, the sum behind it."""
    if row is None or row[at] is None:
        return 0
    times = row[table.place(Role.SITES)] if table.fields[at].role is Role.AVERAGE else 1
    value: int = round(row[at] * times)
    return value


def _fine(before: int, after: int, step: int) -> bool:
    """Whether nothing changed, or at least k sites came or went."""
    if before == after:
        return True
    # A number n means n to n + step - 1 sites; 0, which is not public, up to k - 1.
    low, high = sorted((before, after))
    most = low + step - 1 if low else K - 1
    return high - most >= K


def _refuse(week: str, what: str) -> None:
    raise CorrectionRefusedError(
        f"{week} {what}", "leave the public release as it is, and say in words what is wrong"
    )
