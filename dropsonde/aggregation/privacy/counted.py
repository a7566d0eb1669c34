"""What an engine counted in one week, with what bounds a single site's part in it. Private."""

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
    sum by what lies within its clamp.

    Attributes:
        table: exact.
        contributions: groups that a site may add to at most.
        clamps: of each SUM and AVERAGE, the least and the most that a site brings to a group.
    """

    table: Table
    contributions: int
    clamps: Mapping[str, tuple[int, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse a table in which a site's part has no bound."""
        added = {each.name for each in self.table.fields if each.role in {Role.SUM, Role.AVERAGE}}
        fine = all(low <= high for low, high in self.clamps.values())
        if added != self.clamps.keys() or self.contributions < 1 or not fine:
            raise ValueError(f"{self.table.name}: a site's part in it is not bounded")

    def reach(self, name: str) -> int:
        """How far one site moves a sum at most; 1 at least."""
        return max(1, *map(abs, self.clamps[name]))

    def sites(self) -> dict[tuple[object, ...], int]:
        """Distinct sites of each group."""
        keys, place = self.table.keys, self.table.place(Role.SITES)
        return {row[:keys]: row[place] for row in self.table.rows}

    def added(self, name: str) -> dict[tuple[object, ...], int]:
        """What all sites together bring to each group in a SUM or AVERAGE."""
        keys, place = self.table.keys, self.table.place(Role.SITES)
        at = [each.name for each in self.table.fields].index(name)
        times = self.table.fields[at].role is Role.AVERAGE
        return {
            row[:keys]: round((row[at] or 0) * (row[place] if times else 1))
            for row in self.table.rows
        }
