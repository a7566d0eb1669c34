"""What each site brings, read out of the lists in its report: DuckDB's short way to the same rows.

The statement that all engines share takes reports apart and puts each site's rows together again,
as nothing tells it that a week has one report a site. Where that is so, a site's groups are found
within its report, one report after the other, and the lot is drawn for those sites alone that have
too many. What has no such short way is left to the other statement.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlglot import exp

from dropsonde.aggregation.engines.keys import (
    are_distinct,
    distinct,
    field_of,
    home,
    on_keys,
    sources_of,
    text,
)
from dropsonde.aggregation.sql import SITE, TABLE, expression, lot, lot_parts, within_bounds
from dropsonde.collector.store.table import WEEK, literal, quoted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dropsonde.aggregation.plan import Expression, Plan
    from dropsonde.schema.columns import Column

ODD = "odd"
_ITEMS = "items"


@dataclass(frozen=True)
class Lists:
    """The statements for a plan.

    Args:
        plan: what to count.
        schema: the table's columns.
        week: as ``2026-W47``; it has one row a site.
        salt: what the lot is drawn with.
    """

    plan: Plan
    schema: Sequence[Column]
    week: str
    salt: str

    @property
    def joins(self) -> bool:
        """Whether rows of several sources are joined."""
        return len(self.plan.sources) > 1

    @property
    def fit(self) -> bool:
        """Whether there is a short way for the plan."""
        if not self.joins:
            return True
        lonely = all(len(sources_of(key.expression)) <= 1 for key in self.plan.keys)
        known = self._condition is not None or self.plan.filter is None
        return lonely and known and not self.measures

    @property
    def measures(self) -> tuple[int, ...]:
        """The places of the measures that add values up."""
        return tuple(at for at, each in enumerate(self.plan.measures) if each.value is not None)

    def plain(self) -> str:
        """All rows ``k0…, v0…`` of a plan without sources: a report is in one group."""
        names = [f"{text(key.expression)} AS k{at}" for at, key in enumerate(self.plan.keys)]
        names += [f"{value} AS v{at}" for at, value in self._values()]
        where = f" AND {text(self.plan.filter)}" if self.plan.filter else ""
        return f"SELECT {', '.join(names)} {self._reports('TRUE')}{where}"

    def bounded(self) -> str:
        """All rows ``k0…, v0…`` of a plan with one source, each site's within its bound.

        A site that has rows of one group twice, whose values would have to be put together, is
        :data:`ODD` and brings nothing else.
        """
        most = self.plan.contributions
        keys = [exp.column(f"k{at}", table="item") for at in range(len(self.plan.keys))]
        order = text(lot(self._parts("site", keys)))
        drawn = (
            f"list_transform(list_sort(list_transform({_ITEMS}, lambda item: "
            f"struct_pack(lot := {order}, item := item)))[1:{most}], lambda drawn: drawn.item)"
        )
        within = f"CASE WHEN len({_ITEMS}) <= {most} THEN {_ITEMS} ELSE {drawn} END"
        names = [f"item.k{at} AS k{at}" for at in range(len(self.plan.keys))]
        names += [f"item.v{at} AS v{at}" for at in self.measures]
        return (
            f"SELECT {', '.join(names)}, item IS NULL AS {ODD} "  # noqa: S608 - ours, as all below
            f"FROM (SELECT unnest({within}) AS item "
            f"FROM (SELECT site, {self._once(_ITEMS)} AS {_ITEMS} "
            f"FROM (SELECT {SITE} AS site, {self._items(0)} AS {_ITEMS} {self._reports('TRUE')})))"
        )

    def joined(self, which: str, *, named: bool = False) -> str:
        """Rows ``site, k0…`` of a plan with several sources, not yet bounded.

        Args:
            which: a condition for the sites.
            named: add ``begun, t0…``: texts of the site and the keys, which the lot is of. They are
                made before the rows are joined, as there are many more rows after it.
        """
        places = range(len(self.plan.sources))
        items = "".join(f", {self._items(at, named=named)} AS l{at}" for at in places)
        lists = "".join(f", {self._once(f'l{at}', at)} AS l{at}" for at in places)
        begun = text(exp.Concat(expressions=self._parts(SITE)[:2], safe=False, coalesce=False))
        found = f"SELECT {SITE} AS site, {begun} AS begun{items} {self._reports(which)}"
        found = f"SELECT site, begun{lists} FROM ({found})"  # noqa: S608
        for at in places:
            kept = [*(f"s{other}" for other in places[:at]), *(f"l{n}" for n in places[at + 1 :])]
            names = ", ".join(["site", "begun", *kept, f"unnest(l{at}) AS s{at}"])
            found = f"SELECT {names} FROM ({found})"  # noqa: S608
        names = "site" + self._listed("k") + (", begun" + self._listed("t") if named else "")
        where = f" WHERE {text(self._condition)}" if self._condition else ""
        return f"SELECT {names} FROM ({found}){where}"  # noqa: S608

    def drawn(self, which: str) -> str:
        """Rows ``k0…`` of a plan with several sources, those within the bound of each site."""
        keys = range(len(self.plan.keys))
        order = text(lot([exp.column(name) for name in ("begun", *(f"t{at}" for at in keys))]))
        struct = f"struct_pack({', '.join(f'k{at} := k{at}' for at in keys)})"
        first = f"min_by({struct}, {order}, {self.plan.contributions})"
        rows = (
            f"SELECT unnest({first}) AS item FROM ({self.joined(which, named=True)}) GROUP BY site"  # noqa: S608
        )
        return f"SELECT {', '.join(f'item.k{at} AS k{at}' for at in keys)} FROM ({rows})"  # noqa: S608

    def _reports(self, which: str) -> str:
        week = f"{WEEK} = {literal(self.week)} AND {SITE} IS NOT NULL"
        return f"FROM {TABLE} WHERE {week} AND {which}"

    def _values(self) -> list[tuple[int, str]]:
        return [(at, text(within_bounds(self.plan.measures[at]))) for at in self.measures]

    def _items(self, source: int, *, named: bool = False) -> str:
        """The rows of a source, each as a struct of its keys and values."""
        plan, rows = self.plan, quoted(self.plan.sources[source])
        parts = []
        for at, key in enumerate(plan.keys):
            if home(key.expression) == source:
                parts.append(f"k{at} := {text(key.expression)}")
                if named:
                    parts.append(f"t{at} := {text(self._parts(SITE)[2 + at])}")
        parts += [f"v{at} := {value}" for at, value in self._values()]
        if plan.filter and not self.joins:
            rows = f"list_filter({rows}, lambda s0: {text(plan.filter)})"
        struct = f"struct_pack({', '.join(parts or ['k := TRUE'])})"
        return f"list_transform({rows}, lambda s{source}: {struct})"

    def _once(self, items: str, source: int = 0) -> str:
        """The items, none of whose keys stand twice."""
        at_home = [key for key in self.plan.keys if home(key.expression) == source]
        fields = [field.name for field in self._column(source).fields]
        leads = [field_of(key.expression) for key in at_home] == fields[: len(at_home)]
        if not self.measures:
            return distinct(items, ordered=leads)
        names = [f"k{at}" for at in range(len(self.plan.keys))]
        return f"CASE WHEN {are_distinct(items, names, ordered=leads)} THEN {items} ELSE [NULL] END"

    def _column(self, source: int) -> Column:
        return next(each for each in self.schema if each.name == self.plan.sources[source])

    def _listed(self, letter: str) -> str:
        """A field of each key out of the items, as a column; each after a comma."""
        homes = (home(key.expression) for key in self.plan.keys)
        return "".join(
            f", s{source}.{letter}{at} AS {letter}{at}" for at, source in enumerate(homes)
        )

    def _parts(self, site: str, keys: Sequence[exp.Expr] | None = None) -> list[exp.Expr]:
        """The texts that the lot is of; keys are what the plan makes them of, unless given."""
        made = keys or [expression(key.expression) for key in self.plan.keys]
        return lot_parts(self.plan, exp.Literal.string(self.salt), exp.column(site), made)

    @property
    def _condition(self) -> Expression | None:
        return on_keys(self.plan.filter, self.plan) if self.plan.filter else None
