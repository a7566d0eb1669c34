"""Choose the groups to suppress without noise, so that no difference of public ones reveals them.

First all groups with fewer than k sites. Then, wherever the groups of one table are parts of a
group of another, subtracting the public parts from the whole would give the total of the private
parts. So those must be at least two, with k sites or more together; otherwise the smallest public
part is also suppressed. If a whole is suppressed this way, so is one of its own parts, or these
would add up to it.

Tables nest by the names of their keys: the same name means the same thing in all queries. All
tables nest in the number of sites. If a part is counted differently from its whole, that only
hides more.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from dropsonde.aggregation.release import K, Role

if TYPE_CHECKING:
    from dropsonde.aggregation.privacy.counted import Counted
    from dropsonde.aggregation.release import Table

    Keys = tuple[Any, ...]


def _first_part(version: str | None) -> str | None:
    return None if version is None else version.partition(".")[0]


# A key that another key determines: each version belongs to one major version.
DERIVED: Mapping[str, tuple[str, Callable[[Any], Any]]] = {"major": ("version", _first_part)}
_ALL = ""  # the table whose only group is all sites


class Group(NamedTuple):
    """A group of a table."""

    table: str
    keys: Keys


class Equation(NamedTuple):
    """A whole and its parts, fewest sites first."""

    whole: Group
    parts: tuple[Group, ...]


def projection(part: Table, whole: Table) -> Callable[[Keys], Keys] | None:
    """Map a group's keys to those of the group that contains it in another table, if any does."""
    names = [each.name for each in part.fields if each.role is Role.KEY]
    wanted = [each.name for each in whole.fields if each.role is Role.KEY]
    if set(names) <= set(wanted):
        return None
    ways = []
    for name in wanted:
        source, change = (name, _same) if name in names else DERIVED.get(name, ("", _same))
        if source not in names:
            return None
        ways.append((names.index(source), change))
    return lambda keys: tuple(change(keys[at]) for at, change in ways)


def hidden(counted: Sequence[Counted], sites: int) -> dict[str, set[Keys]]:
    """The groups of each table that are not public.

    Args:
        counted: all tables of one release.
        sites: distinct sites of the week.
    """
    counts = {
        Group(exact.table.name, keys): count
        for exact in counted
        for keys, count in exact.sites().items()
    }
    counts[Group(_ALL, ())] = sites
    gone = {group for group, count in counts.items() if group.table != _ALL and count < K}
    equations = list(_equations(counted, counts))
    while more := {group for equation in equations for group in _also(equation, counts, gone)}:
        gone |= more
    found: dict[str, set[Keys]] = {exact.table.name: set() for exact in counted}
    for group in gone:
        found[group.table].add(group.keys)
    return found


def _equations(counted: Sequence[Counted], counts: Mapping[Group, int]) -> Iterator[Equation]:
    for each in counted:
        part = each.table
        groups = sorted(
            (group for group in counts if group.table == part.name),
            key=lambda group: (counts[group], repr(group.keys)),
        )
        yield Equation(Group(_ALL, ()), tuple(groups))
        for other in counted:
            if project := projection(part, other.table):
                parts = defaultdict(list)
                for group in groups:
                    parts[Group(other.table.name, project(group.keys))].append(group)
                for whole, found in parts.items():
                    if whole in counts:
                        yield Equation(whole, tuple(found))


def _also(equation: Equation, counts: Mapping[Group, int], gone: set[Group]) -> Iterator[Group]:
    """The groups that this equation requires to be suppressed as well."""
    private = [group for group in equation.parts if group in gone]
    public = next((group for group in equation.parts if group not in gone), None)
    if equation.whole in gone:
        if public and not private:
            yield public
    elif private and (len(private) == 1 or sum(counts[group] for group in private) < K):
        if public:
            yield public
        elif equation.whole.table != _ALL:
            yield equation.whole


def _same(value: Any) -> Any:
    return value
