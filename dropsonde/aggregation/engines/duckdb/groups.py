"""What the words of a plan's lists count for, as numbers.

A temporary table for each list of the plan, by its index:

    groups0    what each ``code`` of the list counts for: ``module``, a text, and ``part``, its
               number; keys ``k0…``, numbers, and their texts ``t0…``
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dropsonde.aggregation.engines.duckdb.coded import ranked
from dropsonde.aggregation.engines.expressions import text
from dropsonde.aggregation.engines.sql import Counting, translated
from dropsonde.aggregation.plan import Shape, sources_of
from dropsonde.schema.model import Column, Type

if TYPE_CHECKING:
    from dropsonde.aggregation.engines.duckdb.coded import Coded


@dataclass(frozen=True)
class Groups:
    """The groups of a plan.

    Args:
        coded: has taken the week's lists.
        of: the plan, its unit and the words that are counted.
    """

    coded: Coded
    of: Counting

    @property
    def sources(self) -> range:
        """The lists that have tables: one for a list that is joined with itself."""
        return range(1 if self.of.plan.shape is Shape.PAIR else len(self.of.plan.sources))

    def keys(self, source: int) -> list[str]:
        """The keys that are of a list, as ``k0…``."""
        return [name for name in self.of.names(source) if name != "part"]

    def make(self) -> None:
        """Make the tables."""
        for source in self.sources:
            self._group(source)

    def mark(self) -> bool:
        """Whether the rows of the first list are known that are alone, as :meth:`.Coded.mark` says.

        They are found if it pays: if each word has one group.
        """
        if self.of.names(0)[0] != "part":
            return False
        column, part = self.of.plan.sources[0], text(self.of.plan.modules[0])
        table = f"{column}_words"
        words = f"SELECT s0.code AS code, {part} AS part FROM {table} AS s0"  # noqa: S608 - ours, as all below
        parts = translated(words, "duckdb", self._columns(column), table)
        if self._are_single():
            self.coded.mark(column, parts)
        return self.coded.marked.get(column) == parts

    def are_alone(self) -> bool:
        """Whether rows of the first list that are alone share no group."""
        column, names = self.of.plan.sources[0], ", ".join(self.of.names(0))
        self.mark()  # a plan without parts has those of another
        if not (self._are_single() and column in self.coded.marked):
            return False
        ((within,),) = self._run(
            "SELECT coalesce(max(parts), 0) <= 1 FROM (SELECT count(DISTINCT own) AS parts "  # noqa: S608
            f"FROM groups0 JOIN {column}_parts USING (code) GROUP BY {names})"
        )
        return bool(within)

    def words(self) -> list[dict[int, Any]]:
        """Number to text of each key."""
        places = [
            (at, next(iter(sources_of(key.expression)), 0))
            for at, key in enumerate(self.of.plan.keys)
        ]
        if self.of.plan.shape is Shape.PAIR:
            places = [(0, 0)] * len(places)  # both keys are of one list
        return [
            dict(self._run(f"SELECT DISTINCT k{at}, t{at} FROM groups{source}"))  # noqa: S608
            for at, source in places
        ]

    def _are_single(self) -> bool:
        """Whether no word of the first list has several groups."""
        ((single,),) = self._run("SELECT count(*) = count(DISTINCT code) FROM groups0")
        return bool(single)

    def _group(self, source: int) -> None:
        """Make ``groups0`` of all different rows of a list."""
        column = self.of.plan.sources[source]
        table, names = f"{column}_words", self.of.names(source)
        statement = self.of.grouped(source, f"s{source}.code", f"{table} AS s{source}", "TRUE")
        module, number, known = "0", "0", ""
        if names[0] == "part":
            module, number = "part", ranked("part")
            if source:  # the first list has numbered the modules
                number = "known"
                numbers = "SELECT DISTINCT module, part AS known FROM groups0"
                known = f" JOIN ({numbers}) ON part = module"
        keys = "".join(
            f", {ranked(key)} AS {key}, {key} AS t{key[1:]}" for key in self.keys(source)
        )
        self._run(
            f"CREATE OR REPLACE TEMP TABLE groups{source} AS SELECT code, {module} AS module, "  # noqa: S608
            f"{number} AS part{keys} "
            f"FROM ({translated(statement, 'duckdb', self._columns(column), table)}){known}"
        )

    def _columns(self, column: str) -> list[Column]:
        """The columns of a list's words."""
        return [*self.coded.texts(column), Column("code", Type.INTEGER, "")]

    def _run(self, statement: str) -> list[tuple[Any, ...]]:
        return self.coded.connection.execute(statement).fetchall()
