"""Translate a plan to SQL: the week's sites, the groups of each, their weights, and the sums.

The statement is built once, in BigQuery's dialect, and translated after every name is resolved with
the schema; otherwise aliases of UNNEST come out wrong. Each list of a report is reduced to its
distinct groups before it is joined with another one of the same report.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlglot import parse_one
from sqlglot.optimizer.qualify import qualify

from dropsonde.aggregation.engines.expressions import SITE, TABLE, brought, constant, majors, text
from dropsonde.aggregation.plan import Call, Operator, Shape, conditions, sources_of
from dropsonde.aggregation.privacy.unit import Unit
from dropsonde.aggregation.privacy.weights import LATTICE
from dropsonde.collector.store.parquet.schema import WEEK
from dropsonde.schema.model import Column, Mode, Type

if TYPE_CHECKING:
    from dropsonde.aggregation.plan import Expression, Plan

_BIGQUERY = {Type.INTEGER: "INT64", Type.FLOAT: "FLOAT64", Type.BOOLEAN: "BOOL"}


def translated(statement: str, dialect: str, schema: Sequence[Column], table: str = TABLE) -> str:
    """A statement of BigQuery's dialect in another.

    Args:
        statement: on the table.
        dialect: sqlglot's name of the engine's dialect.
        schema: the table's columns, including those that the week's condition names.
        table: its name.
    """
    columns = {column.name: _type(column) for column in schema}
    tree = parse_one(statement, dialect="bigquery")
    return qualify(tree, schema={table: columns}, dialect="bigquery").sql(dialect)


def in_week(week: str) -> str:
    """The condition that a report counts, in a table with a column for the week.

    A site counts from the second week in which it reports: sites that are made up cost time.
    """
    earlier = f"SELECT {SITE} FROM {TABLE} AS earlier WHERE earlier.{WEEK} < '{week}'"  # noqa: S608
    return f"{TABLE}.{WEEK} = '{week}' AND {TABLE}.{SITE} IN ({earlier})"


def counting_sites(sites: str) -> str:
    """The statement that counts a week's sites."""
    return f"SELECT COUNT(DISTINCT {TABLE}.{SITE}) AS sites FROM {TABLE} WHERE {sites}"  # noqa: S608


@dataclass(frozen=True)
class Counting:
    """The statement that counts a plan's groups, in BigQuery's dialect.

    Args:
        plan: what to count.
        unit: whose groups are weighed.
        sites: the condition for a report to count.
        among: key to the values that are counted; a key that is not here may have any.
    """

    plan: Plan
    unit: Unit
    sites: str
    among: Mapping[str, Collection[str | None]]

    def statement(self) -> str:
        """Rows ``k0…, sites, v0…``; sites and sums are in parts of a site."""
        keys = _list("k", self.plan.keys)
        sums = "".join(f", SUM(w * v{at}) AS v{at}" for at, _ in enumerate(self.plan.sums))
        return f"SELECT {keys}, SUM(w) AS sites{sums} FROM ({self.weighed()}) GROUP BY {keys}"  # noqa: S608 - ours, as all below

    def weighed(self) -> str:
        """Rows ``site, k0…, v0…, w``: each group of each site once, with its weight."""
        lists = (_list("k", self.plan.keys), _list("v", self.plan.sums))
        names = ", ".join(filter(None, ("site", *lists)))
        return f"SELECT {names}, {self.weight()} AS w FROM ({self._counted()})"  # noqa: S608

    def weight(self) -> str:
        """What a group counts for, by the numbers of groups ``n0…``."""
        shares = " * ".join(
            f"CASE WHEN {groups} <= {most} THEN 1 ELSE {most} / {groups} END"
            for most, groups in self._bounds()
        )
        return f"CAST(FLOOR({LATTICE} * SQRT({shares})) AS INT64)"

    def _bounds(self) -> Iterator[tuple[int, str]]:
        """Each bound, and the number of groups that it bounds."""
        bounds, shape = self.plan.bounds, self.plan.shape
        if self.unit is Unit.SITE:
            groups = {Shape.BESIDE: "(n0 * n1)", Shape.PAIR: "(DIV(n0 * (n0 - 1), 2))"}
            yield bounds.site, groups.get(shape, "n0")
        elif shape is Shape.BESIDE:
            yield from ((bounds.module, "n1"), (bounds.modules, "n0"))
        elif shape is Shape.PAIR:
            yield bounds.module, "(n0 - 1)"
        else:
            yield (bounds.site if shape is Shape.SITE else bounds.module), "n0"

    def _counted(self) -> str:
        """Rows ``site, k0…, v0…, n0…``: each group of each site once, and numbers of groups."""
        shape = self.plan.shape
        if shape is Shape.PAIR:
            rows = self._numbered(self._rows(0))
            return (
                f"SELECT a.site AS site, a.k0 AS k0, b.k0 AS k1, a.n0 AS n0 FROM ({rows}) AS a "  # noqa: S608
                f"JOIN ({rows}) AS b ON a.site = b.site AND a.k0 < b.k0"
            )
        if shape is Shape.BESIDE:
            keys, one, other = self._both(self._numbered)
            return (
                f"SELECT a.site AS site, {keys}, a.n0 AS n0, b.n0 AS n1 FROM ({one}) AS a "  # noqa: S608
                f"JOIN ({other}) AS b ON a.site = b.site"
            )
        rows = self._rows(0 if self.plan.sources else None)
        if len(self.plan.sources) > 1:
            keys, one, other = self._both(lambda rows: rows)
            rows = (
                f"SELECT {keys}, a.site AS site, a.part AS part FROM ({one}) AS a "  # noqa: S608
                f"JOIN ({other}) AS b ON a.site = b.site AND a.part = b.part"
            )
        return self._numbered(rows, "site, part" if self.by_module else "site")

    @property
    def by_module(self) -> bool:
        """Whether each module of a site is weighed by itself."""
        return self.unit is Unit.MODULE and self.plan.shape is Shape.MODULE

    def _numbered(self, rows: str, by: str = "site") -> str:
        """The same rows, with the number of groups that a site, or a part of it, has."""
        return f"SELECT *, COUNT(*) OVER (PARTITION BY {by}) AS n0 FROM ({rows})"  # noqa: S608

    def _both(self, change: Callable[[str], str]) -> tuple[str, str, str]:
        """The names of the columns of two lists, and the rows of the first and of the second."""
        keys = [key.expression for key in self.plan.keys]
        values = [each.value for each in self.plan.sums if each.value is not None]
        columns = (
            f"{'b' if _is_of(of, 1) else 'a'}.{letter}{at} AS {letter}{at}"
            for letter, every in (("k", keys), ("v", values))
            for at, of in enumerate(every)
        )
        return ", ".join(columns), change(self._rows(0)), change(self._rows(1))

    def _rows(self, source: int | None) -> str:
        """Rows ``site, part, k0…, v0…`` of a list of each report, or of the report itself.

        A site has one row for each group; ``part`` names its module, if it has one.
        """
        groups = ["site", *self.names(source)]
        sums = [
            f"{brought(each)} AS v{at}"
            for at, each in enumerate(self.plan.sums)
            if each.value is not None and _is_of(each.value, source)
        ]
        unnest = (
            ""
            if source is None
            else f" CROSS JOIN UNNEST({self.plan.sources[source]}) AS s{source}"
        )
        counted = f"{self.sites} AND {TABLE}.{SITE} IS NOT NULL"
        rows = self.grouped(source, f"{TABLE}.{SITE} AS site", f"{TABLE}{unnest}", counted, sums)
        return f"{rows} GROUP BY {_list('', groups, 1)}"

    def names(self, source: int | None) -> list[str]:
        """The columns that tell the groups of a list: ``part``, if they have one, and keys."""
        part = ["part"] if source is not None and source < len(self.plan.modules) else []
        keys = (f"k{at}" for at, key in enumerate(self.plan.keys) if _is_of(key.expression, source))
        return [*part, *keys]

    def grouped(
        self, source: int | None, first: str, origin: str, where: str, sums: Sequence[str] = ()
    ) -> str:
        """Rows of a list that are counted, with :meth:`names`; before grouping.

        Args:
            source: its index; None for the report itself.
            first: a column before these.
            origin: FROM; it has the list's rows as ``s0…``.
            where: a condition for rows.
            sums: columns after these.
        """
        plan, columns, conditions_ = self.plan, [first], [where]
        if source is not None and source < len(plan.modules):
            columns.append(f"{text(plan.modules[source])} AS part")
        for at, key in enumerate(plan.keys):
            of = key.expression
            if not _is_of(of, source):
                continue
            columns.append(f"{text(of)} AS k{at}")
            if key.name in self.among:
                conditions_.append(_is_one_of(text(of), self.among[key.name]))
            if isinstance(of, Call) and of.operator is Operator.MAJORS:
                origin += f" CROSS JOIN {majors(of.arguments[0])}"
        conditions_ += [text(each) for each in conditions(plan.filter) if _is_of(each, source)]
        return (
            f"SELECT {', '.join((*columns, *sums))} FROM {origin} "  # noqa: S608
            f"WHERE {' AND '.join(conditions_)}"
        )


def _is_one_of(key: str, words: Collection[str | None]) -> str:
    every = ", ".join(constant(each).sql("bigquery") for each in words if each is not None)
    parts = [f"{key} IN ({every})"] if every else []
    parts += [f"{key} IS NULL"] if None in words else []
    return f"({' OR '.join(parts) or 'FALSE'})"


def _is_of(of: Expression, source: int | None) -> bool:
    """Whether an expression belongs to a list; the report's own ones belong to the first."""
    return (sources_of(of) or {0}) == {source or 0}


def _list(letter: str, every: Sequence[object], first: int = 0) -> str:
    return ", ".join(f"{letter}{at}" for at, _ in enumerate(every, first))


def _type(column: Column) -> str:
    """A column's type in BigQuery."""
    single = _BIGQUERY.get(column.type, column.type.value)
    if column.fields:
        fields = ", ".join(f"`{field.name}` {_type(field)}" for field in column.fields)
        single = f"STRUCT<{fields}>"
    return f"ARRAY<{single}>" if column.mode is Mode.REPEATED else single
