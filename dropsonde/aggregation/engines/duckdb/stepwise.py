"""Count a plan by the shared statement on numbers in place of texts, some sites at a time.

Modules that are weighed each by itself are counted as :mod:`.masks` says, if they are not too wide.

Temporary tables, beside those of :mod:`.groups`, the first for each list of the plan, by its index:

    rows0      rows ``site, part, k0…`` of some sites, as the shared statement makes them of reports
    sums       rows ``k0…, w``: what the groups of some sites weigh
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlglot import parse_one

from dropsonde.aggregation.engines.duckdb.groups import Groups
from dropsonde.aggregation.engines.duckdb.masks import Masks
from dropsonde.aggregation.engines.sql import Counting
from dropsonde.aggregation.plan import Constant, Shape, Value, leaves
from dropsonde.schema.model import Type

if TYPE_CHECKING:
    from dropsonde.aggregation.engines.duckdb.coded import Coded
    from dropsonde.aggregation.plan import Plan


def fits(plan: Plan) -> bool:
    """Whether a plan adds up nothing, and its keys are made of texts of lists alone."""
    named = (leaf for key in plan.keys for leaf in leaves(key.expression))
    return bool(plan.sources and not plan.sums) and all(
        isinstance(leaf, Constant)
        or (isinstance(leaf, Value) and leaf.source is not None and leaf.type is Type.STRING)
        for leaf in named
    )


@dataclass(frozen=True)
class Numbered(Counting):
    """The shared statement, on rows that are there."""

    @property
    def full(self) -> int:
        """So many groups count in full; 0 if the weight is of two numbers, or of pairs."""
        alike = self.plan.shape in {Shape.SITE, Shape.MODULE}
        return next(self._bounds())[0] if alike else 0

    def _rows(self, source: int | None) -> str:
        return f"SELECT {', '.join(('site', *self.names(source)))} FROM rows{source}"  # noqa: S608 - ours, as all below

    def _numbered(self, rows: str, by: str = "site") -> str:
        """The same rows; those that count in full have 1 in place of the number of groups."""
        many = f"GROUP BY {by} HAVING COUNT(*) > {self.full}"
        return (
            f"WITH every AS ({rows}) SELECT every.*, COALESCE(n, 1) AS n0 FROM every "  # noqa: S608
            f"LEFT JOIN (SELECT {by}, COUNT(*) AS n FROM every {many}) AS many USING ({by})"
        )


@dataclass(frozen=True)
class Stepwise:
    """Counts a plan.

    Args:
        coded: has taken the week's lists.
        of: the plan, its unit and the words that are counted.
    """

    coded: Coded
    of: Counting

    def counts(self) -> list[tuple[Any, ...]]:
        """Rows ``k0…, sites``: keys as texts; sites in parts of a site."""
        plan, groups = self.of.plan, Groups(self.coded, self.of)
        keys = ", ".join(f"k{at}" for at, _ in enumerate(plan.keys))
        columns = keys.replace(",", " INTEGER,")
        self._run(f"CREATE OR REPLACE TEMP TABLE sums ({columns} INTEGER, w BIGINT)")
        groups.make()
        if not self.of.by_module:
            self._add_rows(keys, groups, "TRUE")
        else:
            masks = Masks(groups)
            wide = masks.make()
            for weighed in masks.weighed():
                self._add(keys, weighed)
            if wide:
                self._add_rows(keys, groups, "part IN (FROM wide)")
        words = groups.words()
        return [
            (*(known[key] for known, key in zip(words, row, strict=False)), row[-1])
            for row in self._run(f"SELECT {keys}, sum(w) FROM sums GROUP BY {keys}")  # noqa: S608
        ]

    def _add_rows(self, keys: str, groups: Groups, counted: str) -> None:
        """Add what the rows weigh for which a condition holds."""
        numbered = Numbered(self.of.plan, self.of.unit, "TRUE", {})
        weighed = parse_one(numbered.weighed(), dialect="bigquery").sql("duckdb")
        alone = groups.are_alone()
        lists = [f"{self._coded(source)} WHERE {counted}" for source in groups.sources]
        for first, last in self.coded.ranges(lists):
            for source in groups.sources:
                sites = f"site BETWEEN {first} AND {last} AND {counted}"
                self._expand(source, sites, alone=alone and source == 0)
            self._add(keys, weighed)

    def _expand(self, source: int, sites: str, *, alone: bool) -> None:
        """Make ``rows0`` of some sites; rows that are not alone can have one group together."""
        names = ", ".join(("site", *self.of.names(source)))
        rows = f"SELECT {{}} {names} FROM {self._coded(source)} WHERE {sites}"  # noqa: S608
        every = rows.format("DISTINCT")
        if alone:
            every = f"{rows.format('')} AND alone UNION ALL {every} AND NOT alone"
        self._run(f"CREATE OR REPLACE TEMP TABLE rows{source} AS {every}")

    def _coded(self, source: int) -> str:
        return f"{self.of.plan.sources[source]}_coded JOIN groups{source} USING (code)"

    def _add(self, keys: str, weighed: str) -> None:
        self._run(f"INSERT INTO sums SELECT {keys}, sum(w) FROM ({weighed}) GROUP BY {keys}")  # noqa: S608

    def _run(self, statement: str) -> list[tuple[Any, ...]]:
        return self.coded.connection.execute(statement).fetchall()
