"""What releases need of an engine, and what an engine gives."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from dropsonde.aggregation.plan import Plan
    from dropsonde.aggregation.privacy.loss import Budget
    from dropsonde.aggregation.privacy.unit import Unit
    from dropsonde.schema.model import Column

    Keys = tuple[Any, ...]
    Counts = Mapping[Keys, tuple[int, ...]]


class Engine(Protocol):
    """Counts a week; its numbers are exact."""

    def count(
        self, plan: Plan, week: str, unit: Unit, among: Mapping[str, Collection[Any]]
    ) -> Counts:
        """Group to its number of sites and its sums, weighed, in parts of a site."""

    def sites(self, week: str) -> int:
        """Distinct sites of a week that count."""


class Order(Protocol):
    """What is to be drawn of a week."""

    @property
    def plans(self) -> Sequence[Plan]:
        """Of the accepted queries."""

    @property
    def schema(self) -> Sequence[Column]:
        """The dataset's columns."""

    @property
    def year(self) -> Budget:
        """The budget of any 52 weeks in a row."""
