"""The rows of several lists in a report, joined within it, for :mod:`.parts`.

Each list is cut down to what the keys are made of, each once, before it is joined. So no group
stands twice among a site's rows, and they need not be grouped by site.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlglot import exp

from dropsonde.aggregation.engines.keys import home, on_keys, sources_of, text
from dropsonde.aggregation.sql import SITE, lot

if TYPE_CHECKING:
    from dropsonde.aggregation.engines.lists import Lists
    from dropsonde.aggregation.plan import Expression


@dataclass(frozen=True)
class Joins:
    """The statements for a plan with several sources.

    Args:
        lists: of the plan.
    """

    lists: Lists

    @property
    def fit(self) -> bool:
        """Whether that can be done: each key is of one list, and no values are added up."""
        plan = self.lists.plan
        lonely = all(len(sources_of(key.expression)) <= 1 for key in plan.keys)
        return lonely and not self.lists.measures and bool(self._condition or not plan.filter)

    def rows(self, which: str, *, named: bool = False) -> str:
        """Rows ``site, k0…``, not yet bounded.

        Args:
            which: a condition for the sites.
            named: add ``begun, t0…``: texts of the site and the keys, which the lot is of. They are
                made before the lists are joined, as there are many more rows after it.
        """
        lists, places = self.lists, range(len(self.lists.plan.sources))
        items = "".join(f", {lists.items(at, named=named)} AS l{at}" for at in places)
        once = "".join(f", {lists.once(f'l{at}', at)} AS l{at}" for at in places)
        found = f"SELECT {SITE} AS site, {lists.begun()} AS begun{items} {lists.reports(which)}"
        found = f"SELECT site, begun{once} FROM ({found})"  # noqa: S608 - ours, as all below
        for at in places:
            kept = [*(f"s{other}" for other in places[:at]), *(f"l{n}" for n in places[at + 1 :])]
            names = ", ".join(["site", "begun", *kept, f"unnest(l{at}) AS s{at}"])
            found = f"SELECT {names} FROM ({found})"  # noqa: S608
        names = "site" + self._listed("k") + (", begun" + self._listed("t") if named else "")
        where = f" WHERE {text(self._condition)}" if self._condition else ""
        return f"SELECT {names} FROM ({found}){where}"  # noqa: S608

    def drawn(self, which: str) -> str:
        """Rows ``k0…``, those within the bound of each site."""
        plan = self.lists.plan
        keys = range(len(plan.keys))
        order = text(lot([exp.column(name) for name in ("begun", *(f"t{at}" for at in keys))]))
        struct = f"struct_pack({', '.join(f'k{at} := k{at}' for at in keys)})"
        first = f"min_by({struct}, {order}, {plan.contributions})"
        rows = f"({self.rows(which, named=True)})"
        rows = f"SELECT unnest({first}) AS item FROM {rows} GROUP BY site"  # noqa: S608
        return f"SELECT {', '.join(f'item.k{at} AS k{at}' for at in keys)} FROM ({rows})"  # noqa: S608

    def _listed(self, letter: str) -> str:
        """A field of each key out of the items, as a column; each after a comma."""
        homes = (home(key.expression) for key in self.lists.plan.keys)
        return "".join(
            f", s{source}.{letter}{at} AS {letter}{at}" for at, source in enumerate(homes)
        )

    @property
    def _condition(self) -> Expression | None:
        plan = self.lists.plan
        return on_keys(plan.filter, plan) if plan.filter else None
