"""From an engine and the accepted queries to the exact tables of a week."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from dropsonde.aggregation.counted import Counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dropsonde.aggregation.releasing import Count
    from dropsonde.aggregation.tables import Table


class Engine(Protocol):
    """What runs queries; each of its tables is exact."""

    def count(self, plan: Any, week: str, *, key: bytes, threshold: int | None) -> Table:
        """Groups with their distinct sites, after each site's contribution was bounded."""

    def sites(self, week: str) -> int:
        """Distinct sites of a week."""


def counting(engine: Engine, plans: Iterable[Any]) -> Count:
    """Run all plans of a week.

    Small groups are counted, too: what may be public of the large ones depends on them.
    """
    ordered = sorted(plans, key=lambda plan: str(plan.name))

    def count(week: str, key: bytes) -> tuple[Sequence[Counted], int]:
        found = [
            _counted(engine.count(plan, week, key=key, threshold=None), plan) for plan in ordered
        ]
        return found, engine.sites(week)

    return count


def _counted(table: Table, plan: Any) -> Counted:
    clamps = {each.name: (each.low, each.high) for each in plan.measures if each.value is not None}
    return Counted(table, plan.contributions, clamps)
