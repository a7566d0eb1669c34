"""``weekly`` in the first week of a data directory, and how short a retention may be."""

from __future__ import annotations

from argparse import Namespace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from dropsonde.cli.collector.argument_types import LEAST_RETAIN
from dropsonde.cli.collector.weekly_command import weekly
from dropsonde.common import weeks
from tests.unit.aggregation.made import NEXT, WEEK, Made

if TYPE_CHECKING:
    import pytest


def arguments(made: Made, week: str, retain: int) -> Namespace:
    return Namespace(
        week=week, retain=retain, data=made.data, store=None, accept_clock=False,
        release_anyway=False,
    )  # fmt: skip


def test_the_first_week_is_no_failure(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    made = Made(tmp_path, now=datetime(2026, 11, 23, 3, tzinfo=timezone.utc), sites=0, groups={})
    published: list[str] = []
    run = arguments(made, WEEK, LEAST_RETAIN)
    assert weekly(run, made.releasing, lambda: published.append(WEEK)) == 0
    assert capfdbinary.readouterr().out.endswith(
        b"2026-W47: nothing is released: "
        b"a site counts from the second week in which it reports, and none does yet\n"
    )
    assert (published, made.public) == ([], ())
    made = Made(tmp_path, now=made.now + timedelta(weeks=1))
    run = arguments(made, NEXT, LEAST_RETAIN)
    run.accept_clock = True
    assert weekly(run, made.releasing, lambda: published.append(NEXT)) == 0
    said = capfdbinary.readouterr().out
    assert said.endswith(b"2026-W48: public since 2026-11-30T03:00 UTC\n")
    assert published == [NEXT]


def test_the_least_retention_keeps_the_week_before_for_as_long_as_its_run_may_be_late() -> None:
    kept = weeks.last_moment("2026-W46") + timedelta(days=LEAST_RETAIN)
    assert kept >= weeks.last_moment(NEXT)  # when the timer is about to take the next week
