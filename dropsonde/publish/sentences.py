"""Sentences about a module: what its owner says, and what numbers hold beyond their errors."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from dropsonde.common import weeks as calendar
from dropsonde.publish.changes import beyond_noise
from dropsonde.publish.numbers import share

if TYPE_CHECKING:
    from dropsonde.publish.numbers import Number

# What its owner says; the newest major's share; it took half of the sites; a major is gone; the
# share or sites changed.
KINDS = ("deprecated", "newest", "half", "gone", "share", "sites")
_HALF = 0.5
_POINT = 100  # percentage points of one


class Sentence(NamedTuple):
    """A statement.

    Attributes:
        kind: one of :data:`KINDS`.
        text: for people, without a full stop.
    """

    kind: str
    text: str


def deprecated(since: str, successor: str | None) -> Sentence:
    """That it is deprecated, as its owner says on the Forge.

    Args:
        since: the day.
        successor: what its owner names in its place.
    """
    instead = "" if successor is None else f"; its owner names {successor} in its place"
    return Sentence("deprecated", f"deprecated since {since}{instead}")


def at_share(major: str, sites: Number | None, whole: Number | None) -> Sentence | None:
    """Which share of a module's sites has a major; None if that may be no site at all.

    Args:
        major: its number.
        sites: that have it.
        whole: sites of the module.
    """
    found = share(sites, whole)
    if found is None or found.value <= found.error:
        return None
    low, high = max(found.value - found.error, 0), min(found.value + found.error, 1)
    return Sentence("newest", f"{major}.x is at {_between(low, high)} of sites")


def last_seen(major: str, series: Sequence[tuple[str, Number | None]]) -> Sentence | None:
    """The last week in which a major was shown; None if it is now, or never was.

    Args:
        major: its number.
        series: week and sites, oldest first.
    """
    shown = [week for week, number in series if number is not None]
    if not shown or shown[-1] == series[-1][0]:
        return None
    return Sentence("gone", f"{major}.x was last seen above the noise in {shown[-1]}")


def half_within(
    major: str,
    series: Sequence[tuple[str, Number | None]],
    whole: Mapping[str, Number | None],
) -> Sentence | None:
    """When half of the sites had a major, and how long after it was first shown.

    That is the first week in which more than half have it beyond the error. None if it was there
    from the first week on, so that its beginning is not known.

    Args:
        major: its number.
        series: week and sites, oldest first.
        whole: week to the sites of the module.
    """
    first = next((at for at, (_, number) in enumerate(series) if number is not None), 0)
    if first == 0:
        return None
    for week, number in series[first:]:
        found = share(number, whole.get(week))
        if found is not None and found.value - found.error > _HALF:
            count = calendar.apart(series[first][0], week)
            after = f"{count} weeks after it" if count > 1 else "a week after it"
            when = f"{after} was" if count else "when it was"
            text = f"half of the sites had {major}.x by {week}, {when} first above the noise"
            return Sentence("half", text)
    return None


def moved(change: Number | None, weeks: int) -> Sentence | None:
    """By how much sites changed; None if that may be noise.

    Args:
        change: of sites.
        weeks: between the two numbers.
    """
    if change is None or not beyond_noise(change):
        return None
    size = abs(change.value)
    low = max(math.ceil(size - change.error), 1)
    high = max(math.floor(size + change.error), low)
    word = "rose" if change.value > 0 else "fell"
    by = f"{low:,}" if low == high else f"{low:,} to {high:,}"
    return Sentence("sites", f"sites {word} by {by} in {weeks} weeks")


def share_moved(change: Number | None, weeks: int) -> Sentence | None:
    """By how many percentage points its share of all sites changed; None if that may be noise.

    Args:
        change: of the share, as a part of one.
        weeks: between the two shares.
    """
    if change is None or not beyond_noise(change):
        return None
    size, error = abs(change.value) * _POINT, change.error * _POINT
    low, high = max(_tenths(math.floor, size - error), 0.1), _tenths(math.ceil, size + error)
    word = "rose" if change.value > 0 else "fell"
    by = f"{low:.1f}" if low == high else f"{low:.1f} to {high:.1f}"
    text = f"its share of all sites {word} by {by} percentage points in {weeks} weeks"
    return Sentence("share", text)


def _tenths(rounding: Callable[[float], int], value: float) -> float:
    return rounding(round(value * 10, 6)) / 10


def _between(low: float, high: float) -> str:
    """A range of shares in whole percent, rounded outwards."""
    least, most = math.floor(round(low * 100, 6)), math.ceil(round(high * 100, 6))
    return f"{least}%" if least == most else f"{least} to {most}%"
