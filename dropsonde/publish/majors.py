"""Major versions of modules over weeks, and what can be said of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dropsonde.publish import sentences
from dropsonde.publish.comparable import comparable
from dropsonde.publish.numbers import share

if TYPE_CHECKING:
    from dropsonde.publish.numbers import Number, Numbers
    from dropsonde.publish.sentences import Sentence

    Series = list[Number | None]  # of each week, oldest first

_TABLE = "module_majors"


class Majors:
    """The majors of all modules, each with its sites of each week.

    Args:
        weeks: oldest first.
    """

    def __init__(self, weeks: Sequence[Numbers]) -> None:
        self._weeks = weeks
        self._names = [each.release.week for each in weeks]
        self._comparable = [comparable(each, _TABLE) for each in weeks]
        self._found: dict[str, dict[str, Series]] = {}
        for at, each in enumerate(weeks):
            for (slug, major), number in each.shown(_TABLE):
                if major is not None:
                    series = self._found.setdefault(slug, {}).setdefault(major, [None] * len(weeks))
                    series[at] = number

    def over(self, slug: str) -> list[dict[str, Any]]:
        """Each major of a module that any week shows, the newest first: lists, of all weeks."""
        whole = self._whole(slug)
        found = []
        for major, series in self._of(slug):
            shares = [share(part, all_) for part, all_ in zip(series, whole, strict=True)]
            found.append({"major": major, **_lists("sites", "error", series),
                          **_lists("share", "share_error", shares)})  # fmt: skip
        return found

    def said(self, slug: str) -> Iterator[Sentence]:
        """What the numbers hold of a module's majors.

        In a week that shows no major, none has gone.
        """
        every, whole = self._of(slug), self._whole(slug)
        if every:
            major, series = every[0]
            for found in (
                sentences.at_share(major, series[-1], whole[-1]),
                sentences.half_within(major, self._dated(series), self._by_week(whole)),
            ):
                if found is not None:
                    yield found
        if any(series[-1] is not None for _, series in every):
            for major, series in every:
                found = sentences.last_seen(major, self._dated(series))
                if found is not None:
                    yield found

    def _of(self, slug: str) -> list[tuple[str, Series]]:
        found = self._found.get(slug, {})
        return sorted(found.items(), key=lambda each: rank(each[0]), reverse=True)

    def _whole(self, slug: str) -> Series:
        """The sites of the module, in weeks in which a share of them can be told."""
        return [
            each.sites("module_usage", slug) if fit else None
            for each, fit in zip(self._weeks, self._comparable, strict=True)
        ]

    def _dated(self, series: Series) -> Sequence[tuple[str, Number | None]]:
        return list(zip(self._names, series, strict=True))

    def _by_week(self, series: Series) -> Mapping[str, Number | None]:
        return dict(self._dated(series))


def rank(version: str) -> tuple[tuple[int, str], ...]:
    """Where a version stands among others: its numbers count as numbers."""
    parts = version.replace("-", ".").split(".")
    return tuple((int(part) if part.isdecimal() else -1, part) for part in parts)


def _lists(of: str, error: str, series: Series) -> dict[str, list[float | None]]:
    return {
        of: [each and each.value for each in series],
        error: [each and each.error for each in series],
    }
