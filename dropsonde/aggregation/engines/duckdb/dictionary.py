"""Lists that plans name several times: read once, with their strings encoded as an ENUM.

Reading, comparing and grouping strings takes most of the time of counting. DuckDB's ENUM replaces a
string in any statement, but is compared and grouped as an integer. Its values are in the order of
the strings, so both comparisons agree.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from dropsonde.aggregation.engines.sql import SITE, TABLE
from dropsonde.aggregation.plan import Length, Value, leaves
from dropsonde.collector.store.parquet.schema import WEEK, literal, quoted
from dropsonde.schema.model import Type

if TYPE_CHECKING:
    import duckdb

    from dropsonde.aggregation.plan import Expression, Plan
    from dropsonde.schema.model import Column

MOST = 1_000_000  # distinct strings; they stay in memory as long as the connection is open
_WORDS, _LISTS = "words", "lists"


@dataclass(frozen=True)
class Taken:
    """The source of a week's reports for some plans.

    Attributes:
        origin: FROM and WHERE; it has one row per report with a site id.
        fields: the lists that it has besides the site's id, and the fields of their rows; None
            if it has all.
    """

    origin: str
    fields: Mapping[str, Sequence[str]] | None = None

    def has(self, plan: Plan) -> bool:
        """Whether it has all columns and fields that a plan names."""
        if self.fields is None:
            return True
        return all(
            column in self.fields and name in (None, *self.fields[column])
            for column, name in named(plan)
        )


def whole(week: str) -> Taken:
    """A week's reports, read from the view itself."""
    return Taken(f"FROM {TABLE} WHERE {WEEK} = {literal(week)} AND {SITE} IS NOT NULL")


def taken(
    connection: duckdb.DuckDBPyConnection,
    plans: Sequence[Plan],
    schema: Sequence[Column],
    week: str,
) -> Taken | None:
    """Make a table of the lists that the plans name several times.

    Args:
        connection: to the view; a temporary table there replaces the last one.
        plans: those that will be counted.
        schema: the view's columns.
        week: as ``2026-W47``.

    Returns:
        None if there is no such list, or it has no strings or more than :data:`MOST`.
    """
    shared, origin, run = _shared(plans, schema), whole(week).origin, connection.execute
    run(f"DROP TABLE IF EXISTS {_LISTS}; DROP TYPE IF EXISTS {_WORDS}")
    words = list(_words(shared, origin))
    if not words:
        return None
    each = " UNION ALL ".join(words)
    run(f"CREATE OR REPLACE TEMP TABLE found AS SELECT DISTINCT word FROM ({each})")  # noqa: S608 - ours, as below
    (number,) = run("SELECT count(word) FROM found").fetchone() or (0,)
    if not 0 < number <= MOST:
        return None
    ordered = "SELECT word FROM found WHERE word IS NOT NULL ORDER BY word"
    run(f"CREATE TYPE {_WORDS} AS ENUM ({ordered})")
    lists = "".join(f", {_list(column, fields)}" for column, fields in shared.items())
    run(f"CREATE TEMP TABLE {_LISTS} AS SELECT {SITE}{lists} {origin}")
    names = {column: [field.name for field in fields] for column, fields in shared.items()}
    return Taken(f"FROM {_LISTS} AS {TABLE} WHERE TRUE", names)


def _words(shared: Mapping[str, Sequence[Column]], origin: str) -> Iterator[str]:
    """Statements that give all strings of lists; each list is read once."""
    for column, fields in shared.items():
        strings = [quoted(field.name) for field in fields if field.type is Type.STRING]
        if strings:
            rows = f"SELECT unnest({quoted(column)}, recursive := true) {origin}"
            rows = f"SELECT DISTINCT {', '.join(strings)} FROM ({rows})"  # noqa: S608 - ours, as below
            yield f"SELECT unnest([{', '.join(strings)}]) AS word FROM ({rows})"  # noqa: S608


def _list(column: str, fields: Sequence[Column]) -> str:
    """A list with these fields of its rows, strings as ENUM."""
    parts = (
        f"{quoted(field.name)} := row.{quoted(field.name)}"
        + (f"::{_WORDS}" if field.type is Type.STRING else "")
        for field in fields
    )
    packed = f"struct_pack({', '.join(parts)})"
    return f"list_transform({quoted(column)}, lambda row: {packed}) AS {quoted(column)}"


def named(plan: Plan) -> set[tuple[str, str | None]]:
    """The columns that a plan names, each with a field of its rows, or with None for the whole."""
    roots: list[Expression] = [key.expression for key in plan.keys]
    roots += [each.value for each in plan.measures if each.value is not None]
    roots += [plan.filter] if plan.filter is not None else []
    names: set[tuple[str, str | None]] = {(column, None) for column in plan.sources}
    for leaf in chain.from_iterable(map(leaves, roots)):
        if isinstance(leaf, Length):
            names.add((leaf.column, None))
        elif isinstance(leaf, Value):
            inner = leaf.source is not None
            names.add((plan.sources[leaf.source or 0], leaf.name) if inner else (leaf.name, None))
    return names


def _shared(plans: Sequence[Plan], schema: Sequence[Column]) -> dict[str, list[Column]]:
    """The lists that plans name several times, with the fields that plans name."""
    times = Counter(column for plan in plans for column in plan.sources)
    wanted = set().union(*map(named, plans))
    fields = {
        column.name: [field for field in column.fields if (column.name, field.name) in wanted]
        for column in schema
        if times[column.name] > 1
    }
    return {column: found for column, found in fields.items() if found}
