"""Count a week exactly: run the plans of the accepted queries on an engine."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Protocol

from dropsonde.aggregation.privacy.counted import Counted

if TYPE_CHECKING:
    from dropsonde.aggregation.plan import Plan
    from dropsonde.aggregation.release import Table
    from dropsonde.aggregation.releasing import Count

    Opened = Callable[[Sequence[Plan]], AbstractContextManager["Engine"]]


class Engine(Protocol):
    """Runs plans; its tables are exact."""

    def count(self, plan: Plan, week: str, *, key: bytes, threshold: int | None) -> Table:
        """Groups with their distinct sites, after each site's contribution was bounded."""

    def sites(self, week: str) -> int:
        """Distinct sites of a week."""


def counting(opened: Opened, plans: Iterable[Plan]) -> Count:
    """Run all plans of a week on one view of the dataset.

    This also counts small groups: what may be public of large ones depends on them.

    Args:
        opened: opens the dataset for some plans.
        plans: of the accepted queries.
    """
    ordered = sorted(plans, key=lambda plan: plan.name)

    def count(week: str, key: bytes) -> tuple[Sequence[Counted], int]:
        with opened(ordered) as engine:
            found = [
                _counted(engine.count(plan, week, key=key, threshold=None), plan)
                for plan in ordered
            ]
            return found, engine.sites(week)

    return count


def _counted(table: Table, plan: Plan) -> Counted:
    clamps = {each.name: (each.low, each.high) for each in plan.measures if each.value is not None}
    return Counted(table, plan.contributions, clamps)
