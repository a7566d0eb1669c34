"""``dropsonde-collector aggregate``: count a week, and write its release."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from typing import TYPE_CHECKING

from dropsonde.cli.collector import spending
from dropsonde.cli.collector.releases import releasing_of, week_of
from dropsonde.cli.collector.sources import check_clock
from dropsonde.common import console
from dropsonde.common.files import private_directory

if TYPE_CHECKING:
    from dropsonde.aggregation.releasing import Releasing


def run(arguments: Namespace) -> int:
    """Write the release; print what a week costs, and the release's path."""
    return aggregate(arguments, releasing_of(arguments))


def aggregate(arguments: Namespace, releasing: Releasing) -> int:
    """Make one release.

    Raises:
        ClockError: the clock is wrong, so an unfinished week could count as finished.
    """
    check_clock(arguments, releasing.clock())
    week = week_of(arguments)
    spending.say(releasing, week)
    with releasing.alone():
        releasing.check_finished(week)
        if releasing.is_too_early(week):
            spending.say_too_early(week)
            return 0
        directory = private_directory(arguments.out)
        release = releasing.make(week, directory)
        path = release.save(directory)
    groups = sum(len(table.rows) for table in release.tables.values())
    method = release.method
    cost = f"its year has cost ε = {method.year_epsilon:.2f} of {method.epsilon:g}"
    size = f"{len(release.tables):,} tables, {groups:,} groups, {release.sites:,} sites"
    plain = _without_noise(method.without_noise)
    console.write_lines([f"{path}: {size}; {cost}{plain}"])
    return 0


def _without_noise(former: Sequence[str]) -> str:
    """What is said of weeks that a former version released without noise."""
    if not former:
        return ""
    return f", but {len(former)} weeks to {former[-1]} had no noise, and of them nothing holds"
