"""Count modules that are weighed each by itself: what a site has of one is the bits of a number.

Any number of a site's rows become one number, which has each of their groups once and tells how
many there are. Numbers are joined, grouped and weighed in place of rows; few are different.

Temporary tables, beside those of :mod:`.groups`, the first two for each list, by its index:

    bits0      each group of each ``part``: keys ``k0…`` and its bit, ``b0``
    masks0     the ``part`` and the bits of each ``code``, ``m0``
    wide       each ``part`` that has more groups than a number has bits; the others lack it
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlglot import parse_one

if TYPE_CHECKING:
    from dropsonde.aggregation.engines.duckdb.groups import Groups

WIDEST = 126  # groups of a module in a list


@dataclass(frozen=True)
class Masks:
    """The groups of a plan's modules as bits.

    Args:
        groups: of the plan; they are made.
    """

    groups: Groups

    def make(self) -> bool:
        """Make the tables; return whether any ``part`` is too wide."""
        sources = self.groups.sources
        for source in sources:
            group = ", ".join(("part", *self.groups.keys(source)))
            self._run(
                f"CREATE OR REPLACE TEMP TABLE bits{source} AS SELECT {group}, (row_number() OVER "  # noqa: S608 - ours, as all below
                f"(PARTITION BY part ORDER BY {group}))::INTEGER AS place "
                f"FROM (SELECT DISTINCT {group} FROM groups{source})"
            )
        every = " UNION ".join(
            f"SELECT part FROM bits{source} WHERE place > {WIDEST}"  # noqa: S608
            for source in sources
        )
        self._run(f"CREATE OR REPLACE TEMP TABLE wide AS {every}")
        for source in sources:
            self._run(
                f"CREATE OR REPLACE TEMP TABLE bits{source} AS SELECT * EXCLUDE (place), "  # noqa: S608
                f"1::HUGEINT << (place - 1) AS b{source} FROM bits{source} "
                "WHERE part NOT IN (FROM wide)"
            )
            self._run(
                f"CREATE OR REPLACE TEMP TABLE masks{source} AS SELECT code, part, "  # noqa: S608
                f"bit_or(b{source}) AS m{source} FROM groups{source} NATURAL JOIN bits{source} "
                "GROUP BY code, part"
            )
        ((wide,),) = self._run("SELECT count(*) > 0 FROM wide")
        return bool(wide)

    def weighed(self) -> Iterator[str]:
        """Statements for rows ``k0…, w`` of all parts that are not wide; each of some sites."""
        columns, remaining = self.groups.of.plan.sources, "TRUE"
        if len(columns) == 1 and self.groups.mark():
            remaining = "NOT alone"
            yield self._weighed(f"SELECT part, m0 FROM {self._coded(0)} WHERE alone")  # noqa: S608
        lists = [f"{column}_coded WHERE {remaining}" for column in columns]
        for first, last in self.groups.coded.ranges(lists):
            sites = f"site BETWEEN {first} AND {last} AND {remaining}"
            rows = " UNION ALL BY NAME ".join(
                f"SELECT site, part, m{source} FROM {self._coded(source)} WHERE {sites}"  # noqa: S608
                for source in self.groups.sources
            )
            masks = ", ".join(f"bit_or(m{at}) AS m{at}" for at in self.groups.sources)
            yield self._weighed(f"SELECT part, {masks} FROM ({rows}) GROUP BY site, part")  # noqa: S608

    def _weighed(self, parts: str) -> str:
        """A statement for the groups of sites' parts; a part lacks a mask if it has no such row."""
        sources = self.groups.sources
        masks = ", ".join(f"m{at}" for at in sources)
        groups = " * ".join(f"bit_count(m{at})::INTEGER" for at in sources)
        bits = "".join(f" JOIN bits{at} USING (part)" for at in sources)
        having = " AND ".join(f"m{at} & b{at} <> 0" for at in sources)
        keys = ", ".join(f"k{at}" for at, _ in enumerate(self.groups.of.plan.keys))
        weight = parse_one(self.groups.of.weight(), dialect="bigquery").sql("duckdb")
        return (
            f"SELECT {keys}, sites * {weight} AS w FROM (SELECT part, {masks}, count(*) AS sites, "  # noqa: S608
            f"{groups} AS n0 FROM ({parts}) GROUP BY part, {masks}){bits} WHERE {having}"
        )

    def _coded(self, source: int) -> str:
        return f"{self.groups.of.plan.sources[source]}_coded JOIN masks{source} USING (code)"

    def _run(self, statement: str) -> list[tuple[Any, ...]]:
        return self.groups.coded.connection.execute(statement).fetchall()
