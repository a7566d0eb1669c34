"""A second witness for what the guard lets through: sqlglot's own lineage.

It follows each output, and each filter, of an accepted query's own text to the columns that it is
made of. The site's id stands in the one COUNT(DISTINCT) alone; no other identifier stands anywhere.
"""

from __future__ import annotations

import pytest
import sqlglot
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlglot import exp
from sqlglot.lineage import lineage

from dropsonde.aggregation.engines.sql import TABLE, _type
from dropsonde.aggregation.query import load
from tests.unit.aggregation.engines.queries import queries
from tests.unit.aggregation.guard.judged import judged
from tests.unit.collector.intake.reports import NEWEST

IDENTIFIERS = {"site_id", "message_id", "ip", "timestamp"}
SCHEMA = {TABLE: {column.name: _type(column) for column in NEWEST}}
SHIPPED = {query.name: query.sql for query in load()}


def origins(name: str, sql: str) -> set[str]:
    """The table's columns that an output is made of."""
    found = lineage(name, sql, schema=SCHEMA, dialect="bigquery")
    nodes = (node for node in found.walk() if isinstance(node.source, exp.Table))
    return {node.name.rpartition(".")[2] for node in nodes}


def parsed(sql: str) -> exp.Select:
    return sqlglot.parse_one(sql, dialect="bigquery", into=exp.Select)


def named_by(sql: str) -> dict[str, set[str]]:
    """Output to the identifiers that it is made of; the filter is an output, too, ``filter``."""
    tree = parsed(sql)
    outputs = [select.alias_or_name for select in tree.selects]
    where = tree.args.get("where")
    if where is not None:
        tree = tree.select(exp.alias_(where.this.copy(), "filter"))
        outputs.append("filter")
    text = tree.sql("bigquery")
    return {name: found for name in outputs if (found := origins(name, text) & IDENTIFIERS)}


def counted(sql: str) -> str:
    """The output that counts sites."""
    (name,) = [
        select.alias_or_name
        for select in parsed(sql).selects
        if isinstance(select.unalias(), exp.Count)
        and isinstance(select.unalias().this, exp.Distinct)
    ]
    return str(name)


@pytest.mark.parametrize("name", SHIPPED)
def test_no_identifier_reaches_an_output_of_ours(name: str) -> None:
    sql = SHIPPED[name]
    assert named_by(sql) == {counted(sql): {"site_id"}}


@settings(deadline=None)
@given(sql=queries(), bound=st.integers(1, 8))
def test_nor_one_of_whatever_the_guard_lets_through(sql: str, bound: int) -> None:
    assert judged(sql, bound=bound).plan is not None
    assert named_by(sql) == {counted(sql): {"site_id"}}


@pytest.mark.parametrize("name", sorted(IDENTIFIERS))
@pytest.mark.parametrize(
    "sql",
    [
        "SELECT {} AS k, COUNT(DISTINCT site_id) AS sites FROM community_metrics GROUP BY k",
        """SELECT environment_count AS k, COUNT(DISTINCT site_id) AS sites
           FROM community_metrics WHERE LENGTH(CAST({} AS STRING)) > 3 GROUP BY k""",
        """SELECT m.slug AS k, COUNT(DISTINCT site_id) AS sites,
             SUM(LENGTH(CAST({} AS STRING))) AS n
           FROM community_metrics, UNNEST(modules) AS m GROUP BY k""",
    ],
)
def test_the_witness_sees_what_the_guard_refuses(sql: str, name: str) -> None:
    sql = sql.format(name)
    assert judged(sql).plan is None
    assert any(name in found for output, found in named_by(sql).items() if output != "sites")
