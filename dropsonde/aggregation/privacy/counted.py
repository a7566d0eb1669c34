"""A week's exact counts, which are private, with the bounds of a single site's contribution."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dropsonde.aggregation.release import Role

if TYPE_CHECKING:
    from dropsonde.aggregation.release import Table


@dataclass(frozen=True)
class Counted:
    """A counted table.

    Adding or removing one site changes at most ``contributions`` groups: each by one site, and each
    sum by a value within its clamp.

    Attributes:
        table: exact.
        contributions: the most groups that a site may contribute to.
        clamps: of each SUM and AVERAGE, the least and the most that a site contributes to a group.
    """

    table: Table
    contributions: int
    clamps: Mapping[str, tuple[int, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse a table in which a site's contribution has no bound."""
        added = {each.name for each in self.table.fields if each.role in {Role.SUM, Role.AVERAGE}}
        fine = all(low <= high for low, high in self.clamps.values())
        if added != self.clamps.keys() or self.contributions < 1 or not fine:
            raise ValueError(f"{self.table.name}: a site's part in it is not bounded")

    def reach(self, name: str) -> int:
        """The most that one site moves a sum; at least 1."""
        return max(1, *map(abs, self.clamps[name]))

    def sites(self) -> dict[tuple[object, ...], int]:
        """Distinct sites of each group."""
        keys, place = self.table.keys, self.table.place(Role.SITES)
        return {row[:keys]: row[place] for row in self.table.rows}

    def added(self, name: str) -> dict[tuple[object, ...], int]:
        """The total of a SUM, or behind an AVERAGE, for each group."""
        keys, place = self.table.keys, self.table.place(Role.SITES)
        at = [each.name for each in self.table.fields].index(name)
        times = self.table.fields[at].role is Role.AVERAGE
        return {
            row[:keys]: round((row[at] or 0) * (row[place] if times else 1))
            for row in self.table.rows
        }
