"""A reason points at the part that it is about: at its first word, as an editor counts columns."""

from __future__ import annotations

import pytest

from dropsonde.aggregation.guard import judge
from dropsonde.aggregation.query import LINE_END, read
from tests.unit.collector.intake.reports import NEWEST

HEAD = "-- T\n--\n-- D.\n--\n-- v: V.\n-- sites: S.\n"
SHORT = {  # the words of PLACED that stand for what each query needs
    "BY_V": "SITES FROM community_metrics GROUP BY v",
    "OF_MC": "OF_M, UNNEST(classes) AS c",
    "OF_M": "SITES FROM community_metrics, UNNEST(modules) AS m",
    "SITES": "COUNT(DISTINCT site_id) AS sites",
    "HUGE": "9" * 5000,
    "LONG": "a" * 5000,
    "MANY": "1, " * 497,
    "NESTED": "STRUCT(" * 20,
    "DEEP": "- " * 38,
    "LINK": "AND m.name = SPLIT(c.name, '::')[OFFSET(0)] GROUP BY",
}
# A query with a ^ where the reason points, and what the reason says.
PLACED = [
    ("SELECT ^ip AS v, BY_V", "ip tells one report from another"),
    ("SELECT\n\t\t^ip AS v, BY_V", "ip tells"),
    ("SELECT\r\n  ^ip AS v, BY_V", "ip tells"),
    ("SELECT -- ip\r  ^ip AS v, BY_V", "ip tells"),
    ("SELECT /* \u4e2d\U0001f600\n\u00e9 */ ^ip AS v, BY_V", "ip tells"),
    ("SELECT LEAST(^ip, 1) AS v, BY_V", "ip tells"),
    # what the parser gives no position
    ("SELECT ^SPLIT(m.version, '.')[0] AS v, OF_M GROUP BY v", "only the first part of a version"),
    ("SELECT m.slug AS v, ^SPLIT(m.version, '.')[SAFE_OFFSET(0)] AS w, OF_M", "SAFE_OFFSET cannot"),
    ("SELECT SPLIT(^version, '.', '.')[OFFSET(0)] AS v, BY_V", "too many arguments of SPLIT"),
    ("SELECT ^DIV(LEAST(ARRAY_LENGTH(modules), 9), 2, 3) AS v, BY_V", "too many arguments of DIV"),
    ("SELECT ^MAJORS(version) AS v, BY_V", "MAJORS takes a range of versions"),
    ("SELECT ^MINORS(version) AS v, BY_V", "this function cannot be used here"),
    # keys, joins and sums
    ("SELECT ^version AS v, BY_V", "version has no published vocabulary"),
    ("SELECT ^environment_count AS v, BY_V", "no more than 10,000 values"),
    ("SELECT ^LEAST(ARRAY_LENGTH(agents), 9) AS v, BY_V", "only a number of modules or classes"),
    ("SELECT ^m.slug AS week_v, OF_M GROUP BY 1", "a release has that name"),
    ("SELECT m.slug AS v, ^m.slug AS w, OF_M GROUP BY v", "two keys are the same"),
    ("SELECT m.slug AS v, ^LEAST(environment_count, 9) AS n, OF_M GROUP BY v, n", "no key beside"),
    ("^SELECT m.version AS v, OF_M GROUP BY v", "is a key by itself"),
    ("SELECT m.slug AS v, OF_M, ^UNNEST(classes) AS c GROUP BY v", "two lists are joined as"),
    (
        "SELECT m.slug AS v, c.name AS w, OF_MC ^WHERE m.slug < c.name LINK 1, 2",
        "a condition is on keys of one list",
    ),
    ("SELECT ^DIV(1, 2) AS v, BY_V", "a constant names no group"),
    ("SELECT ^SPLIT(version, '.')[ORDINAL(1)] AS v, BY_V", "ORDINAL cannot be used"),
    ("SELECT ^SPLIT(version)[OFFSET(0)] AS v, BY_V", "only the first part"),
    ("SELECT ^[1, 2] AS v, BY_V", "ARRAY cannot be used here"),
    ("SELECT ^NOT version AS v, BY_V", "this cannot name a group"),
    ("SELECT version AS v, SITES FROM community_metrics, UNNEST(^(modules)) AS m", "repeated"),
    ("SELECT ^* FROM community_metrics GROUP BY 1", "* cannot be used here"),
    ("SELECT ^CASE WHEN TRUE THEN 1 END AS v, BY_V", "CASE cannot be used here"),
    ("SELECT ^INTERVAL 1 DAY AS v, BY_V", "INTERVAL cannot be used here"),
    ("SELECT ^(SELECT 1) AS v, BY_V", "a query in the query cannot be used here"),
    ("SELECT ^@x AS v, BY_V", "a parameter cannot be used here"),
    ("SELECT ^SAFE.DIV(1, 2) AS v, BY_V", "cannot be used here"),
    ("SELECT version + ^- -1 AS v, BY_V", "this cannot name a group"),
    ("SELECT ^- HUGE AS v, BY_V", "only whole numbers up to"),
    ("SELECT m.slug AS v, OF_M WHERE NOT NOT ^m.slug = 1 GROUP BY v", "a string is compared"),
    (
        "SELECT m.slug AS v, OF_M WHERE m.slug = 'a' AND NOT (^m.slug) GROUP BY v",
        "not a condition",
    ),
    ("SELECT m.slug AS v, OF_M WHERE m.slug IS ^TRUE GROUP BY v", "TRUE or FALSE cannot"),
    ("SELECT m.slug AS v, OF_M WHERE m.slug = ^NULL GROUP BY v", "this cannot name a group"),
    ("SELECT m.slug AS v, OF_M WHERE ^1 = 1 GROUP BY v", "a condition is about a key"),
    # clauses
    ("SELECT ^DISTINCT version AS v, BY_V", "DISTINCT cannot be used in SELECT"),
    ("^SELECT AS STRUCT version AS v, BY_V", "SELECT AS cannot be used"),
    ("^SELECT version AS v FROM community_metrics GROUP BY v", "one output is COUNT(DISTINCT"),
    ("^SELECT version AS v, SITES", "FROM community_metrics is missing"),
    ("SELECT SITES FROM community_metrics ^GROUP BY ALL", "there is no key"),
    ("^WITH t AS (SELECT 1) SELECT version AS v, BY_V", "WITH cannot be used"),
    ("SELECT version AS v, BY_V ^HAVING v > 1", "HAVING cannot be used"),
    ("SELECT version AS v, BY_V ^ORDER BY v", "ORDER cannot be used"),
    ("SELECT version AS v, BY_V ^LIMIT 5", "LIMIT cannot be used"),
    ("SELECT version AS v, BY_V, ^ROLLUP(v)", "ROLLUP cannot be used"),
    ("SELECT version AS v, BY_V, ^HUGE", "only whole numbers up to"),
    ("SELECT version AS v, SITES FROM ^other GROUP BY v", "only the table"),
    ("SELECT version AS v, SITES FROM ^(SELECT 1) GROUP BY v", "only the table"),
    ("SELECT m.slug AS v, OF_M, ^other GROUP BY v", "only UNNEST"),
    ("SELECT m.slug AS v, OF_M ^LEFT JOIN UNNEST(classes) AS c ON TRUE GROUP BY v", "JOIN"),
    ("SELECT m.slug AS v, OF_M, ^UNNEST(classes) GROUP BY v", "give the rows one name"),
    ("SELECT m.slug AS v, OF_M, UNNEST(classes) AS ^m GROUP BY v", "rows cannot be called m"),
    ("SELECT version AS v, BY_V |> LIMIT 5^", "this cannot be read as SQL"),
    # what is no SQL
    ("SELECT LEAST(version ^AS v, BY_V", "expected ) before AS"),
    ("SELECT version AS v, SITES FROM ^GROUP BY v", "expected a table's name before GROUP BY"),
    ("SELECT version AS v FROM^", "expected a table's name before the end"),
    ("SELECT version AS v, ^'SITES FROM", "what is opened here is not closed"),
    ("SELECT version AS v, BY_V ^'''a''", "what is opened here is not closed"),
    ("SELECT version AS v, MANY 1^, BY_V", "the query is too hard to read: at most 1,000 words"),
    ("SELECT NESTED^1", "the query is too hard to read"),
    ("SELECT DEEP^- version AS v, BY_V", "nested too deep"),
    ("SELECT ^COUNT() AS v, BY_V", "COUNT(DISTINCT site_id) alone is counted"),
    ("SELECT SPLIT(^) AS v, BY_V", "something is missing before )"),
    ("SELECT version AS v, BY_V ^LONG b", "unexpected aaa"),
    ("SELECT version AS v, BY_V\n^)", "unexpected )"),
    ("SELECT version AS v, BY_V; ^DROP TABLE t", "a query is one SELECT"),
    ("^; SELECT version AS v, BY_V", "there is nothing before this semicolon"),
    ("SELECT version AS v, BY_V;^;", "there is nothing before this semicolon"),
    ("SELECT version AS v^\x0c, BY_V", "an unprintable character, U+000C: remove it"),
]


def whole(sql: str) -> str:
    for word, meaning in SHORT.items():
        sql = sql.replace(word, meaning)
    return HEAD + sql


@pytest.mark.parametrize(("marked", "said"), PLACED)
def test_a_reason_points_at_its_part(marked: str, said: str) -> None:
    before, after = whole(marked).split("^")
    lines = LINE_END.split(before)
    place = (len(lines), len(lines[-1]) + 1)
    reasons = judge(read("query", before + after), NEWEST).reasons
    assert any(said in each.text for each in reasons if (each.line, each.column) == place), reasons


def test_the_parsers_messages_are_plain() -> None:
    for sql in ("SELECT (", "SELECT CAST(1", "SELECT '", "SELECT f(", "x", "SELECT DATE_TRUNC()"):
        (reason, *others) = judge(read("query", HEAD + sql), NEWEST).reasons
        assert not others
        assert reason.text.isprintable()
        assert not {"<", "class", "Token", "keyword"} & set(reason.text.replace("'", " ").split())


def test_a_long_name_is_quoted_in_part() -> None:
    for name in ("a" * 9000, "`" + "a " * 4000 + "`", "`a\nb`"):
        reasons = judge(read("query", whole(f"SELECT {name} AS v, BY_V")), NEWEST).reasons
        (text,) = (each.text for each in reasons if each.text.startswith("there is no column"))
        assert text.isprintable()
        assert len(text) <= 300
