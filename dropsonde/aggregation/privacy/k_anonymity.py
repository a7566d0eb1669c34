"""Tables without noise: groups of at least k sites, in numbers that one site seldom moves.

Every number is rounded down: sites to a multiple of :data:`STEP`, sums to a multiple of what one
site can bring at most. So a public number says "at least", and one site more or less shows in it
only where it completes a step. docs/method.md says what that protects, and what it does not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dropsonde.aggregation.privacy.suppression import hidden
from dropsonde.aggregation.release import ALL, K, Method, Role

if TYPE_CHECKING:
    from dropsonde.aggregation.privacy.counted import Counted
    from dropsonde.aggregation.release import Table

STEP = 5  # sites; divides k, so that the smallest public number is as coarse as all others


def rounded(value: int, step: int = STEP) -> int:
    """Towards zero, to a multiple of the step."""
    return value // step * step if value >= 0 else -(-value // step * step)


def anonymous(counted: Sequence[Counted], sites: int) -> tuple[Method, int, Mapping[str, Table]]:
    """What may be public of a week without noise.

    Args:
        counted: exact tables.
        sites: distinct sites of the week.

    Returns:
        how it was done, the number of sites, and the tables.
    """
    private = hidden(counted, sites)
    tables = {each.table.name: _public(each, private[each.table.name]) for each in counted}
    steps = {ALL: STEP, **{each.table.name: STEP for each in counted}}
    for each in counted:
        steps |= {f"{each.table.name}.{name}": each.reach(name) for name in each.clamps}
    bounds = {each.table.name: each.contributions for each in counted}
    return Method(contributions=bounds, steps=steps), rounded(sites if sites >= K else 0), tables


def _public(each: Counted, private: set[tuple[Any, ...]]) -> Table:
    table = each.table
    added = {name: each.added(name) for name in each.clamps}
    rows = []
    for keys, count in each.sites().items():
        if keys in private:
            continue
        sites = rounded(count)
        values: list[Any] = list(keys)
        for field in table.fields[table.keys :]:
            if field.role is Role.SITES:
                values.append(sites)
                continue
            total = rounded(added[field.name][keys], each.reach(field.name))
            # Nothing is told where all sites together may have brought less than one of them can.
            told = total / sites if field.role is Role.AVERAGE else total
            values.append(told if total else None)
        rows.append(tuple(values))
    return table.with_rows(tuple(rows)).with_suppressed(rounded(len(private)))
