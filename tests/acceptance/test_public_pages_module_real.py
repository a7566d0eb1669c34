"""A module's page in a real browser: which versions to support, and shares or sites."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.real.public_pages import FAMILIES, MAJORS, ONE, show

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.real.browser import Browser

pytestmark = pytest.mark.real

PAGE = f"year/modules/{ONE}.html"
PHONE, DESKTOP = 360, 1280


def stands(page: Page) -> dict[str, str | None]:
    """Each major and family to where it stands at the line, as the page says beside it."""
    found = {}
    for row in page.locator("[data-lined] li").all():
        said = row.locator(".stands")
        found[row.locator("bdi").inner_text()] = said.inner_text() if said.count() else None
    return found


def drawn(page: Page, line: int) -> None:
    expect(page.locator(".line output")).to_have_text(f"{line}%")


def test_an_author_decides_which_major_to_drop(chromium: Browser, public: str) -> None:
    """With the keyboard alone; the address holds the line, so it can be passed on."""
    page = show(chromium, f"{public}{PAGE}")
    drawn(page, 5)
    below, maybe = "below the line", "may be below the line"
    at_5 = dict.fromkeys((*MAJORS, *FAMILIES)) | {"1": below, "windows": below}
    assert stands(page) == at_5
    expect(page.locator(".line [role=status]")).to_have_text(
        "Major versions below the line: 1. Families of systems below the line: windows."
    )
    page.locator("#line").focus()
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    drawn(page, 9)
    assert stands(page) == at_5 | {"2": maybe}
    expect(page.locator(".line [role=status]")).to_contain_text("may be below: 2.")
    assert page.url.endswith("?line=9")
    again = show(chromium, page.url)
    drawn(again, 9)
    assert stands(again) == at_5 | {"2": maybe}
    assert chromium.complaints() == []


@pytest.mark.parametrize(("asked", "line"), [("0", 0), ("99", 50), ("-3", 5), ("x<b>", 5), ("", 5)])
def test_a_line_in_the_address_stays_in_its_bounds(
    chromium: Browser, public: str, asked: str, line: int
) -> None:
    page = show(chromium, f"{public}{PAGE}?line={asked}")
    drawn(page, line)
    wanted = {0: set(), 5: {"1", "windows"}, 50: {"1", "2", "windows", "Debian"}}[line]
    assert {name for name, said in stands(page).items() if said == "below the line"} == wanted


def test_shares_are_shown_first_and_sites_on_demand(chromium: Browser, public: str) -> None:
    page = show(chromium, f"{public}{PAGE}")
    share, sites = page.locator(".as-share").first, page.locator(".as-sites").first
    expect(share).to_have_text("88% ± 1.4%")
    expect(share).to_be_visible()
    expect(sites).to_be_hidden()
    page.get_by_role("button", name="Sites").click()
    expect(share).to_be_hidden()
    expect(sites).to_have_text("880 ± 13 sites")
    expect(sites).to_be_visible()
    expect(page.get_by_role("button", name="Sites")).to_have_attribute("aria-pressed", "true")
    assert page.url.endswith("?show=sites")
    again = show(chromium, f"{page.url}&line=9")
    expect(again.locator(".as-sites").first).to_be_visible()
    drawn(again, 9)
    again.get_by_role("button", name="Shares").click()
    assert again.url.endswith("?line=9")


def test_without_a_script_both_stand_and_nothing_can_be_pressed(
    chromium: Browser, public: str
) -> None:
    page = show(chromium, f"{public}{PAGE}", script=False)
    for kind in (".as-share", ".as-sites"):
        expect(page.locator(kind).first).to_be_visible()
    expect(page.locator(".line")).to_be_hidden()
    expect(page.locator("[data-measure]")).to_be_hidden()


def test_majors_over_time_are_drawn_in_percent(chromium: Browser, public: str) -> None:
    page = show(chromium, f"{public}{PAGE}")
    section = page.locator("section:has(#majors)")
    expect(section.locator("canvas")).to_be_visible()
    legend = section.locator(".u-series:not(.u-edge) .u-label")
    expect(legend).to_have_text(["Week", "3.x", "2.x"])
    expect(section.locator("[data-charted] tbody tr")).to_have_count(14)
    section.locator(".u-over").hover()
    expect(section.locator(".u-series .u-value").nth(1)).to_have_text(re.compile(r"^\d+%"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [PHONE, DESKTOP])
def test_axe_finds_nothing_and_the_page_never_scrolls_sideways(
    chromium: Browser, public: str, width: int, scheme: str
) -> None:
    page = show(chromium, f"{public}{PAGE}?line=9", width=width, scheme=scheme)
    drawn(page, 9)
    assert chromium.violations() == []
    assert chromium.ask("document.documentElement.scrollWidth") <= width
