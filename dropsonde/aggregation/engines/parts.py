"""A plan counted in parts, each of some sites, that are added up: memory follows a part's size.

Sites, sums and what averages are made of can be added up, as each site is in one part alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from dropsonde.aggregation.engines.joins import Joins
from dropsonde.aggregation.engines.lists import ODD, Lists
from dropsonde.aggregation.sql import SITE, TABLE, chosen_sql, in_week
from dropsonde.aggregation.tables import Role
from dropsonde.collector.store.table import WEEK, literal
from dropsonde.schema.columns import Column, Type

if TYPE_CHECKING:
    from collections.abc import Sequence

    import duckdb

    from dropsonde.aggregation.plan import Plan

SITES = 10_000  # taken apart at a time
ROWS = 4_000_000  # of sites with too many groups, put in order at a time
_MEASURES = {Role.SITES: "sites", Role.SUM: "v{0}", Role.AVERAGE: "v{0} / sites"}
_SUMS = {Role.SUM: "HUGEINT", Role.AVERAGE: "DOUBLE"}
_KEYS = {Type.STRING: "VARCHAR", Type.INTEGER: "HUGEINT"}


@dataclass(frozen=True)
class Parts:
    """Counts a plan in a week.

    Args:
        connection: to the view; it has room for temporary tables.
        schema: the view's columns, the week with them.
        plan: what to count.
        week: as ``2026-W47``.
        salt: what the lot is drawn with.
    """

    connection: duckdb.DuckDBPyConnection
    schema: Sequence[Column]
    plan: Plan
    week: str
    salt: str

    def rows(self, threshold: int | None, *, single: bool) -> list[tuple[Any, ...]]:
        """The groups.

        Args:
            threshold: leave out groups with fewer sites.
            single: whether the week has one row a site.
        """
        lists = Lists(self.plan, self.schema, self.week, self.salt)
        if not (single and self._short(lists)):
            self._long()
        keys = ", ".join(self._keys)
        told = (_MEASURES[each.role].format(at) for at, each in enumerate(self.plan.measures))
        sums = "".join(f", sum({name}) AS {name}" for name in ("sites", *self._sums))
        having = "" if threshold is None else f" HAVING sum(sites) >= {threshold}"
        return self.connection.execute(
            f"SELECT {', '.join([*self._keys, *told])} FROM (SELECT {keys}{sums} FROM parts "  # noqa: S608 - ours, as all below
            f"GROUP BY {keys}{having})"
        ).fetchall()

    def _short(self, lists: Lists) -> bool:
        """Count by lists; False where some reports cannot be counted so."""
        self._begin()
        joins = Joins(lists)
        if not self.plan.sources:
            self._add(lists.plain())
        elif len(self.plan.sources) == 1:
            self._add(lists.bounded(), odd=f"count_if({ODD})")
        elif joins.fit:
            self._join(joins)
        else:
            return False
        return not self._found("SELECT 1 FROM parts WHERE odd > 0")

    def _join(self, joins: Joins) -> None:
        """First the sites that have few groups, then the others, some at a time."""
        large = f"{SITE} IN (SELECT site FROM large)"  # noqa: S608
        self.connection.execute(
            "CREATE OR REPLACE TEMP TABLE large AS SELECT site, count(*) AS groups "  # noqa: S608
            f"FROM ({joins.rows('TRUE')}) GROUP BY site "
            f"HAVING count(*) > {self.plan.contributions}"
        )
        self._add(joins.rows(f"NOT {large}"))
        ranges = self._found(
            "SELECT min(site), max(site) FROM (SELECT site, sum(groups) OVER (ORDER BY site) "  # noqa: S608
            f"// {ROWS} AS part FROM large) GROUP BY part"
        )
        for low, high in ranges:
            within = f"{SITE} BETWEEN unhex('{low.hex()}') AND unhex('{high.hex()}')"
            self._add(joins.drawn(f"{within} AND {large}"))

    def _long(self) -> None:
        """Count by the statement that all engines share."""
        self._begin()
        ranges = self._found(
            f"SELECT min({SITE}), max({SITE}) FROM (SELECT {SITE}, dense_rank() OVER "  # noqa: S608
            f"(ORDER BY {SITE}) // {SITES} AS part FROM {TABLE} "
            f"WHERE {WEEK} = {literal(self.week)} AND {SITE} IS NOT NULL) GROUP BY part"
        )
        for low, high in ranges:
            ends = (exp.Unhex(this=exp.Literal.string(end.hex())) for end in (low, high))
            part = exp.and_(
                in_week(self.week),
                exp.Between(this=exp.column(SITE), low=next(ends), high=next(ends)),
            )
            salted = exp.Literal.string(self.salt)
            self._add(chosen_sql(self.plan, "duckdb", self.schema, part, salted))

    def _begin(self) -> None:
        """An empty table of what the parts give."""
        kinds = (_KEYS[key.expression.type] for key in self.plan.keys)
        columns = [f"{name} {kind}" for name, kind in zip(self._keys, kinds, strict=True)]
        columns += [f"{name} {kind}" for name, kind in self._sums.items()]
        self.connection.execute(
            f"CREATE OR REPLACE TEMP TABLE parts ({', '.join(columns)}, sites BIGINT, odd BIGINT)"
        )

    def _add(self, rows: str, odd: str = "0") -> None:
        """Group rows ``k0…, v0…`` of some sites."""
        keys = ", ".join(self._keys)
        names = ", ".join([*self._keys, *self._sums])
        sums = "".join(f", sum({name})" for name in self._sums)
        self.connection.execute(
            f"INSERT INTO parts ({names}, sites, odd) "  # noqa: S608
            f"SELECT {keys}{sums}, count(*), {odd} FROM ({rows}) GROUP BY {keys}"
        )

    def _found(self, sql: str) -> list[tuple[Any, ...]]:
        return self.connection.execute(sql).fetchall()

    @property
    def _keys(self) -> list[str]:
        return [f"k{at}" for at in range(len(self.plan.keys))]

    @property
    def _sums(self) -> dict[str, str]:
        """The columns of sums, and their types."""
        added = enumerate(self.plan.measures)
        return {f"v{at}": _SUMS[each.role] for at, each in added if each.value is not None}
