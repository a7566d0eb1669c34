"""Views of a week as the public sees it, with guards on and off."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dropsonde.aggregation.privacy.k_anonymity import anonymous, rounded
from dropsonde.aggregation.privacy.suppression import hidden
from dropsonde.aggregation.release import ALL, K, Role

if TYPE_CHECKING:
    from dropsonde.aggregation.privacy.counted import Counted
    from dropsonde.aggregation.release import Table

    Group = tuple[Any, ...]  # the table's name and the keys
    View = dict[Group, int]  # to the number of sites


def exact(counted: Sequence[Counted], sites: int) -> View:
    """No guard: each group with its number, as the original publishes."""
    groups = {
        (each.table.name, *keys): count for each in counted for keys, count in each.sites().items()
    }
    return {**groups, (ALL,): sites}


def large(counted: Sequence[Counted], sites: int) -> View:
    """Groups of at least k."""
    return {group: count for group, count in exact(counted, sites).items() if count >= K}


def large_rounded(counted: Sequence[Counted], sites: int) -> View:
    """Groups of at least k, rounded."""
    return {group: rounded(count) for group, count in large(counted, sites).items()}


def suppressed(counted: Sequence[Counted], sites: int) -> View:
    """Groups of at least k, without what a subtraction would give away; not rounded."""
    private = hidden(counted, sites)
    return {
        group: count
        for group, count in large(counted, sites).items()
        if group == (ALL,) or group[1:] not in private[group[0]]
    }


def released(counted: Sequence[Counted], sites: int) -> View:
    """All guards: the real release without noise."""
    _, told, tables = anonymous(counted, sites)
    return seen(told, tables)


def seen(sites: int, tables: Mapping[str, Table]) -> View:
    """The groups of released tables."""
    groups = {
        (table.name, *row[: table.keys]): row[table.place(Role.SITES)]
        for table in tables.values()
        for row in table.rows
    }
    return {**groups, (ALL,): sites}


GUARDS: dict[str, Callable[[Sequence[Counted], int], View]] = {
    "none": exact,
    "k": large,
    "k, rounding": large_rounded,
    "k, complementary suppression": suppressed,
    "all three": released,
}
