"""The public pages in a real browser: their charts are drawn, and of what the table beside says."""

from __future__ import annotations

import base64
import csv
import io
import itertools
import math
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest
from playwright.sync_api import expect

from dropsonde.publish.pages import wording
from tests.real.public_pages import MISSED, ONE, show
from tests.unit.publish.releases import SLUGS

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
    page = show(chromium, f"{public}plain/modules/{ONE}.html?show=sites")
    colored(page)
    assert chromium.ask(DOTS) > 0
    legend = page.locator(".u-series:not(.u-edge) .u-label").all_text_contents()
    assert legend == ["Week", "Mean", "That week alone"]
    page = show(chromium, f"{public}plain/compare.html?m={ONE}")
    colored(page)
    assert chromium.ask(DOTS) == 0


FIVE = "&".join(f"m={slug}" for slug in SLUGS[:5])
WORDS_OF_CANVAS = """
window.written = [];
window.dashes = new Set();
const { fillText, setLineDash } = CanvasRenderingContext2D.prototype;
CanvasRenderingContext2D.prototype.fillText = function (text, ...place) {
  window.written.push(text);
  fillText.call(this, text, ...place);
};
CanvasRenderingContext2D.prototype.setLineDash = function (dash) {
  window.dashes.add(dash.map((each) => Math.round(each / devicePixelRatio)).join(" "));
  setLineDash.call(this, dash);
};
"""


def test_lines_differ_without_their_colours(chromium: Browser, public: str) -> None:
    """Each has its own dash, and its name at its end; a week without a release says so."""
    page = show(chromium, f"{public}many/index.html")
    page.context.add_init_script(WORDS_OF_CANVAS)
    page.goto(f"{public}many/compare.html?{FIVE}")
    colored(page)
    dashes, written = chromium.ask("[[...dashes], written]")
    assert len({each for each in dashes if each}) >= 4  # and one is solid
    assert set(SLUGS[:5]) <= set(written)
    assert "not released" in written
    missing = page.locator("#trend [data-missing]")
    expect(missing).to_have_count(1)
    expect(missing.locator("td")).to_have_text("not released")
    assert page.locator("#trend tbody tr").nth(MISSED).get_attribute("data-missing") == ""


def test_what_the_pointer_is_at_is_said_in_the_words_of_the_table(
    chromium: Browser, public: str
) -> None:
    page = show(chromium, f"{public}many/compare.html?{FIVE}")
    colored(page)
    over = page.locator(".chart .u-over")
    over.scroll_into_view_if_needed()
    box = over.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] - 2, box["y"] + 40)
    values = page.locator(".u-series:not(.u-edge) .u-value")
    newest = page.locator("#trend tbody tr").first
    expect(values.first).to_have_text(newest.locator("time").inner_text())
    assert values.all_inner_texts()[1:] == newest.locator("td").all_inner_texts()
    assert all("±" in text for text in values.all_inner_texts()[1:])
    page.mouse.move(box["x"] + box["width"] * (29 - MISSED + 0.5) / 30, box["y"] + 40)
    expect(values.nth(1)).to_have_text("not released")


def saved(page: Page, form: str) -> str:
    with page.expect_download() as found:
        page.get_by_role("button", name=re.compile(f"as {form}$")).first.click()
    download = found.value
    assert download.suggested_filename.endswith(f".{form.lower()}")
    return Path(download.path()).read_bytes().decode()


def test_a_chart_is_saved_as_its_table_has_it(chromium: Browser, public: str) -> None:
    page = show(chromium, f"{public}many/compare.html?{FIVE}&show=sites")
    colored(page)
    rows = list(csv.reader(io.StringIO(saved(page, "CSV"))))
    assert rows[0][:4] == ["week", "released", SLUGS[0], f"{SLUGS[0]} ±"]
    assert len(rows) == 1 + 30
    for row, line in zip(reversed(rows[1:]), page.locator("#trend tbody tr").all(), strict=True):
        assert row[0] == line.locator("time").inner_text()
        numbers = [each.get_attribute("value") for each in line.locator("data").all()]
        assert row[1] == ("yes" if numbers else "no")
        assert [each for each in row[2:] if each] == numbers
    picture = ET.fromstring(saved(page, "SVG"))  # noqa: S314 - our own
    svg = "{http://www.w3.org/2000/svg}"
    texts = [each.text for each in picture.iter(f"{svg}text")]
    assert {*SLUGS[:5], "not released"} <= set(texts)
    lines = picture.findall(f"{svg}polyline")
    assert len(lines) == 2 * 5  # before the missing week and after it
    assert len({each.get("stroke-dasharray") for each in lines}) == 5
    assert chromium.complaints() == []


# The colour of a picture that is the furthest from white.
INK = """async (data) => {
  const answer = await fetch(`data:image/png;base64,${data}`);
  const picture = await createImageBitmap(await answer.blob());
  const pen = new OffscreenCanvas(picture.width, picture.height).getContext("2d");
  pen.drawImage(picture, 0, 0);
  const { data: dots } = pen.getImageData(0, 0, picture.width, picture.height);
  const places = Array.from({ length: dots.length / 4 }, (_, at) => 4 * at);
  const found = places.map((at) => [...dots.slice(at, at + 3)]);
  const dark = ([red, green, blue]) => red + green + blue;
  return found.sort((one, other) => dark(one) - dark(other))[0];
}"""
ALIKE = 60  # of colours, of 441 that black and white are apart


def test_lines_that_look_alike_to_who_sees_no_green_differ_by_dash(
    chromium: Browser, public: str
) -> None:
    page = show(chromium, f"{public}many/compare.html?{FIVE}")
    colored(page)
    emulated = page.context.new_cdp_session(page)
    blank = page.context.new_page()
    markers = page.locator(".u-series:not(.u-edge) .u-marker").all()[1:]
    alike = {}
    for kind in ("none", "deuteranopia"):
        emulated.send("Emulation.setEmulatedVisionDeficiency", {"type": kind})
        inks = [
            blank.evaluate(INK, base64.b64encode(each.screenshot()).decode()) for each in markers
        ]
        assert len(inks) == 5
        pairs = itertools.combinations(range(5), 2)
        alike[kind] = [
            (one, other) for one, other in pairs if math.dist(inks[one], inks[other]) < ALIKE
        ]
    assert alike["none"] == []
    assert alike["deuteranopia"]
    dashes = [
        re.sub(
            r"rgba?\(.*?\)", "", each.evaluate("(each) => getComputedStyle(each).backgroundImage")
        )
        for each in markers
    ]
    for one, other in alike["deuteranopia"]:
        assert dashes[one] != dashes[other]


def test_python_and_javascript_write_numbers_alike(chromium: Browser, public: str) -> None:
    page = show(chromium, f"{public}plain/index.html")
    shares = [at / 1000 for at in range(-150, 1300)] + [at / 10_000 for at in range(-300, 300)]
    counts = [0, 1, -1, 12, 999, 1000, -1234, 1_234_567]
    errors = [0.0, 0.1, 9.0, 9.1, 999.9, 1000.2]
    asked: dict[Callable[[Any], str], Sequence[float]] = {
        wording.percent: shares,
        wording.signed_percent: shares,
        wording.percent_upwards: [each for each in shares if each >= 0],
        wording.number: counts,
        wording.signed: counts,
        wording.upwards: errors,
    }
    for write, values in asked.items():
        found = page.evaluate(
            """async ([address, name, values]) => {
              const wording = await import(address);
              return values.map((value) => wording[name](value));
            }""",
            [f"{public}plain/assets/wording.js", write.__name__, values],
        )
        assert found == [write(each) for each in values]
