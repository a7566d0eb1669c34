"""A second witness for what the guard lets through: sqlglot's own lineage.

It follows each output, and each filter, of an accepted query's own text to the columns that it is
made of. The site's id stands in the one COUNT(DISTINCT) alone; no other identifier stands anywhere.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
import sqlglot
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlglot import exp
from sqlglot.lineage import lineage

from dropsonde.aggregation.engines.expressions import TABLE
from dropsonde.aggregation.engines.sql import Counting, _type
from dropsonde.aggregation.plan import Constant, Expression, Plan, conditions, leaves
from dropsonde.aggregation.privacy.unit import Unit
from dropsonde.aggregation.query import load
from tests.unit.aggregation.engines.queries import accepted, queries
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
@given(queries())
def test_nor_one_of_whatever_the_guard_lets_through(text: str) -> None:
    accepted(text)
    assert named_by(text) == {counted(text): {"site_id"}}


def constants(of: Expression) -> set[str]:
    """The texts of an expression that its author wrote."""
    return {str(leaf.value) for leaf in leaves(of) if isinstance(leaf, Constant)}


def without_author(plan: Plan) -> Plan:
    """The same plan without any word that its author chose, apart from constants."""
    keys = tuple(replace(key, name=f"x{at}", description="") for at, key in enumerate(plan.keys))
    measures = tuple(replace(each, name="x", description="") for each in plan.measures)
    return replace(plan, name="x", title="", description="", keys=keys, measures=measures)


@settings(deadline=None)
@given(queries(), st.sampled_from(Unit))
def test_no_text_of_the_author_reaches_an_engine_but_constants(text: str, unit: Unit) -> None:
    plan = accepted(text)
    sql = Counting(plan, unit, "TRUE", {}).statement()
    assert sql == Counting(without_author(plan), unit, "TRUE", {}).statement()
    roots = [*(key.expression for key in plan.keys), *conditions(plan.filter)]
    written = set().union(*map(constants, roots))
    ours = {"", ".", "::", "-", "^>= ([0-9]+)", "< ([0-9]+)"}
    found = sqlglot.parse_one(sql, dialect="bigquery").find_all(exp.Literal)
    assert {each.this for each in found if each.is_string} <= written | ours


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
