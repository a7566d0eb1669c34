"""Changes of means: the error is exact although the means share cells."""

from __future__ import annotations

import math
import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dropsonde.aggregation.release import ALL, Z95
from dropsonde.publish.changes import (
    Mean,
    Means,
    beyond_noise,
    change,
    change_of_share,
    mean,
)
from dropsonde.publish.numbers import Number, Numbers
from tests.unit.publish.releases import SLUGS, WEEKS, releases

WINDOW, TRIALS = 13, 2000
SCALE, ALL_SCALE = 20.0, 60.0  # of a part's cells, of all sites' cells
names = [f"w{place:02}" for place in range(80)]
each_span = pytest.mark.parametrize("span", [1, 4, 13, 52])


def window(end: int, scale: float) -> dict[str, float]:
    return dict.fromkeys(names[end - WINDOW : end], scale)


def noise(weeks: dict[str, float]) -> dict[str, float]:
    return {week: scale / len(weeks) for week, scale in weeks.items()}


def released(value: float, weeks: dict[str, float]) -> Mean:
    error = round(Z95 * math.hypot(*weeks.values()) / len(weeks), 1)
    found = mean(Number(round(value), error), noise(weeks))
    assert found is not None
    assert found.noise
    return found


def drawn(rng: random.Random, truth: float, span: int, scale: float) -> tuple[Mean, Mean]:
    """Means of a window and of a later one, of the same cells where they overlap."""
    cells = {name: truth + rng.gauss(0, scale) for name in names}
    before, now = window(WINDOW, scale), window(WINDOW + span, scale)
    return tuple(  # type: ignore[return-value]
        released(sum(cells[name] for name in each) / WINDOW, each) for each in (before, now)
    )


@each_span
def test_95_percent_of_changes_are_within_their_error(span: int) -> None:
    rng, within = random.Random(span), 0  # made-up noise
    for _ in range(TRIALS):
        found = change(*drawn(rng, 500.3, span, SCALE))
        assert found is not None
        within += abs(found.value) <= found.error
    # Sites are whole, so a small error holds a little more than it says.
    assert 0.93 < within / TRIALS < 0.98


@each_span
def test_95_percent_of_changes_of_shares_are_within_their_error(span: int) -> None:
    rng, within = random.Random(span + 1), 0  # made-up noise
    for _ in range(TRIALS):
        before, now = drawn(rng, 900.0, span, SCALE)
        before_all, now_all = drawn(rng, 2000.0, span, ALL_SCALE)
        found = change_of_share(before, before_all, now, now_all)
        assert found is not None
        within += abs(found.value) <= found.error
    assert 0.93 < within / TRIALS < 0.98


def test_what_overlaps_has_less_error_and_what_does_not_has_that_of_both() -> None:
    means_ = {end: released(500, window(end, SCALE)) for end in range(WINDOW, 3 * WINDOW + 1)}
    errors = [change(means_[WINDOW], means_[end]) for end in range(WINDOW + 1, 3 * WINDOW + 1)]
    found = [each.error for each in errors if each]
    assert found == sorted(found)
    # A window that moves by four weeks differs in eight cells.
    assert found[3] == pytest.approx(Z95 * SCALE * math.sqrt(8) / WINDOW, abs=0.15)
    assert found[-1] == pytest.approx(Z95 * SCALE * math.sqrt(2 / WINDOW), abs=0.15)


def test_where_weeks_are_not_known_no_noise_is_taken_to_cancel() -> None:
    weeks = window(20, SCALE)
    newcomer = mean(Number(40, round(Z95 * SCALE / math.sqrt(5), 1)), noise(weeks))
    assert newcomer is not None
    assert newcomer.noise == {}
    before = released(30, window(16, SCALE))
    found = change(before, newcomer)
    assert found is not None
    assert found.error >= math.hypot(before.number.error, newcomer.number.error) - 0.1


@given(
    st.integers(WINDOW, 60),
    st.integers(1, 20),
    st.floats(0.01, 1000),
    st.integers(0, 10**6),
    st.integers(0, 10**6),
)
def test_an_error_is_positive_and_never_more_than_that_of_both(
    end: int, span: int, scale: float, was: int, sites: int
) -> None:
    before, now = released(was, window(end, scale)), released(sites, window(end + span, scale))
    found = change(before, now)
    assert found is not None
    assert found.value == sites - was
    assert 0 < found.error <= math.hypot(before.number.error, now.number.error) + 1.0


def test_without_either_there_is_no_change() -> None:
    some = released(40, window(20, SCALE))
    none = Mean(Number(0, 1.0), {})
    assert mean(None, noise(window(20, SCALE))) is None
    assert change(None, some) is change(some, None) is None
    assert change_of_share(None, some, some, some) is None
    assert change_of_share(some, some, some, none) is None
    assert change_of_share(some, none, some, some) is None


def test_a_change_is_beyond_noise_if_it_is_more_than_its_error() -> None:
    assert beyond_noise(Number(-6, 5.9))
    assert not beyond_noise(Number(6, 6.0))
    assert not beyond_noise(None)


def test_a_window_is_of_released_weeks_within_the_weeks_of_a_mean() -> None:
    some = [Numbers(each) for each in releases()]
    means = Means(some)
    assert list(means.noise(2, ALL)) == list(means.noise(-1, ALL)) == list(WEEKS)
    assert list(means.noise(1, ALL)) == list(WEEKS[:2])
    short = replace(some[2].release, method=replace(some[2].release.method, weeks=2))
    found = Means([*some[:2], Numbers(short)]).noise(2, "module_usage")
    assert found == dict.fromkeys(WEEKS[1:], short.method.scales["module_usage"] / 2)
    assert means.noise(2, "no_table") == {}
    assert means.noise(2, ALL) is means.noise(2, ALL)  # not made again for each module
    slug = SLUGS[0]
    assert means.of(2, "module_usage", slug) == Mean(some[2].sites("module_usage", slug), {})  # type: ignore[arg-type]
    assert means.of(2, "module_usage", "no-such") is None


def test_a_week_that_was_not_released_is_in_no_window_and_begins_no_span() -> None:
    first, *others = releases()
    some = [Numbers(each) for each in (replace(first, week="2026-W43"), *others)]
    assert list(Means(some).spans()) == [(4, 0)]
    assert list(Means([Numbers(each) for each in releases()]).spans()) == []
    short = [
        Numbers(replace(each.release, method=replace(each.release.method, weeks=3)))
        for each in some
    ]
    assert list(Means(short).noise(2, ALL)) == list(WEEKS[1:])
