"""Each site's contributions, computed within its report's lists: DuckDB's fast path.

The statement that all engines share unnests reports and regroups each site's rows, as it cannot
know that a week has one report per site. If it has, a site's groups are computed within its report,
one report after the other, and contributions are sampled only for sites that have too many. Plans
without a fast path use the shared statement.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlglot import exp

from dropsonde.aggregation.engines.duckdb.keys import (
    are_distinct,
    at_home,
    distinct,
    field_of,
    home,
    text,
)
from dropsonde.aggregation.engines.sql import (
    SITE,
    expression,
    sampled_parts,
    sampling_order,
    within_bounds,
)
from dropsonde.collector.store.parquet.schema import quoted

if TYPE_CHECKING:
    from dropsonde.aggregation.plan import Expression, Plan
    from dropsonde.schema.model import Column

ODD = "odd"
_PARTS = 2  # of the sampled texts, before the keys: the salt and the site
_ITEMS = "items"


@dataclass(frozen=True)
class Lists:
    """The statements for a plan.

    Args:
        plan: what to count.
        schema: the table's columns.
        origin: FROM and WHERE; it gives the week's reports, one per site.
        salt: of the contribution sampling.
    """

    plan: Plan
    schema: Sequence[Column]
    origin: str
    salt: str

    @property
    def measures(self) -> tuple[int, ...]:
        """The indexes of the measures that are sums or averages."""
        return tuple(at for at, each in enumerate(self.plan.measures) if each.value is not None)

    def plain(self) -> str:
        """All rows ``k0…, v0…`` of a plan without sources: a report is in one group."""
        names = [f"{text(key.expression)} AS k{at}" for at, key in enumerate(self.plan.keys)]
        names += [f"{value} AS v{at}" for at, value in self._values()]
        where = f" AND {text(self.plan.filter)}" if self.plan.filter else ""
        return f"SELECT {', '.join(names)} {self.reports('TRUE')}{where}"

    def bounded(self) -> str:
        """All rows ``k0…, v0…`` of a plan with one source, each site's within its bound.

        A site with several rows of one group, whose values would have to be merged, gives a single
        row, with its id as :data:`ODD`.
        """
        most = self.plan.contributions
        keys = [exp.column(f"k{at}", table="item") for at in range(len(self.plan.keys))]
        order = text(sampling_order(self._sampled_parts("site", keys)))
        drawn = (
            f"list_transform(list_sort(list_transform({_ITEMS}, lambda item: "
            f"struct_pack(rank := {order}, item := item)))[1:{most}], lambda drawn: drawn.item)"
        )
        within = f"CASE WHEN len({_ITEMS}) <= {most} THEN {_ITEMS} ELSE {drawn} END"
        names = [f"item.k{at} AS k{at}" for at in range(len(self.plan.keys))]
        names += [f"item.v{at} AS v{at}" for at in self.measures]
        return (
            f"SELECT {', '.join(names)}, CASE WHEN item IS NULL THEN site END AS {ODD} "  # noqa: S608 - ours
            f"FROM (SELECT site, unnest({within}) AS item "
            f"FROM (SELECT site, {self.once(_ITEMS)} AS {_ITEMS} "
            f"FROM (SELECT {SITE} AS site, {self.items(0)} AS {_ITEMS} {self.reports('TRUE')})))"
        )

    def reports(self, which: str) -> str:
        """FROM and WHERE: the week's reports of some sites."""
        return f"{self.origin} AND {which}"

    def items(self, source: int, *, named: bool = False) -> str:
        """The rows of a source, each as a struct of its keys ``k0…`` and values.

        Args:
            source: its index.
            named: add each key's text ``t0…``, which sampling hashes.
        """
        rows, texts = quoted(self.plan.sources[source]), self.names()
        parts = [f"k{n} := {text(at_home(key))}" for n, (_, key) in enumerate(self.keys_of(source))]
        if named:
            parts += [f"t{n} := {texts[at]}" for n, (at, _) in enumerate(self.keys_of(source))]
        parts += [f"v{at} := {value}" for at, value in self._values()]
        if self.plan.filter and len(self.plan.sources) == 1:
            rows = f"list_filter({rows}, lambda s0: {text(self.plan.filter)})"
        return (
            f"list_transform({rows}, lambda s0: struct_pack({', '.join(parts or ['k := TRUE'])}))"
        )

    def keys_of(self, source: int) -> list[tuple[int, Expression]]:
        """The keys that a source's items hold, with their indexes among all keys."""
        keys = enumerate(key.expression for key in self.plan.keys)
        return [(at, key) for at, key in keys if home(key) == source]

    def once(self, items: str, source: int = 0, *, named: bool = False) -> str:
        """The items of a source, no keys twice; ``named`` as in :meth:`items`."""
        keys = [key for _, key in self.keys_of(source)]
        column = next(each for each in self.schema if each.name == self.plan.sources[source])
        fields = [field.name for field in column.fields]
        leads = [field_of(key) for key in keys] == fields[: len(keys)]
        names = [f"k{n}" for n in range(len(keys))]
        if not self.measures:
            return distinct(items, [] if named else names, ordered=leads)
        return f"CASE WHEN {are_distinct(items, names, ordered=leads)} THEN {items} ELSE [NULL] END"

    def begun(self) -> str:
        """The beginning of the texts that sampling hashes, for each report."""
        parts = self._sampled_parts(SITE)[:_PARTS]
        return text(exp.Concat(expressions=parts, safe=False, coalesce=False))

    def names(self) -> list[str]:
        """The rest of those texts: one for each key."""
        return [text(part) for part in self._sampled_parts(SITE)[_PARTS:]]

    def _sampled_parts(self, site: str, keys: Sequence[exp.Expr] | None = None) -> list[exp.Expr]:
        """The texts that sampling hashes; ``keys`` default to the plan's expressions."""
        made = keys or [expression(at_home(key.expression)) for key in self.plan.keys]
        return sampled_parts(self.plan, exp.Literal.string(self.salt), exp.column(site), made)

    def _values(self) -> list[tuple[int, str]]:
        return [(at, text(within_bounds(self.plan.measures[at]))) for at in self.measures]
