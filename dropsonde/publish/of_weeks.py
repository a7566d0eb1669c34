"""The dataset's two tables of weeks: all sites of each, and how its tables were made.

With these the files alone are enough to compute shares and to say how exact each number is. They
are made from releases, as all else, and are no queries: no query may have their names.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from dropsonde.aggregation.release import Field, Role, Table
from dropsonde.publish.numbers import Numbers
from dropsonde.schema.model import Type

if TYPE_CHECKING:
    from dropsonde.aggregation.release import Release

SITES, METHODS = "sites", "methods"
WEEK = Field("week", Type.STRING, Role.KEY, "The ISO week, Monday to Sunday, in UTC.")
_WITHIN = "95 % of all {} are within this of the weighed number, to each side."


def _told(name: str, type_: Type, about: str) -> Field:
    return Field(name, type_, Role.METHOD, about)


_SITES = (
    WEEK,
    Field(
        "sites", Type.INTEGER, Role.SITES,
        "Distinct sites that reported, the mean of the weeks: what a share is of.",
    ),
    Field("error", Type.FLOAT, Role.ERROR, _WITHIN.format("means")),
    Field("week_sites", Type.INTEGER, Role.WEEK, "The same of the week alone."),
    _told("week_error", Type.FLOAT, _WITHIN.format("numbers of weeks alone")),
    _told("unit", Type.STRING, "What the noise hides: a module of a site, or a whole site."),
    _told("epsilon", Type.FLOAT, "The budget of any 52 weeks in a row."),
    _told("delta", Type.FLOAT, "The chance with which the budget may not hold."),
    _told("weeks", Type.INTEGER, "The most weeks that a mean is of."),
    _told("deviations", Type.FLOAT, "Of its noise, that a mean has at least to be shown."),
    _told("k", Type.INTEGER, "The least mean that is shown."),
    _told("released", Type.STRING, "The day of the release, in UTC."),
)  # fmt: skip
_METHODS = (
    WEEK,
    Field("name", Type.STRING, Role.KEY, "The table; table.column for a sum; * for all sites."),
    _told("scale", Type.FLOAT, "The standard deviation of the noise of a week's numbers."),
    _told("week_error", Type.FLOAT, _WITHIN.format("numbers of weeks alone")),
    _told("error", Type.FLOAT, "The largest error of the means that are shown; null without any."),
    _told("least", Type.INTEGER, "Sites that a group needs to be shown; of tables alone."),
    _told("contributions", Type.INTEGER, "Groups of a unit that count in full; more count less."),
    _told("beside", Type.INTEGER, "Modules of a site that count in full beside what it says of "
          "itself."),
)  # fmt: skip


def of_weeks(releases: Sequence[Release]) -> tuple[Table, Table]:
    """The tables of some weeks, with a column ``week``.

    Args:
        releases: of each week one, oldest first.
    """
    weeks = [Numbers(each) for each in releases]
    return (
        Table(
            SITES,
            "All sites that reported",
            "A row a week: distinct sites, how exact that is, and how the week was made public. A "
            "group's share is its sites over these.",
            _SITES,
            tuple(_site_row(each) for each in weeks),
        ),
        Table(
            METHODS,
            "How each table was made",
            "A row a week and table: its noise, how exact its numbers are, and how much of a site "
            "counts in full.",
            _METHODS,
            tuple(row for each in weeks for row in _method_rows(each)),
        ),
    )


def _site_row(numbers: Numbers) -> tuple[Any, ...]:
    release, made = numbers.release, numbers.release.method
    return (
        release.week,
        release.sites,
        release.sites_error,
        release.sites_week,
        numbers.precision["*"]["week_error"],
        made.unit,
        made.epsilon,
        made.delta,
        made.weeks,
        made.deviations,
        made.k,
        f"{release.made:%Y-%m-%d}",
    )


def _method_rows(numbers: Numbers) -> Iterator[tuple[Any, ...]]:
    made = numbers.release.method
    for name, exact in sorted(numbers.precision.items()):
        yield (
            numbers.release.week,
            name,
            made.scales[name],
            exact["week_error"],
            exact["error"],
            exact.get("least"),
            made.contributions.get(name),
            made.beside.get(name),
        )
