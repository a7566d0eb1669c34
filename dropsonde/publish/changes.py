"""Changes of means over weeks, each with its own error.

Means of windows that overlap are made partly of the same cells, whose noise cancels in their
difference. So its error is less than that of two means that have no week in common.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from dropsonde.aggregation.release import ALL, Z95
from dropsonde.common import weeks as calendar
from dropsonde.publish.numbers import Number, rounded_up

if TYPE_CHECKING:
    from dropsonde.publish.numbers import Numbers

SPANS = (4, 13, 52)  # weeks
_ROUNDED = 1 / 12  # the variance that rounding a mean to whole sites adds
_HALF = 0.0501  # of the last digit of a released error
_DIGITS = 4  # of a change of a share, which is often less than a hundredth


class Mean(NamedTuple):
    """A released mean and what it was made of.

    Attributes:
        number: the mean and its error.
        noise: each of its weeks to the standard deviation of the noise that it adds; empty if it
            is not known in which weeks the group was counted. Then no noise is taken to cancel, and
            the error of a change is rather too large.
    """

    number: Number
    noise: Mapping[str, float]


def mean(number: Number | None, noise: Mapping[str, float]) -> Mean | None:
    """A mean as a group has it that was counted in all weeks of the window, if its error fits.

    Args:
        number: as it was released.
        noise: each week of the window to the standard deviation of the noise that it adds.
    """
    if number is None:
        return None
    fits = abs(Z95 * math.hypot(*noise.values()) - number.error) <= _HALF
    return Mean(number, noise if fits else {})


def change(before: Mean | None, now: Mean | None) -> Number | None:
    """The change of sites from one mean to another; the error is rounded up."""
    if before is None or now is None:
        return None
    variance = _variance(before) + _variance(now) - 2 * _covariance(before, now)
    return Number(
        now.number.value - before.number.value, rounded_up(_error(variance + 2 * _ROUNDED), 1)
    )


def change_of_share(
    before: Mean | None, before_all: Mean, now: Mean | None, now_all: Mean
) -> Number | None:
    """The change of a share of all sites, as a part of one.

    The noise of a share is that of its part less as much of the whole's, over the whole; noise of
    a part and noise of a whole are never the same.
    """
    whole, was = now_all.number.value, before_all.number.value
    if before is None or now is None or min(whole, was) <= 0:
        return None
    share, past = now.number.value / whole, before.number.value / was
    rounded = _ROUNDED * ((1 + share**2) / whole**2 + (1 + past**2) / was**2)
    variance = (
        (_variance(now) + share**2 * _variance(now_all)) / whole**2
        + (_variance(before) + past**2 * _variance(before_all)) / was**2
        - 2
        * (_covariance(before, now) + share * past * _covariance(before_all, now_all))
        / (whole * was)
    )
    return Number(round(share - past, _DIGITS), rounded_up(_error(variance + rounded), _DIGITS))


def beyond_noise(number: Number | None) -> bool:
    """Whether a change is more than its error."""
    return number is not None and abs(number.value) > number.error


class Means:
    """Means of all groups as the releases show them; each window is looked up once a table.

    Args:
        weeks: oldest first.
    """

    def __init__(self, weeks: Sequence[Numbers]) -> None:
        self._weeks = weeks
        self._places = {each.release.week: at for at, each in enumerate(weeks)}
        self._windows: dict[tuple[int, str], Mapping[str, float]] = {}

    def spans(self) -> Iterator[tuple[int, int]]:
        """Each of :data:`SPANS`, with the place of the release so long before the newest."""
        newest = self._weeks[-1].release.week
        for span in SPANS:
            at = self._places.get(calendar.later(newest, -span))
            if at is not None:
                yield span, at

    def of(self, at: int, table: str, *keys: object) -> Mean | None:
        """The mean of a group; None where it is not public.

        Args:
            at: the place of the release; of the newest -1.
            table: its name; :data:`ALL` for all sites.
            keys: of the group.
        """
        week = self._weeks[at]
        number = week.all_sites if table == ALL else week.sites(table, *keys)
        return mean(number, self.noise(at, table))

    def share_change(self, at: int, table: str, *keys: object) -> Number | None:
        """The change of a group's share of all sites since the release at that place."""
        was_all, now_all = self.of(at, ALL), self.of(-1, ALL)
        if was_all is None or now_all is None:
            return None
        return change_of_share(
            self.of(at, table, *keys), was_all, self.of(-1, table, *keys), now_all
        )

    def noise(self, at: int, table: str) -> Mapping[str, float]:
        """The weeks of which a release shows the mean, each with the noise that it adds."""
        if (at, table) not in self._windows:
            self._windows[at, table] = self._window(at, table)
        return self._windows[at, table]

    def _window(self, at: int, table: str) -> Mapping[str, float]:
        release = self._weeks[at].release
        end = self._places[release.week] + 1
        begin = calendar.later(release.week, 1 - release.method.weeks)
        scales = {
            each.release.week: each.release.method.scales[table]
            for each in self._weeks[max(end - release.method.weeks, 0) : end]
            if each.release.week >= begin and table in each.release.method.scales
        }
        return {week: scale / len(scales) for week, scale in scales.items()}


def _variance(of: Mean) -> float:
    if of.noise:
        return sum(noise**2 for noise in of.noise.values())
    return (of.number.error / Z95) ** 2


def _covariance(one: Mean, other: Mean) -> float:
    return sum(one.noise[week] * other.noise[week] for week in one.noise.keys() & other.noise)


def _error(variance: float) -> float:
    return Z95 * math.sqrt(max(variance, 0))
