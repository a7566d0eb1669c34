"""What the guard lets through, and what it refuses, each with its place."""

from __future__ import annotations

import pytest

from dropsonde.aggregation.guard import Reason, judge
from dropsonde.aggregation.plan import Bounds
from dropsonde.aggregation.query import Query, load, read
from tests.unit.aggregation.guard.judged import HOSTILE, Hostile, hostile, judged, shipped
from tests.unit.collector.intake.reports import NEWEST

FROM = "COUNT(DISTINCT site_id) AS sites FROM community_metrics"
SQL = f"SELECT LEAST(environment_count, 9) AS v, {FROM} GROUP BY v"


@pytest.mark.parametrize("query", load(), ids=lambda query: query.name)
def test_our_own_queries_are_accepted_and_described(query: Query) -> None:
    verdict = judge(query, NEWEST, {plan.name: plan for plan in shipped()})
    assert verdict.reasons == ()
    assert verdict.plan is not None
    assert all(key.description for key in verdict.plan.keys)
    assert all(each.description for each in verdict.plan.measures)
    assert sum(each.value is None for each in verdict.plan.measures) == 1
    assert not verdict.plan.sums


def test_there_are_more_than_a_hundred_and_fifty_hostile_queries() -> None:
    text = HOSTILE.read_text()
    assert len(hostile()) > 150
    assert text.count(";\n") == len(hostile())


@pytest.mark.parametrize("query", hostile(), ids=lambda query: query.sql[:70])
def test_a_hostile_query_is_refused_for_the_right_reason(query: Hostile) -> None:
    verdict = judged(query.sql)
    assert verdict.plan is None
    assert any(query.reason in reason.text for reason in verdict.reasons), verdict.reasons
    for reason in verdict.reasons:
        assert reason.line >= 1
        assert reason.column >= 1
        assert "\n" not in reason.text


def test_the_same_query_without_its_fault_is_accepted() -> None:
    assert judged(SQL).plan is not None


def test_a_reason_has_the_place_of_what_is_wrong() -> None:
    sql = SQL.replace("9) AS v", "9) AS v,\n  ip AS address")
    (place,) = [reason for reason in judged(sql).reasons if "from another" in reason.text]
    assert str(place) == "9:3: ip tells one report from another"


NUMBERS = ("contributions", "module_contributions", "modules_beside", "share")


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize(
    "number",
    ["0", "-1", "1001", "many", "9" * 5000, "1e3", "\u0661", ""],
    ids=lambda text: text[:9],
)
def test_a_setting_that_is_no_number(name: str, number: str) -> None:
    verdict = judged(SQL, "share: 5", f"{name}: {number}")
    assert verdict.reasons == (Reason(8, 1, f"{name} is a number from 1 to 1,000"),)


def test_settings_are_those_of_the_plan() -> None:
    plan = judged(SQL, *(f"{name}: {at}" for at, name in enumerate(NUMBERS, 3))).plan
    assert plan is not None
    assert (plan.bounds, plan.share) == (Bounds(3, 4, 5), 6)
    plan = judged(SQL).plan
    assert plan is not None
    assert (plan.bounds, plan.share) == (Bounds(100, 1, 10), 1)


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("", Reason(1, 1, "a query is one SELECT")),
        ("SELECT", None),
        ("SELECT '", None),
        ("\0", Reason(1, 1, "an unprintable character, U+0000: remove it")),
        ("SELECT 1\n\u202e", Reason(2, 1, "an unprintable character, U+202E: remove it")),
        ("(" * 5000, None),
        ("SELECT " + "(" * 300 + "1" + ")" * 300, None),
        ("SELECT 1 " + "-" * 20_000, Reason(1, 1, "the query has more than 16,384 letters")),
    ],
    ids=lambda value: str(value)[:20],
)
def test_what_is_no_query(sql: str, reason: Reason | None) -> None:
    verdict = judge(read("query", sql), NEWEST)
    assert verdict.plan is None
    assert verdict.reasons
    assert reason is None or reason in verdict.reasons


@pytest.mark.parametrize("name", ["", "Query", "a b", "../x", "a" * 64, "1"])
def test_a_name_that_cannot_be_a_tables(name: str) -> None:
    assert judge(read(name, f"-- T\n--\n-- D.\n{SQL}"), NEWEST).plan is None


def test_bounds_in_one_another_are_few_as_each_doubles_the_sql() -> None:
    def nested(depth: int) -> str:
        value = "LEAST(" * (depth - 1) + "environment_count" + ", 9)" * (depth - 1)
        return SQL.replace("environment_count", value)

    assert judged(nested(4)).plan is not None
    assert judged(nested(5)).plan is None
