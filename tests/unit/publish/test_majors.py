"""Majors over weeks: every number is a released one, and sentences are those of the numbers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dropsonde.publish.majors import Majors, rank
from dropsonde.publish.numbers import Numbers
from tests.unit.publish.releases import SLUGS, releases, with_table

if TYPE_CHECKING:
    from dropsonde.aggregation.release import Release
    from dropsonde.publish.sentences import Sentence

SLUG = SLUGS[0]


def shown(release: Release, module: int | None, **majors: int) -> Release:
    """A release with these sites of one module and of its majors."""
    usage, table = release.tables["module_usage"], release.tables["module_majors"]
    rows = () if module is None else ((SLUG, module, 10.0, module),)
    of = tuple((SLUG, name[1:], sites, 10.0, sites) for name, sites in sorted(majors.items()))
    return with_table(with_table(release, replace(usage, rows=rows)), replace(table, rows=of))


def weeks(unit: str = "module") -> list[Numbers]:
    first, second, third = releases(unit=unit)
    return [
        Numbers(shown(first, 1000, v1=980, v9=400)),
        Numbers(shown(second, 1000, v1=50, v9=900)),
        Numbers(shown(third, 1000, v9=300, v10=920)),
    ]


def said(some: list[Numbers], slug: str) -> list[Sentence]:
    return list(Majors(some).said(slug))


def test_each_major_has_a_number_of_each_week() -> None:
    found = Majors(weeks()).over(SLUG)
    assert [each["major"] for each in found] == ["10", "9", "1"]
    assert [each["sites"] for each in found] == [
        [None, None, 920],
        [400, 900, 300],
        [980, 50, None],
    ]
    assert [each["share"] for each in found] == [
        [None, None, 0.92],
        [0.4, 0.9, 0.3],
        [0.98, 0.05, None],
    ]
    for each in found:
        for value, error in [("sites", "error"), ("share", "share_error")]:
            assert [of is None for of in each[value]] == [of is None for of in each[error]]


def test_sentences_are_of_the_newest_major_and_of_those_that_are_gone() -> None:
    assert [each.text for each in said(weeks(), SLUG)] == [
        "10.x is at 90 to 94% of sites",
        "half of the sites had 10.x by 2026-W47, when it was first above the noise",
        "1.x was last seen above the noise in 2026-W46",
    ]


def test_with_the_unit_site_no_share_is_told() -> None:
    assert [each.kind for each in said(weeks("site"), SLUG)] == ["gone"]
    for each in Majors(weeks("site")).over(SLUG):
        assert each["share"] == each["share_error"] == [None, None, None]


def test_a_share_is_told_of_the_weeks_whose_unit_admits_it() -> None:
    mixed = [weeks("site")[0], *weeks()[1:]]
    assert Majors(mixed).over(SLUG)[1]["share"] == [None, 0.9, 0.3]


def test_of_a_module_that_is_not_shown_any_more_nothing_is_said() -> None:
    *earlier, last = weeks()
    gone = Numbers(shown(last.release, None))
    assert said([*earlier, gone], SLUG) == []
    assert said(weeks(), SLUGS[1]) == []
    assert Majors(weeks()).over(SLUGS[1]) == []


def test_versions_are_in_the_order_of_their_numbers() -> None:
    some = ["1.2.10", "10.0.0", "1.2.9", "2", "1.2.3-rc1"]
    assert sorted(some, key=rank) == ["1.2.3-rc1", "1.2.9", "1.2.10", "2", "10.0.0"]
