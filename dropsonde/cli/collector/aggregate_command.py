"""``dropsonde-collector aggregate``: count a week, and write its release."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING

from dropsonde.cli.collector.releases import count_of, releasing_of, week_of
from dropsonde.cli.collector.sources import check_clock
from dropsonde.common import console

if TYPE_CHECKING:
    from dropsonde.aggregation.releasing import Releasing


def run(arguments: Namespace) -> int:
    """Write the release and print its path."""
    return aggregate(arguments, releasing_of(arguments, count_of(arguments)))


def aggregate(arguments: Namespace, releasing: Releasing) -> int:
    """Make one release.

    Raises:
        ClockError: the clock is wrong, so an unfinished week could count as finished.
    """
    check_clock(arguments, releasing.clock())
    with releasing.alone():
        release = releasing.make(week_of(arguments), correction=arguments.correct)
        path = release.save(arguments.out)
    groups = sum(len(table.rows) for table in release.tables.values())
    cost = "without noise"
    if release.method.epsilon is not None:
        cost = f"ε = {release.method.epsilon:g}, in its year {release.method.year_epsilon:.2f}"
    size = f"{len(release.tables):,} tables, {groups:,} groups, {release.sites:,} sites"
    console.write_lines([f"{path}: {size}; {cost}"])
    return 0
