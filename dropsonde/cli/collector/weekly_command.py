"""``dropsonde-collector weekly``: do all that a finished week needs; for a timer."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from dropsonde.aggregation.weekly import Weekly
from dropsonde.cli.collector import spending
from dropsonde.cli.collector.releases import forge_of, releasing_of, vocabulary_of, week_of
from dropsonde.cli.collector.sources import check_clock, opened, remote
from dropsonde.common import console
from dropsonde.common.errors import CollectorBusyError
from dropsonde.publish import root

if TYPE_CHECKING:
    from dropsonde.aggregation.releasing import Releasing
    from dropsonde.collector.store import Store


def run(arguments: Namespace) -> int:
    """Do the remaining steps of the week, and print since when it is public."""
    releasing = releasing_of(arguments)

    def publish_pages() -> None:
        if arguments.pages is not None:
            site = arguments.site_url or ""
            forge = forge_of(vocabulary_of(arguments))
            root.publish(arguments.pages, arguments.out, site, forge)

    return weekly(arguments, releasing, publish_pages)


def weekly(arguments: Namespace, releasing: Releasing, publish: Callable[[], None]) -> int:
    """Run the week with these arguments.

    Raises:
        ClockError: the clock is wrong, so another week could be the last that is finished.
    """
    clock = releasing.clock
    check_clock(arguments, clock())
    week = week_of(arguments)
    work = Weekly(
        releasing,
        close=lambda: _kept_up(arguments, clock, lambda store: store.compact(clock())),
        publish=publish,
        drop=lambda: _kept_up(
            arguments, clock, lambda store: store.retain(arguments.retain, clock())
        ),
    )
    spending.say(releasing, week)
    record = work.run(week, anyway=arguments.release_anyway)
    if "published" not in record:
        spending.say_too_early(week)
        return 0
    console.write_lines([f"{week}: public since {record['published']:.16} UTC"])
    return 0


def _kept_up(
    arguments: Namespace, clock: Callable[[], datetime], work: Callable[[Store], tuple[str, ...]]
) -> tuple[str, ...]:
    """Work on the store, unless a collector runs, which does the same every hour."""
    try:
        with opened(arguments, clock, remote(arguments)) as store:
            return work(store)
    except CollectorBusyError:
        return ()
