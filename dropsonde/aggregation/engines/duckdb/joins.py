"""Join the rows of several lists within a report, for :mod:`.parts`.

Each list is reduced to its distinct keys before the join. So a site's rows hold no group twice, and
need not be grouped by site.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlglot import exp

from dropsonde.aggregation.engines.duckdb.keys import at_home, on_keys, sources_of, text
from dropsonde.aggregation.engines.sql import SITE, sampling_order
from dropsonde.aggregation.plan import Call, Operator, Value

if TYPE_CHECKING:
    from dropsonde.aggregation.engines.duckdb.lists import Lists
    from dropsonde.aggregation.plan import Expression

_PAIR = 2
_FIRST = {Operator.LESS, Operator.GREATER}


@dataclass(frozen=True)
class Joins:
    """The statements for a plan with several sources.

    Args:
        lists: of the plan.
    """

    lists: Lists

    @property
    def fit(self) -> bool:
        """Whether the plan fits: each key is of one list, and there are no sums or averages."""
        plan = self.lists.plan
        lonely = all(len(sources_of(key.expression)) <= 1 for key in plan.keys)
        return lonely and not self.lists.measures and bool(self._condition or not plan.filter)

    def large(self) -> str:
        """Rows ``site, groups``: the sites with more groups than the bound.

        Sites whose lists are too short for that are skipped before the join.
        """
        most = self.lists.plan.contributions
        return (
            f"SELECT site, count(*) AS groups FROM ({self.rows('TRUE', over=most)}) "  # noqa: S608 - ours, as all below
            f"GROUP BY site HAVING count(*) > {most}"
        )

    def rows(self, which: str, *, named: bool = False, over: int = 0) -> str:
        """Rows ``site, k0…``, not yet bounded.

        Args:
            which: a condition for the sites.
            named: add ``begun, t0…``: the texts of the site and the keys that sampling
                hashes. They are made before the join, after which there are many more rows.
            over: only sites that may have more rows than this.
        """
        lists, places = self.lists, range(len(self.lists.plan.sources))
        items = "".join(f", {lists.items(at, named=named)} AS l{at}" for at in places)
        once = "".join(f", {lists.once(f'l{at}', at, named=named)} AS l{at}" for at in places)
        sql = f"SELECT {SITE} AS site, {lists.begun()} AS begun{items} {lists.reports(which)}"
        sql = f"SELECT site, begun{once} FROM ({sql})"  # noqa: S608
        if over:
            sql = f"SELECT * FROM ({sql}) WHERE {self._most()} > {over}"  # noqa: S608
        for at in places:
            kept = [*(f"s{other}" for other in places[:at]), *(f"l{n}" for n in places[at + 1 :])]
            names = ", ".join(["site", "begun", *kept, f"unnest(l{at}) AS s{at}"])
            sql = f"SELECT {names} FROM ({sql})"  # noqa: S608
        names = "site" + self._listed("k") + (", begun" + self._listed("t") if named else "")
        where = f" WHERE {text(self._condition)}" if self._condition else ""
        return f"SELECT {names} FROM ({sql}){where}"  # noqa: S608

    def drawn(self, which: str) -> str:
        """Rows ``k0…``, sampled to the bound of each site."""
        plan = self.lists.plan
        keys = range(len(plan.keys))
        order = text(
            sampling_order([exp.column(name) for name in ("begun", *(f"t{at}" for at in keys))])
        )
        struct = f"struct_pack({', '.join(f'k{at} := k{at}' for at in keys)})"
        first = f"min_by({struct}, {order}, {plan.contributions})"
        rows = f"({self.rows(which, named=True)})"
        rows = f"SELECT unnest({first}) AS item FROM {rows} GROUP BY site"  # noqa: S608
        return f"SELECT {', '.join(f'item.k{at} AS k{at}' for at in keys)} FROM ({rows})"  # noqa: S608

    def _most(self) -> str:
        """The most rows of a site: half as many if each pair of a list occurs once."""
        places = range(len(self.lists.plan.sources))
        product = " * ".join(f"len(l{at})" for at in places)
        return f"{product} // 2" if self._once else product

    @property
    def _once(self) -> bool:
        """Whether a list is joined with itself, by one field, and a filter orders each pair."""
        plan = self.lists.plan
        keys = {key.expression for key in plan.keys}
        fields = {at_home(key) for key in keys}
        return (
            len(plan.sources) == len(keys) == _PAIR
            and len({*plan.sources}) == len(fields) == 1
            and all(isinstance(key, Value) and key.source is not None for key in keys)
            and isinstance(plan.filter, Call)
            and plan.filter.operator in _FIRST
            and {*plan.filter.arguments} == keys
        )

    def _listed(self, letter: str) -> str:
        """A field of each key from the items, as columns that each follow a comma."""
        places = {
            at: f"s{source}.{letter}{n}"
            for source in range(len(self.lists.plan.sources))
            for n, (at, _) in enumerate(self.lists.keys_of(source))
        }
        return "".join(f", {places[at]} AS {letter}{at}" for at in sorted(places))

    @property
    def _condition(self) -> Expression | None:
        plan = self.lists.plan
        return on_keys(plan.filter, plan) if plan.filter else None
