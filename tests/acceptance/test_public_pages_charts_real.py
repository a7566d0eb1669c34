"""The public pages in a real browser: their charts are drawn, and of what the table beside says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.real.public_pages import ONE, show

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.real.browser import Browser, Scheme

pytestmark = pytest.mark.real


# How many pixels of a canvas have about the colour of the first line, for each column of pixels;
# nothing as long as none has.
COLORED = """() => {
  const canvas = document.querySelector(".chart canvas");
  if (canvas === null) return null;
  const style = getComputedStyle(document.documentElement).getPropertyValue("--series-0").trim();
  const wanted = [1, 3, 5].map((at) => parseInt(style.slice(at, at + 2), 16));
  const { width, height } = canvas;
  const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
  const columns = Array(width).fill(0);
  for (let at = 0; at < data.length; at += 4) {
    const near = wanted.every((part, place) => Math.abs(part - data[at + place]) < 8);
    if (near && data[at + 3] > 200) columns[(at / 4) % width] += 1;
  }
  return columns.some(Boolean) ? columns : null;
}"""


def colored(page: Page) -> list[int]:
    found: list[int] = page.wait_for_function(COLORED).json_value()
    return found


PATHS = (
    "plain/index.html",
    f"plain/modules/{ONE}.html",
    f"plain/compare.html?m={ONE}",
    f"site/modules/{ONE}.html",
)


@pytest.mark.parametrize("path", PATHS)
def test_a_chart_is_drawn_in_the_colours_of_the_scheme(
    chromium: Browser, public: str, path: str
) -> None:
    page = show(chromium, f"{public}{path}")
    schemes: tuple[Scheme, ...] = ("light", "dark")
    for scheme in schemes:
        page.emulate_media(color_scheme=scheme)
        drawn = colored(page)
        assert all(drawn[len(drawn) // 4 : len(drawn) * 3 // 4])


def test_a_chart_of_one_week_has_its_point_in_the_middle(chromium: Browser, public: str) -> None:
    drawn = colored(show(chromium, f"{public}odd/index.html"))
    places = [place for place, pixels in enumerate(drawn) if pixels]
    assert places[-1] - places[0] < 20
    assert 0.4 < places[0] / len(drawn) < 0.6


def test_a_chart_has_a_gap_where_a_week_is_not_public(chromium: Browser, public: str) -> None:
    page = show(chromium, f"{public}gap/modules/{ONE}.html")
    drawn = colored(page)
    first = next(place for place, pixels in enumerate(drawn) if pixels)
    last = len(drawn) - 1 - next(place for place, pixels in enumerate(drawn[::-1]) if pixels)
    assert not any(drawn[first + 20 : last - 20])
    assert "not public" in page.locator("[data-charted] tbody tr").all_text_contents()[1]


# How many pixels of the chart's middle have about the colour of a week's own numbers.
DOTS = """() => {
  const canvas = document.querySelector(".chart canvas");
  const style = getComputedStyle(document.documentElement).getPropertyValue("--quiet").trim();
  const wanted = [1, 3, 5].map((at) => parseInt(style.slice(at, at + 2), 16));
  const { width, height } = canvas;
  const left = Math.round(width / 4), top = Math.round(height / 20);
  const { data } = canvas.getContext("2d").getImageData(left, top, width / 2, height * 0.7);
  let found = 0;
  for (let at = 0; at < data.length; at += 4) {
    found += wanted.every((part, place) => Math.abs(part - data[at + place]) < 8);
  }
  return found;
}"""


def test_the_weeks_own_numbers_are_dots_and_are_named(chromium: Browser, public: str) -> None:
    page = show(chromium, f"{public}plain/modules/{ONE}.html")
    colored(page)
    assert chromium.ask(DOTS) > 0
    legend = page.locator(".u-series:not(.u-edge) .u-label").all_text_contents()
    assert legend == ["Week", "Mean", "That week alone"]
    page = show(chromium, f"{public}plain/compare.html?m={ONE}")
    colored(page)
    assert chromium.ask(DOTS) == 0
