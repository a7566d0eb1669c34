"""ISO weeks: as Python's own calendar has them, also at a year's ends."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dropsonde.common.weeks import (
    apart,
    finished_from,
    first_moment,
    is_week,
    last_finished,
    last_moment,
    later,
    parse,
    week_of,
)

ZONES = st.integers(-14 * 60, 14 * 60).map(lambda m: timezone(timedelta(minutes=m)))
MOMENTS = st.datetimes(
    min_value=datetime(1, 1, 2),  # noqa: DTZ001 - zones are drawn beside
    max_value=datetime(9998, 12, 30),  # noqa: DTZ001
    timezones=ZONES,
)


@pytest.mark.parametrize(
    ("moment", "week"),
    [
        ("2026-11-20T12:00:00+00:00", "2026-W47"),
        ("2026-12-27T23:59:59.999999+00:00", "2026-W52"),
        ("2026-12-28T00:00:00+00:00", "2026-W53"),
        ("2027-01-03T23:59:59+00:00", "2026-W53"),
        ("2027-01-04T00:00:00+00:00", "2027-W01"),
        ("2025-12-29T00:00:00+00:00", "2026-W01"),
        ("2024-12-30T00:00:00+00:00", "2025-W01"),
        ("2027-01-04T00:30:00+01:00", "2026-W53"),  # still Sunday in UTC
        ("2027-01-03T23:30:00-01:00", "2027-W01"),
    ],
)
def test_the_week_of_a_moment(moment: str, week: str) -> None:
    assert week_of(datetime.fromisoformat(moment)) == week


def test_a_naive_moment_lies_in_no_week() -> None:
    with pytest.raises(ValueError, match="time zone"):
        week_of(datetime(2026, 1, 1))  # noqa: DTZ001 - that is the point


@given(moment=MOMENTS)
def test_a_moment_lies_between_the_ends_of_its_week(moment: datetime) -> None:
    week = week_of(moment)
    assert first_moment(week) <= moment <= last_moment(week)
    assert parse(week) == moment.astimezone(timezone.utc).isocalendar()[:2]


@given(moment=MOMENTS)
def test_weeks_follow_each_other_without_a_gap(moment: datetime) -> None:
    week = week_of(moment)
    after = last_moment(week) + timedelta(microseconds=1)
    assert week_of(last_moment(week)) == week
    assert week_of(first_moment(week)) == week
    assert is_week(week)
    assert first_moment(week_of(after)) == after
    assert after - first_moment(week) == timedelta(days=7)
    assert week_of(after) > week  # as text, too
    assert (after.weekday(), after.tzinfo, after.hour) == (0, timezone.utc, 0)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-W00",
        "2026-W54",
        "2027-W53",  # a year of 52 weeks
        "2026-W1",
        "2026-w01",
        "2026W01",
        "2026-W01-1",
        "26-W01",
        "0000-W01",
        "9999-W01",
        "2026-W01\n",
        " 2026-W01",
        "2026-W\u0661\u0661",
        "../2026-W01",
    ],
)
def test_other_texts_are_no_weeks(text: str) -> None:
    assert not is_week(text)
    for function in (parse, first_moment, last_moment):
        with pytest.raises(ValueError, match=r"(?i)week|year"):
            function(text)


def test_the_ends_of_a_long_year() -> None:
    assert parse("2026-W53") == (2026, 53)
    assert first_moment("2026-W53") == datetime(2026, 12, 28, tzinfo=timezone.utc)
    assert last_moment("2026-W53") == datetime(2027, 1, 3, 23, 59, 59, 999_999, timezone.utc)


@pytest.mark.parametrize(
    ("now", "week"),
    [
        (datetime(2026, 11, 23, 0, 59, 59, 999_999, tzinfo=timezone.utc), "2026-W46"),
        (datetime(2026, 11, 23, 1, 0, tzinfo=timezone.utc), "2026-W47"),
        (datetime(2026, 11, 29, 23, 0, tzinfo=timezone.utc), "2026-W47"),
        (datetime(2027, 1, 5, tzinfo=timezone.utc), "2026-W53"),
    ],
)
def test_a_week_is_finished_when_its_last_requests_have_come(now: datetime, week: str) -> None:
    assert last_finished(now) == week
    assert finished_from(week) <= now < finished_from(week) + timedelta(weeks=1)


def test_weeks_are_counted_past_the_end_of_a_year_of_53_weeks() -> None:
    assert later("2027-W02", -2) == "2026-W53"
    assert later("2026-W47", -52) == "2025-W47"
    assert later("2026-W53", 2) == "2027-W02"
    assert apart("2026-W53", "2027-W02") == 2
    assert apart("2026-W47", "2025-W47") == -52
