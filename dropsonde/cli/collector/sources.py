"""Shared by the commands that use a data directory."""

from __future__ import annotations

import warnings
from argparse import Namespace
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from dropsonde.collector.store import Reader, Store, clock_watch, remote_state
from dropsonde.collector.store.directory import checked
from dropsonde.common import console
from dropsonde.schema import published

if TYPE_CHECKING:
    from dropsonde.collector.store.bigquery.archive import BigQuery
    from dropsonde.schema.model import Column


def newest() -> Sequence[Column]:
    """The newest version's columns."""
    return next(iter(published.load().values()))


def reader(arguments: Namespace) -> Reader:
    """A reader of the data directory that the arguments name."""
    return Reader(arguments.data, newest())


def reader_of_rows(arguments: Namespace) -> Reader:
    """A reader; reports it if not all rows are in that directory."""
    found = reader(arguments)
    known = remote_state.read(arguments.data)
    if known is not None:
        console.say(f"finished weeks are in {known.store}: ask BigQuery's own tools for them")
    return found


def check_clock(arguments: Namespace, now: datetime) -> None:
    """Compare the clock with the data directory, unless a person has accepted it.

    Raises:
        ClockError: they are more than a day apart.
    """
    if not arguments.accept_clock:
        clock_watch.check(checked(arguments.data), now)


def opened(
    arguments: Namespace,
    now: Callable[[], datetime],
    archive: BigQuery | None,
    *,
    stays: bool = False,
) -> Store:
    """Open the store in the data directory of the arguments; report files without digests."""
    store = Store.open(
        *(arguments.data, newest(), now, archive), accept_clock=arguments.accept_clock, stays=stays
    )
    if store.taken_in:
        console.say(
            f"{', '.join(store.taken_in)} had no digest: the files were accepted as they are"
        )
    return store


def remote(arguments: Namespace) -> BigQuery | None:
    """The remote store that the arguments name; its library is imported only then."""
    if arguments.store is None:
        return None
    with warnings.catch_warnings():
        # Google's library warns that it will drop older Pythons, which is not an error.
        warnings.simplefilter("ignore", FutureWarning)
        from dropsonde.collector.store.bigquery import archive

    return archive.BigQuery.at(arguments.store)
