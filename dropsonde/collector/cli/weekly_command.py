"""``dropsonde-collector weekly``: all that a finished week needs; for a timer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dropsonde.aggregation.weekly import Weekly
from dropsonde.collector.cli import streams
from dropsonde.collector.cli.publish_command import published
from dropsonde.collector.cli.reading import newest, remote
from dropsonde.collector.cli.releases import count_of, releasing_of, week_of
from dropsonde.collector.cli.serve_command import utc_now
from dropsonde.collector.errors import CollectorBusyError
from dropsonde.collector.store import Store

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable

    from dropsonde.aggregation.releasing import Releasing


def run(arguments: Namespace) -> int:
    """Do what is left to do of the week, and say what."""

    def publish_pages() -> None:
        if arguments.pages is not None:
            published(arguments.out, arguments.pages)

    return weekly(arguments, releasing_of(arguments, count_of(arguments)), publish_pages)


def weekly(arguments: Namespace, releasing: Releasing, publish: Callable[[], None]) -> int:
    """Run the week with these parts."""
    week = week_of(arguments)
    work = Weekly(
        releasing,
        close=lambda: _kept_up(arguments, lambda store: store.compact(releasing.clock())),
        publish=publish,
        drop=lambda: _kept_up(
            arguments, lambda store: store.retain(arguments.retain, releasing.clock())
        ),
    )
    record = work.run(week, anyway=arguments.release_anyway)
    streams.write_lines([f"{week}: public since {record['published']:.16} UTC"])
    return 0


def _kept_up(arguments: Namespace, work: Callable[[Store], tuple[str, ...]]) -> tuple[str, ...]:
    """Work on the store; a collector that runs does the same by itself, every hour."""
    try:
        with Store.open(arguments.data, newest(), utc_now, remote(arguments)) as store:
            return work(store)
    except CollectorBusyError:
        return ()
