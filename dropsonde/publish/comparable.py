"""Which cells are of the same sites, so that one may be divided by another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dropsonde.aggregation.privacy.unit import Unit

if TYPE_CHECKING:
    from dropsonde.publish.numbers import Numbers


def comparable(week: Numbers, table: str) -> bool:
    """Whether a table's numbers of a module are a part of the sites of that module.

    With the unit site, a site of many modules counts less for each, but as much for a class as any
    other. With a module of a site as the unit, each counts in full for its module. But in a table
    of what a site says of itself, a site of many modules counts less beside each.
    """
    method = week.release.method
    return method.unit == Unit.MODULE.value and table not in method.beside
