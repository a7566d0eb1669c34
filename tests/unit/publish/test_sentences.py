"""Sentences: said where numbers hold them beyond their errors, and not made of noise."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dropsonde.publish.numbers import Number
from dropsonde.publish.sentences import (
    Sentence,
    at_share,
    half_within,
    last_seen,
    moved,
    share_moved,
)

WEEKS = [f"2026-W{week}" for week in range(20, 40)]
ALL = Number(1000, 20.0)
TRIALS = 4000


def taken(*sites: float | None) -> list[tuple[str, Number | None]]:
    return [
        (week, None if each is None else Number(each, 20.0))
        for week, each in zip(WEEKS, sites, strict=False)
    ]


whole = dict.fromkeys(WEEKS, ALL)


def test_a_share_is_said_as_the_range_that_its_error_leaves() -> None:
    said = at_share("3", Number(920, 10.0), ALL)
    assert said == Sentence("newest", "3.x is at 89 to 95% of sites")
    assert at_share("3", Number(990, 30.0), ALL) == Sentence(
        "newest", "3.x is at 95 to 100% of sites"
    )


@pytest.mark.parametrize(("sites", "there"), [(20, False), (21, True), (-20, False)])
def test_a_share_is_said_from_more_than_its_error_on(sites: int, there: bool) -> None:
    assert (at_share("3", Number(sites, 20.0), Number(1000, 0.0)) is not None) == there


def test_without_a_number_nothing_is_said() -> None:
    assert at_share("3", None, ALL) is at_share("3", ALL, None) is moved(None, 4) is None
    assert last_seen("1", taken(None, None)) is last_seen("1", []) is None
    assert half_within("3", [], {}) is half_within("3", taken(None, 900), {}) is None


def test_what_is_no_longer_shown_says_when_it_was() -> None:
    said = last_seen("1", taken(40, 41, None, 30, None, None))
    assert said == Sentence("gone", "1.x was last seen above the noise in 2026-W23")
    assert last_seen("1", taken(40, None, 41)) is None


@pytest.mark.parametrize(
    ("sites", "when"),
    [
        ((None, None, 100, 300, 499, 520, 560, 900), "2026-W26, 4 weeks after it was"),
        ((None, 100, 900), "2026-W22, a week after it was"),
        ((None, 900), "2026-W21, when it was"),
    ],
)
def test_half_of_the_sites_is_told_from_the_first_week(sites: tuple[int], when: str) -> None:
    said = half_within("3", taken(*sites), whole)
    text = f"half of the sites had 3.x by {when} first above the noise"
    assert said == Sentence("half", text)


def test_a_major_that_was_there_from_the_start_has_no_known_uptake() -> None:
    assert half_within("3", taken(900, 900), whole) is None


@pytest.mark.parametrize(("sites", "there"), [(523, False), (524, True)])
def test_half_is_half_beyond_the_error(sites: int, there: bool) -> None:
    # An error of 20 of both: 20 of the part and 10 of half of the whole are 23 together.
    assert (half_within("3", taken(None, sites), whole) is not None) == there


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (Number(5, 4.0), "sites rose by 1 to 9 in 13 weeks"),
        (Number(-1200, 100.0), "sites fell by 1,100 to 1,300 in 13 weeks"),
        (Number(5, 0.0), "sites rose by 5 in 13 weeks"),
        (Number(5, 5.0), None),
        (Number(0, 0.0), None),
    ],
)
def test_a_change_is_said_as_a_range(change: Number, said: str | None) -> None:
    found = moved(change, 13)
    assert (found and found.text) == said


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (Number(0.0123, 0.0041), "rose by 0.8 to 1.7 percentage points in 13 weeks"),
        (Number(-0.08, 0.03), "fell by 5.0 to 11.0 percentage points in 13 weeks"),
        (Number(-0.0005, 0.0004), "fell by 0.1 percentage points in 13 weeks"),
        (Number(0.01, 0.01), None),
        (None, None),
    ],
)
def test_a_change_of_a_share_is_said_in_points(change: Number | None, said: str | None) -> None:
    found = share_moved(change, 13)
    assert (found and found.text) == (said and f"its share of all sites {said}")


@given(st.integers(-(10**6), 10**6), st.floats(0, 10**6))
def test_a_range_of_a_change_never_holds_none(value: int, error: float) -> None:
    found = moved(Number(value, error), 4)
    assert (found is None) == (abs(value) <= error)
    if found is not None:
        assert " by 0" not in found.text


def test_sentences_are_seldom_made_of_noise_alone() -> None:
    """Nothing changed and nobody has it: at most one of twenty says otherwise."""
    rng = random.Random(3)  # made-up noise
    drawn = [Number(round(rng.gauss(0, 50)), 98.0) for _ in range(TRIALS)]
    assert sum(moved(each, 4) is not None for each in drawn) / TRIALS < 0.065
    assert sum(at_share("3", each, ALL) is not None for each in drawn) / TRIALS < 0.04
    for each in drawn:  # and half of the sites never
        assert half_within("3", [(WEEKS[0], None), (WEEKS[1], each)], whole) is None
