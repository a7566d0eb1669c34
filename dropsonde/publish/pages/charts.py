"""Numbers over weeks, and what has grown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dropsonde.aggregation.release import Z95

if TYPE_CHECKING:
    from dropsonde.publish.pages.node import Node


MOST = 104  # weeks on a page; the history's files have all


def newest_weeks(of: Node) -> list[Node]:
    """The last weeks of a document's list, oldest first."""
    return list(of)[-MOST:]


def rising(modules: Node, deviations: float) -> list[Node]:
    """Modules whose number grew by more than so many deviations of its noise, most first."""
    grown = [
        module
        for module in modules["modules"]
        if module["change"].value is not None
        and module["change"].value > deviations * module["change_error"].value / Z95
    ]
    return sorted(grown, key=lambda module: -module["change"].value)
