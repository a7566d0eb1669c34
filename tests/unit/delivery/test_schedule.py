"""Slots: stable for a site, spread over the week, and never missed for good."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from datetime import datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from dropsonde.delivery.schedule import LATE_AT_MOST, is_due, next_due, splay

WEEK = timedelta(days=7)
NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=timezone.utc)
sites = st.text("0123456789abcdef", min_size=128, max_size=128)
moments = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1)).map(  # noqa: DTZ001  # below
    lambda moment: moment.replace(tzinfo=timezone.utc)
)


def due(last: datetime, site: str, interval: timedelta = WEEK) -> datetime:
    found = next_due(last, site, interval)
    assert found is not None
    return found


def test_the_first_one_is_due_at_once() -> None:
    assert next_due(None, "a", WEEK) is None
    assert is_due(None, NOW)


@given(last=moments, site=sites)
def test_a_whole_interval_passes_and_not_two(last: datetime, site: str) -> None:
    assert last + WEEK - LATE_AT_MOST <= due(last, site) < last + 2 * WEEK


@given(last=moments, site=sites, late=st.integers(0, 7000))
def test_a_site_keeps_its_slot(last: datetime, site: str, late: int) -> None:
    slot = due(last, site)
    assert due(slot + timedelta(seconds=late), site) == slot + WEEK


@given(last=moments, site=sites, weeks=st.integers(1, 60))
def test_downtime_is_made_up_for(last: datetime, site: str, weeks: int) -> None:
    assert is_due(due(last, site), last + 2 * WEEK + weeks * WEEK)
    assert not is_due(due(last, site), last + timedelta(days=6))


@given(last=moments, site=sites, seconds=st.integers(1, 10_000_000))
def test_any_interval_is_kept(last: datetime, site: str, seconds: int) -> None:
    interval = timedelta(seconds=seconds)
    assert last + interval * 0.9 - timedelta(seconds=1) <= due(last, site, interval)
    assert due(last, site, interval) <= last + 2 * interval + timedelta(seconds=1)


@given(last=moments, site=sites)
def test_without_slots_a_scheduler_of_the_same_interval_misses_none(
    last: datetime, site: str
) -> None:
    due = next_due(last, site, WEEK, slot=False)
    assert is_due(due, last + WEEK - timedelta(minutes=5))
    assert not is_due(due, last + WEEK - timedelta(hours=3))


def test_sites_are_spread_over_all_days_of_the_week() -> None:
    days = Counter(due(NOW, f"{number}").weekday() for number in range(7000))
    assert set(days) == set(range(7))
    assert min(days.values()) > 800


@given(seconds=st.integers(0, 900), luck=st.floats(0, 1, exclude_max=True))
def test_the_sleep_is_at_most_the_splay(seconds: int, luck: float) -> None:
    assert 0 <= splay(seconds, lambda: luck) <= seconds


def test_stepping_back_takes_the_lowest_priority() -> None:
    code = (
        "import os; from dropsonde.delivery.schedule import step_back; step_back(); "
        "print(os.sched_getscheduler(0))"
    )
    shown = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout
    assert int(shown) == os.SCHED_IDLE


def test_without_the_idle_class_it_is_as_nice_as_can_be() -> None:
    code = (
        "import os; del os.sched_setscheduler; from dropsonde.delivery.schedule import step_back; "
        "step_back(); print(os.nice(0))"
    )
    shown = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout
    assert int(shown) == 19
