"""Numbers over weeks, and what has grown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from dropsonde.aggregation.release import Z95
from dropsonde.common import weeks as calendar

if TYPE_CHECKING:
    from dropsonde.publish.pages.node import Node


MOST = 104  # weeks on a page; the history's files have all


def newest_weeks(of: Node) -> list[Node]:
    """The last weeks of a document's list, oldest first."""
    return list(of)[-MOST:]


def with_gaps(weeks: Sequence[Node]) -> Iterator[Node | str]:
    """The same, and between them the name of each week that was not released."""
    expected = str(weeks[0]["week"]) if weeks else ""
    for node in weeks:
        while expected < node.value["week"]:
            yield expected
            expected = calendar.later(expected, 1)
        yield node
        expected = calendar.later(node.value["week"], 1)


def rising(modules: Node, deviations: float) -> list[Node]:
    """Modules whose share grew by more than so many deviations of its noise, most first."""
    return _moved(modules, deviations, 1)


def falling(modules: Node, deviations: float) -> list[Node]:
    """The same of those whose share fell."""
    return _moved(modules, deviations, -1)


def _moved(modules: Node, deviations: float, sign: int) -> list[Node]:
    moved = [
        module
        for module in modules["modules"]
        if module["share_change"].value is not None
        and sign * module["share_change"].value
        > deviations * module["share_change_error"].value / Z95
    ]
    return sorted(moved, key=lambda module: -sign * module["share_change"].value)
