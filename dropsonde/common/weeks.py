"""ISO weeks in UTC: the dataset has one row per site and week.

A week is written ``2026-W47``; its year is that of its Thursday, so the first days of January may
belong to the year before, and some years have 53 weeks.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from functools import lru_cache

PATTERN = "[0-9]{4}-W[0-9]{2}"  # only the form: few years have a week 53
GRACE = timedelta(hours=1)  # a request from a week's last second may still be in flight
_WEEK = re.compile(PATTERN)
_SUNDAY = _DAYS = 7
_LAST_YEAR = 9999  # datetime's last year; its last week ends in the next


def week_of(moment: datetime) -> str:
    """The week of a moment.

    Args:
        moment: aware, in any zone.

    Raises:
        ValueError: the moment is naive.
    """
    if moment.utcoffset() is None:
        raise ValueError("a moment without a time zone lies in no week")
    year, week, _ = moment.astimezone(timezone.utc).isocalendar()
    return f"{year:04}-W{week:02}"


def parse(text: str) -> tuple[int, int]:
    """The year and the number of a week.

    Raises:
        ValueError: the text names no week of the years 1 to 9998.
    """
    if _WEEK.fullmatch(text) is None:
        raise ValueError("a week is written 2026-W47")
    year, week = int(text[:4]), int(text[-2:])
    if year == _LAST_YEAR:
        raise ValueError("the week ends after the last moment that there is")
    datetime.fromisocalendar(year, week, _SUNDAY)  # ValueError if the year has no such week
    return year, week


def is_week(text: str) -> bool:
    """Whether a text names a week."""
    try:
        parse(text)
    except ValueError:
        return False
    return True


@lru_cache(maxsize=1024)  # pages ask for the same weeks by the thousand
def first_moment(week: str) -> datetime:
    """A week's Monday at midnight, UTC.

    Raises:
        ValueError: as :func:`parse`.
    """
    return datetime.fromisocalendar(*parse(week), 1).replace(tzinfo=timezone.utc)


@lru_cache(maxsize=4096)  # likewise
def later(week: str, count: int) -> str:
    """The week so many weeks later; with a negative count, before.

    Raises:
        ValueError: as :func:`parse`.
    """
    return week_of(first_moment(week) + timedelta(weeks=count))


@lru_cache(maxsize=4096)  # likewise
def apart(one: str, other: str) -> int:
    """How many weeks later the other one is.

    Raises:
        ValueError: as :func:`parse`.
    """
    return (first_moment(other) - first_moment(one)).days // _DAYS


def last_moment(week: str) -> datetime:
    """The last microsecond of a week's Sunday, UTC.

    Raises:
        ValueError: as :func:`parse`.
    """
    return first_moment(week) + timedelta(weeks=1) - timedelta(microseconds=1)


def finished_from(week: str) -> datetime:
    """The moment from which no report can change a week any more.

    Raises:
        ValueError: as :func:`parse`.
    """
    return first_moment(week) + timedelta(weeks=1) + GRACE


def last_finished(now: datetime) -> str:
    """The newest week that no report can change any more."""
    return week_of(now - GRACE - timedelta(weeks=1))
