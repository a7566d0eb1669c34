"""The week's lists as numbers: each site and each different row of a list has one.

Texts are read once for each list, in place of once for each statement, and expressions are computed
once for each different row. Tables are temporary, and belong to one connection.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dropsonde.aggregation.engines.expressions import SITE, TABLE
from dropsonde.aggregation.engines.sql import in_week
from dropsonde.collector.store.parquet.schema import WEEK, literal, quoted
from dropsonde.schema.model import Column, Type

if TYPE_CHECKING:
    import duckdb

COUNTED = "counted"  # each site that counts, with its number
AT_ONCE = 4_000_000  # rows whose texts or groups are in memory
MOST_ROWS = 60_000_000  # that are kept for later statements; each takes 9 bytes
_FEWEST = 2_048  # sites of a step: DuckDB reads as many at once
_FASTER = 4  # times as many sites as in the step before, at most


@dataclass
class Coded:
    """The lists of a view's weeks, one week at a time.

    Args:
        connection: to the view.
        columns: the view's.
    """

    connection: duckdb.DuckDBPyConnection
    columns: Sequence[Column]
    _week: str | None = field(default=None, init=False)
    _taken: dict[str, int] = field(default_factory=dict, init=False)
    marked: dict[str, str] = field(default_factory=dict, init=False)

    def sites(self, week: str) -> int:
        """Number the sites that count, from 1; return how many there are."""
        if week != self._week:
            self._drop(set(self._taken))
            self.connection.execute(
                f"CREATE OR REPLACE TEMP TABLE {COUNTED} AS SELECT {SITE}, "  # noqa: S608 - ours
                f"(row_number() OVER (ORDER BY {SITE}))::INTEGER AS site "
                f"FROM (SELECT DISTINCT {SITE} FROM {TABLE} WHERE {in_week(week)})"
            )
            self._week = week
        ((sites,),) = self.connection.execute(f"SELECT count(*) FROM {COUNTED}").fetchall()  # noqa: S608
        return int(sites)

    def take(self, week: str, columns: Sequence[str]) -> None:
        """Make the tables of some lists; those of others go if they are large.

        The list ``x`` has ``x_words``, of all different rows with their ``code``, and ``x_coded``,
        of ``site``, ``code`` and whether the row is known to be ``alone``, as in :meth:`mark`.
        """
        self.sites(week)
        if sum(self._taken.values()) > MOST_ROWS:
            self._drop(self._taken.keys() - set(columns))
        for column in columns:
            if column not in self._taken:
                of = next(each for each in self.columns if each.name == column)
                self._taken[column] = self._take(of, week)

    def texts(self, column: str) -> list[Column]:
        """The fields of a list's rows that ``x_words`` has: those that can be keys of a group."""
        (found,) = (each for each in self.columns if each.name == column)
        return [each for each in found.fields if each.type is Type.STRING]

    def mark(self, column: str, parts: str) -> None:
        """Find the rows of a list that are ``alone``: no other row of the site has their part.

        Args:
            column: the list; ``x_parts`` tells the part of each of its codes, as ``own``.
            parts: a statement for rows ``code, part`` of all its words.
        """
        if self.marked.get(column) == parts:
            return
        run, coded = self.connection.execute, f"{column}_coded"
        run(
            f"CREATE OR REPLACE TEMP TABLE {column}_parts AS SELECT code, "  # noqa: S608
            f"{ranked('part')} AS own FROM ({parts})"
        )
        run("CREATE OR REPLACE TEMP TABLE step (site INTEGER, code INTEGER, alone BOOLEAN)")
        for first, last in self.ranges([coded]):
            rows = (
                f"SELECT site, code, own FROM {coded} JOIN {column}_parts USING (code) "  # noqa: S608
                f"WHERE site BETWEEN {first} AND {last}"
            )
            run(
                f"INSERT INTO step SELECT site, code, more IS NULL FROM ({rows}) LEFT JOIN "  # noqa: S608
                f"(SELECT site, own, count(*) AS more FROM ({rows}) GROUP BY site, own "
                "HAVING count(*) > 1) USING (site, own)"
            )
        run(f"DROP TABLE {coded}")
        run(f"ALTER TABLE step RENAME TO {coded}")
        self.marked[column] = parts

    def ranges(self, origins: Iterable[str]) -> list[tuple[int, int]]:
        """The first and the last site of steps, each of about so many rows of some tables."""
        every = " UNION ALL ".join(f"SELECT site FROM {each}" for each in origins)  # noqa: S608
        return self.connection.execute(
            "SELECT min(site), max(site) FROM ("  # noqa: S608
            f"SELECT site, sum(count(*)) OVER (ORDER BY site) // {AT_ONCE} AS step "
            f"FROM ({every}) GROUP BY site) GROUP BY step"
        ).fetchall()

    def _take(self, column: Column, week: str) -> int:
        """Code a list, some sites at a time; return its rows."""
        words, last = f"{column.name}_words", self.sites(week)
        names = ", ".join(f"{quoted(each.name)} VARCHAR" for each in self.texts(column.name))
        run = self.connection.execute
        run(f"CREATE TEMP TABLE {words} (code INTEGER, {names})")
        run(f"CREATE TEMP TABLE {column.name}_coded (site INTEGER, code INTEGER, alone BOOLEAN)")
        first, sites, total = 1, _FEWEST, 0
        while first <= last:
            rows = self._rows(column.name, week, first, first + sites - 1)
            if first == 1:  # then most words are known, and few rows of a step have texts
                self._learn(column.name, rows)
            found = self._step(column.name, rows)
            first, total = first + sites, total + found
            sites = max(_FEWEST, min(_FASTER * sites, sites * AT_ONCE // max(found, 1)))
        return total

    def _rows(self, column: str, week: str, first: int, last: int) -> str:
        """A statement for the site and the texts of some sites' rows; a file is in their order."""
        names = ", ".join(f"r.{each} AS {each}" for each in self._names(column))
        ((low, high),) = self.connection.execute(
            f"SELECT min({SITE}), max({SITE}) FROM {COUNTED} WHERE site BETWEEN {first} AND {last}"  # noqa: S608
        ).fetchall()
        return (
            f"SELECT site, {names} FROM (SELECT site, unnest({quoted(column)}) AS r FROM {TABLE} "  # noqa: S608
            f"JOIN {COUNTED} USING ({SITE}) WHERE {WEEK} = {literal(week)} "
            f"AND {SITE} BETWEEN unhex('{low.hex()}') AND unhex('{high.hex()}'))"
        )

    def _step(self, column: str, rows: str) -> int:
        """Code the rows of some sites, and add the words that no other has had; count the rows."""
        names = self._names(column)
        known = " AND ".join(f"r.{name} IS NOT DISTINCT FROM w.{name}" for name in names)
        texts = "".join(f", CASE WHEN code IS NULL THEN r.{name} END AS {name}" for name in names)
        self.connection.execute(
            f"CREATE OR REPLACE TEMP TABLE step AS SELECT site, code{texts} "  # noqa: S608
            f"FROM ({rows}) AS r LEFT JOIN {column}_words AS w ON {known}"
        )
        self._learn(column, "FROM step WHERE code IS NULL")
        ((found,),) = self.connection.execute(
            f"INSERT INTO {column}_coded SELECT site, code, FALSE FROM step "  # noqa: S608
            "WHERE code IS NOT NULL UNION ALL SELECT site, w.code, FALSE "
            f"FROM (FROM step WHERE code IS NULL) AS r JOIN {column}_words AS w ON {known}"
        ).fetchall()
        return int(found)

    def _learn(self, column: str, rows: str) -> None:
        """Add the words of rows that have none yet."""
        names = ", ".join(self._names(column))
        self.connection.execute(
            f"INSERT INTO {column}_words SELECT (SELECT count(*) FROM {column}_words) "  # noqa: S608
            f"+ row_number() OVER (), * FROM (SELECT DISTINCT {names} FROM ({rows}))"
        )

    def _names(self, column: str) -> list[str]:
        return [quoted(each.name) for each in self.texts(column)]

    def _drop(self, columns: AbstractSet[str]) -> None:
        for column in columns:
            for each in ("words", "coded"):
                self.connection.execute(f"DROP TABLE {quoted(f'{column}_{each}')}")
            del self._taken[column]
            self.marked.pop(column, None)


def ranked(name: str) -> str:
    """The number of the values of a column, in their order."""
    return f"(dense_rank() OVER (ORDER BY {name}))::INTEGER"
