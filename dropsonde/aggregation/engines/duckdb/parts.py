"""Count a plan in parts of some sites, and add these up: memory follows a part's size.

Sites, sums and the sums behind averages can be added up, as each site is in one part alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from dropsonde.aggregation.engines.duckdb.dictionary import whole
from dropsonde.aggregation.engines.duckdb.joins import Joins
from dropsonde.aggregation.engines.duckdb.lists import ODD, Lists
from dropsonde.aggregation.engines.sql import SITE, chosen_sql, in_week
from dropsonde.aggregation.release import Role
from dropsonde.schema.model import Column, Type

if TYPE_CHECKING:
    import duckdb

    from dropsonde.aggregation.engines.duckdb.dictionary import Taken
    from dropsonde.aggregation.plan import Plan

SITES = 10_000  # unnested at a time
ROWS = 4_000_000  # of sites with too many groups, sorted at a time
_MEASURES = {Role.SITES: "sites", Role.SUM: "v{0}", Role.AVERAGE: "v{0} / sites"}
_SUMS = {Role.SUM: "HUGEINT", Role.AVERAGE: "DOUBLE"}
_KEYS = {Type.STRING: "VARCHAR", Type.INTEGER: "HUGEINT"}


def _blob(site: bytes) -> exp.Expr:
    return exp.Unhex(this=exp.Literal.string(site.hex()))


@dataclass(frozen=True)
class Parts:
    """Counts a plan in a week.

    Args:
        connection: to the view; it creates temporary tables.
        schema: the view's columns, including the week.
        plan: what to count.
        week: as ``2026-W47``.
        salt: of the contribution sampling.
        taken: the source of the week's reports, if it has one per site; else None.
    """

    connection: duckdb.DuckDBPyConnection
    schema: Sequence[Column]
    plan: Plan
    week: str
    salt: str
    taken: Taken | None

    def rows(self, threshold: int | None) -> list[tuple[Any, ...]]:
        """The groups.

        Args:
            threshold: leave out groups with fewer sites.
        """
        self._begin()
        left = None if self.taken is None else self._short(self.taken.origin)
        if left is None or len(left) > SITES:
            self._begin()
            for low, high in self._ranges():
                self._long(exp.Between(this=exp.column(SITE), low=_blob(low), high=_blob(high)))
        elif left:
            self._long(exp.In(this=exp.column(SITE), expressions=[_blob(site) for site in left]))
        keys = ", ".join(self._keys)
        told = (_MEASURES[each.role].format(at) for at, each in enumerate(self.plan.measures))
        sums = "".join(f", sum({name}) AS {name}" for name in ("sites", *self._sums))
        return self._found(
            f"SELECT {', '.join([*self._keys, *told])} FROM (SELECT {keys}{sums} FROM parts "  # noqa: S608 - ours, as all below
            f"GROUP BY {keys} HAVING sum(sites) >= {threshold or 1})"
        )

    def _short(self, origin: str) -> list[bytes] | None:
        """Count by lists; return the sites left for the slow path, None for all."""
        lists = Lists(self.plan, self.schema, origin, self.salt)
        joins = Joins(lists)
        if not self.plan.sources:
            self._add(lists.plain())
        elif len(self.plan.sources) == 1:
            self._add(lists.bounded(), odd=ODD)
        elif joins.fit:
            self._join(joins)
        else:
            return None
        return [site for (site,) in self._found("SELECT unnest(odd) FROM parts")]

    def _join(self, joins: Joins) -> None:
        """Count first the sites that have few groups, then the others, some at a time."""
        large = f"{SITE} IN (SELECT site FROM large)"  # noqa: S608
        self.connection.execute(f"CREATE OR REPLACE TEMP TABLE large AS {joins.large()}")
        self._add(joins.rows(f"NOT {large}"))
        ranges = self._found(
            "SELECT min(site), max(site) FROM (SELECT site, sum(groups) OVER (ORDER BY site) "  # noqa: S608
            f"// {ROWS} AS part FROM large) GROUP BY part"
        )
        for low, high in ranges:
            within = f"{SITE} BETWEEN unhex('{low.hex()}') AND unhex('{high.hex()}')"
            self._add(joins.drawn(f"{within} AND {large}"))

    def _long(self, which: exp.Expr) -> None:
        """Count some sites by the statement that all engines share."""
        part, salted = exp.and_(in_week(self.week), which), exp.Literal.string(self.salt)
        self._add(chosen_sql(self.plan, "duckdb", self.schema, part, salted))

    def _ranges(self) -> list[tuple[bytes, bytes]]:
        """The first and the last site of each part of the week."""
        return self._found(
            f"SELECT min({SITE}), max({SITE}) FROM (SELECT {SITE}, dense_rank() OVER "  # noqa: S608
            f"(ORDER BY {SITE}) // {SITES} AS part {whole(self.week).origin}) GROUP BY part"
        )

    def _begin(self) -> None:
        """Create an empty table for the groups of the parts."""
        kinds = (_KEYS[key.expression.type] for key in self.plan.keys)
        columns = [f"{name} {kind}" for name, kind in zip(self._keys, kinds, strict=True)]
        columns += [f"{name} {kind}" for name, kind in self._sums.items()]
        self.connection.execute(
            f"CREATE OR REPLACE TEMP TABLE parts ({', '.join(columns)}, sites BIGINT, odd BLOB[])"
        )

    def _add(self, rows: str, odd: str = "NULL") -> None:
        """Group rows ``k0…, v0…`` of some sites; ``odd`` collects sites for the slow path."""
        keys = ", ".join(self._keys)
        names = ", ".join([*self._keys, *self._sums])
        sums = "".join(f", sum({name})" for name in self._sums)
        self.connection.execute(
            f"INSERT INTO parts ({names}, sites, odd) SELECT {keys}{sums}, "  # noqa: S608
            f"count_if({odd} IS NULL), list({odd}) FILTER ({odd} IS NOT NULL) "
            f"FROM ({rows}) GROUP BY {keys}"
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
