"""What the commands share that read a data directory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dropsonde.collector.store import Reader
from dropsonde.schema import published

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Sequence

    from dropsonde.schema.columns import Column


def newest() -> Sequence[Column]:
    """The newest version's columns."""
    return next(iter(published.load().values()))


def reader(arguments: Namespace) -> Reader:
    """A reader of the data directory that the arguments name."""
    return Reader(arguments.data, newest())
