"""Tables without noise: groups of at least k sites, with numbers that one site seldom moves.

Every number is rounded down: sites to a multiple of :data:`STEP`, sums to a multiple of the most
that one site can contribute. So a public number says "at least", and one site more or less shows in
it only where it completes a step. docs/method.md says what that protects, and what it does not.
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
    """Suppress and round a week's tables, without noise.

    Args:
        counted: exact tables.
        sites: distinct sites of the week.

    Returns:
        the method, the number of sites, and the tables.
    """
    private = hidden(counted, sites)
    tables = {exact.table.name: _public(exact, private[exact.table.name]) for exact in counted}
    steps = {ALL: STEP, **{exact.table.name: STEP for exact in counted}}
    for exact in counted:
        steps |= {f"{exact.table.name}.{name}": exact.reach(name) for name in exact.clamps}
    bounds = {exact.table.name: exact.contributions for exact in counted}
    return Method(contributions=bounds, steps=steps), rounded(sites if sites >= K else 0), tables


def _public(counted: Counted, private: set[tuple[Any, ...]]) -> Table:
    table = counted.table
    added = {name: counted.added(name) for name in counted.clamps}
    rows = []
    for keys, count in counted.sites().items():
        if keys in private:
            continue
        sites = rounded(count)
        values: list[Any] = list(keys)
        for field in table.fields[table.keys :]:
            if field.role is Role.SITES:
                values.append(sites)
                continue
            total = rounded(added[field.name][keys], counted.reach(field.name))
            # Null where all sites together may have contributed less than one of them can.
            told = total / sites if field.role is Role.AVERAGE else total
            values.append(told if total else None)
        rows.append(tuple(values))
    return table.with_rows(tuple(rows)).with_suppressed(rounded(len(private)))
