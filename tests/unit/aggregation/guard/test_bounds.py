"""Queries that were made to keep the guard busy are refused, with their reason, and at once."""

from __future__ import annotations

import pytest
import sqlglot

from dropsonde.aggregation.guard.parsing import (
    MOST_PIPES,
    MOST_WORDS,
    STEPS,
    TooMuchWorkError,
    _Parser,
    parse,
)
from dropsonde.aggregation.query import load
from tests.support.bounded import bounded
from tests.unit.aggregation.guard.judged import judged

TOO_HARD = "the query is too hard to read: at most 1,000 words, and little nesting"
JUDGE = """
from dropsonde.aggregation.guard import judge
from dropsonde.aggregation.query import read
from tests.unit.collector.intake.reports import NEWEST
for line in data.splitlines():
    verdict = judge(read("query", line.decode()), NEWEST)
    assert verdict.plan is None
    print(*verdict.reasons)
"""
# Each doubles the work of the one around it, with or without its end.
DOUBLING = ["STRUCT(", "DATE(", "NUMERIC(", "DECIMAL(", "OBJECT(", "UNION(", "RECORD(", "TIME("]
# As many as the budget lets through, one beside the other or within each other.
MANY = ["1, ", "*, ", "a, ", "k AS k, ", "f(1), ", "NULL, ", "- ", "NOT ", "(", "a IN (", "a OR "]


@pytest.mark.parametrize("ends", [True, False])
def test_nesting_that_doubles_the_work(*, ends: bool) -> None:
    lines = [
        f"SELECT {word * depth}1{')' * depth * ends}"
        for word in DOUBLING
        for depth in (20, 60, 300)
    ]
    said = bounded(JUDGE, "\n".join(lines).encode()).splitlines()
    assert len(said) == len(lines)
    if ends:
        refused = [TOO_HARD in line for line in said]
        assert sum(refused) > len(said) / 2


def test_a_query_of_many_words() -> None:
    lines = []
    for word in MANY:
        times = (MOST_WORDS - 20) // (len(sqlglot.tokenize(word, dialect="bigquery")))
        much = word * times + "1"
        lines.append(f"SELECT {much} FROM community_metrics GROUP BY 1")  # noqa: S608 - not run
        lines.append(f"SELECT a AS k FROM community_metrics GROUP BY {much}")  # noqa: S608 - not run
    assert len(bounded(JUDGE, "\n".join(lines).encode()).splitlines()) == len(lines)


def test_one_word_too_many_is_refused_before_it_is_parsed() -> None:
    assert TOO_HARD in str(judged(f"SELECT {'1, ' * (MOST_WORDS // 2)}1").reasons[0])
    with pytest.raises(TooMuchWorkError, match="too many words"):
        parse("1 " * (MOST_WORDS + 1))


def test_one_pipe_too_many_is_refused_before_it_is_parsed() -> None:
    assert len(parse("SELECT 1" + " |> SELECT 1" * MOST_PIPES)) == 1
    with pytest.raises(TooMuchWorkError, match="too many pipes"):
        parse("SELECT 1" + " |> SELECT 1" * (MOST_PIPES + 1))


def test_our_own_queries_take_a_small_part_of_the_budget() -> None:
    for query in load():
        words = sqlglot.tokenize(query.sql, dialect="bigquery")
        parser = _Parser(dialect="bigquery")
        parser.left = STEPS * len(words)
        parser.parse(words, query.sql)
        assert len(words) < MOST_WORDS / 10
        assert parser.left > STEPS * len(words) * 0.9
