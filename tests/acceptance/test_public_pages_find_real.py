"""The public pages in a real browser: finding modules, the table of all, choosing among them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.real.public_pages import MANY, OLD, RETIRED, search, show
from tests.unit.publish.releases import SLUGS

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

    from tests.real.browser import Browser

pytestmark = pytest.mark.real

PHONE = 360
PIECE = 100
FIVE = "&".join(f"m={slug}" for slug in SLUGS[:5])


def names(page: Page) -> list[str]:
    found: list[str] = page.locator("[data-modules] tbody th").all_inner_texts()
    return [each.removesuffix(" deprecated") for each in found]


@pytest.mark.parametrize(
    "typed", ["author2-module2", "Author2/Module2", "module2 AUTHOR2", "dule2 thor2"]
)
def test_all_words_have_to_be_in_the_name_in_any_order(
    chromium: Browser, public: str, typed: str
) -> None:
    page = show(chromium, f"{public}many/index.html")
    search(page, typed)
    found = page.locator("[role=option] span:first-child").all_inner_texts()
    assert "author2-module2" in found
    slugs = [each for each in found if not each.startswith("All")]
    assert all("author2" in each and "module2" in each for each in slugs)


def test_a_late_answer_to_the_first_letters_does_not_hide_what_was_typed_since(
    chromium: Browser, public: str
) -> None:
    page = show(chromium, f"{public}many/index.html")
    asked: list[Route] = []

    def hold(request: Route) -> None:
        asked.append(request)

    page.route("**/v1/search.json", hold)
    box = page.locator("#search")
    with page.expect_request("**/v1/search.json"):
        box.press_sequentially("m")
    box.press_sequentially("odule249")
    for each in reversed(asked):  # the first letter's, at last
        each.continue_()
    expect(page.locator("#said")).to_have_text("1 module found")
    expect(page.locator("[role=option] span:first-child")).to_have_text(["author1-module249"])
    assert len(asked) == 1


def test_a_list_that_could_not_be_loaded_is_asked_for_again(chromium: Browser, public: str) -> None:
    page = show(chromium, f"{public}many/index.html")
    page.route("**/v1/search.json", lambda each: each.abort(), times=1)
    box = search(page, "m")
    expect(page.locator("#said")).to_have_text(re.compile("cannot be loaded"))
    box.press_sequentially("odule249")
    expect(page.locator("#said")).to_have_text("1 module found")


def test_a_search_tells_what_was_public_from_what_is_unknown(
    chromium: Browser, public: str
) -> None:
    page = show(chromium, f"{public}many/index.html")
    box = search(page, "retired")
    expect(page.locator("[role=option]")).to_have_text(f"{RETIRED}was public until 2026-W30")
    expect(page.locator("#said")).to_have_text(re.compile("^No longer public"))
    box.fill("rarely small")
    expect(page.locator("#said")).to_have_text(
        "On the Forge, but too few sites to show: "
        f"{', '.join(f'small{at}-rarely_used' for at in range(5))} and 4 more."
    )
    expect(page.locator("[role=listbox]")).to_be_hidden()
    box.fill("no such")
    expect(page.locator("#said")).to_have_text("The Forge has no module of this name.")
    page = show(chromium, f"{public}plain/index.html")
    search(page, "no such")
    expect(page.locator("#said")).to_have_text(re.compile("is not known here"))


def test_the_list_closes_once_the_focus_is_elsewhere(chromium: Browser, public: str) -> None:
    page = show(chromium, f"{public}many/index.html")
    search(page, "module")
    expect(page.locator("[role=listbox]")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.locator("[role=listbox]")).to_be_hidden()
    expect(page.locator("#search")).to_have_attribute("aria-expanded", "false")


def test_all_that_a_search_finds_is_a_table_with_an_address(chromium: Browser, public: str) -> None:
    page = show(chromium, f"{public}many/index.html")
    search(page, "module1").press("ArrowUp")  # the last option
    page.keyboard.press("Enter")
    page.wait_for_url("**/modules.html?q=module1")
    expect(page.locator("#search")).to_have_value("module1")
    wanted = [f"author{at % 4}-module{at}" for at in range(MANY) if str(at).startswith("1")]
    expect(page.locator("#said")).to_have_text(f"{len(wanted)} of {MANY} modules")
    assert names(page) == wanted[:PIECE]
    page.get_by_role("button", name="Show 11 more").click()
    assert names(page) == wanted
    page.locator("#search").fill("Author3/module")
    expect(page).to_have_url(re.compile("q=Author3"))
    assert all(name.startswith("author3-module") for name in names(page))
    page.locator("#search").fill("retired")
    expect(page.locator("#said")).to_have_text(f"{RETIRED} was public until 2026-W30")
    page.locator("#search").fill("nobody")
    expect(page.locator("#said")).to_have_text("The Forge has no module of this name.")
    assert chromium.complaints() == []


def test_the_table_sorts_with_the_keyboard_alone(chromium: Browser, public: str) -> None:
    page = show(chromium, f"{public}many/modules.html")
    first = names(page)
    assert len(first) == PIECE
    for by, column, signs in (("Change of share", 4, (-1, 1)), ("Unused at", 5, (-1, 1))):
        for sign in signs:
            page.get_by_role("button", name=by).focus()
            page.keyboard.press("Enter")
            way = "descending" if sign < 0 else "ascending"
            head = page.locator(f"[data-modules] thead tr > :nth-child({column + 1})")
            expect(head).to_have_attribute("aria-sort", way)
            cells = page.locator(f"[data-modules] tbody tr > :nth-child({column + 1})")
            values = [
                float(each.locator("data").first.get_attribute("value") or "")
                for each in cells.all()[:20]
            ]
            assert values == sorted(values, key=lambda value: sign * value)
    page.get_by_role("button", name="Module", exact=True).click()
    assert page.url.endswith("?sort=name")
    assert names(page)[:3] == ["author0-module0", "author0-module100", "author0-module104"]
    again = show(chromium, page.url)
    expect(again.locator("[data-by=name]")).to_have_attribute("aria-sort", "ascending")
    assert names(again)[1] == "author0-module100"


def test_what_is_deprecated_is_said_in_the_table_on_its_page_and_where_it_is_compared(
    chromium: Browser, public: str
) -> None:
    old = f"author{OLD % 4}-module{OLD}"
    page = show(chromium, f"{public}many/modules.html?q={old}")
    rows = "[data-modules] tbody th"
    expect(page.locator(rows)).to_have_text([f"{old} deprecated"])
    still = show(chromium, f"{public}many/modules-2.html", script=False)
    expect(still.locator(rows, has_text="deprecated")).to_have_text([f"{old} deprecated"])
    page = show(chromium, f"{public}many/modules/{SLUGS[4]}.html")
    expect(page.locator(".alert")).to_contain_text("Deprecated, as its owner says on the Forge")
    page.locator(".alert").get_by_role("link", name=SLUGS[0]).click()
    page.wait_for_url(f"**/modules/{SLUGS[0]}.html")
    assert page.locator(".alert").count() == 0
    page = show(chromium, f"{public}many/compare.html?m={SLUGS[0]}&m={SLUGS[4]}")
    expect(page.locator("#sentences")).to_contain_text("deprecated since 2026-03-01.")
    assert chromium.complaints() == []


def test_only_what_rises_or_falls_beyond_its_error(chromium: Browser, public: str) -> None:
    page = show(chromium, f"{public}many/modules.html?only=falling")
    expect(page.locator("#said")).to_have_text(re.compile(f" of {MANY} modules"))
    assert page.locator("tbody tr:has(data.down)").count() == len(names(page)) > 20
    page.locator("#only").select_option("rising")
    expect(page).to_have_url(re.compile("only=rising"))
    assert page.locator("tbody tr:has(data.up)").count() == len(names(page)) > 20


def test_without_scripts_the_table_has_numbered_parts(chromium: Browser, public: str) -> None:
    page = show(chromium, f"{public}many/modules.html", script=False)
    found = names(page)
    for part in ("2", "3"):
        page.locator(".pager").get_by_role("link", name=part, exact=True).click()
        found += names(page)
    assert found == [f"author{at % 4}-module{at}" for at in range(MANY)]
    expect(page.locator("[data-filter]")).to_be_hidden()


def test_an_administrator_chooses_among_three_modules_on_a_phone(
    chromium: Browser, public: str
) -> None:
    """The address has names as people write them; the title names what is compared."""
    asked = f"{SLUGS[0].replace('-', '/').upper()},{SLUGS[1]}&m={SLUGS[2]}"
    page = show(chromium, f"{public}many/compare.html?m={asked}", width=PHONE)
    three = [*SLUGS[:3]]
    assert page.locator("#chosen a").all_inner_texts() == three
    assert page.title() == f"{', '.join(three)} · Compare modules · Dropsonde"
    said = page.locator("#sentences")
    assert said.locator("h3").all_inner_texts() == three
    assert said.locator("li").all_inner_texts() == [
        f"{at}.x is at 91 to 93% of sites." for at in (1, 2, 3)
    ]
    heads = page.locator("#newest tbody th").all_inner_texts()
    assert {"Share of all sites", "Most used majors", "Platforms", "Unused, of its sites"} <= {
        *heads
    }
    assert page.locator("#newest .few li").count() > 6
    assert chromium.ask("document.documentElement.scrollWidth") <= PHONE
    assert chromium.violations() == []
    assert chromium.complaints() == []


def test_shares_or_sites_stand_in_the_address(chromium: Browser, public: str) -> None:
    page = show(chromium, f"{public}many/compare.html?{FIVE}")
    expect(page.locator("#trend td").first).to_have_text(re.compile("%"))
    page.get_by_role("radio", name="share of all sites").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#trend td").first).not_to_have_text(re.compile("%"))
    assert page.url.endswith("&show=sites")
    page.go_back()
    expect(page.locator("#trend td").first).to_have_text(re.compile("%"))
    expect(page.get_by_role("radio", name="share of all sites")).to_be_checked()


@pytest.mark.parametrize("path", ["index.html", "modules.html", f"compare.html?{FIVE}"])
def test_print_has_numbers_and_nothing_to_press(chromium: Browser, public: str, path: str) -> None:
    page = show(chromium, f"{public}many/{path}")
    page.wait_for_load_state("networkidle")
    page.emulate_media(media="print")
    for hidden in ("nav", ".save", ".search", "button", ".skip"):
        assert not [each for each in page.locator(hidden).all() if each.is_visible()]
    for box in page.locator(".scroll").all():  # nothing of a table is left out
        assert box.evaluate("(each) => each.scrollHeight - each.clientHeight") <= 2
    assert page.locator("main data").count() > 20
    assert page.pdf().startswith(b"%PDF")


@pytest.mark.parametrize("path", ["index.html", "modules.html", f"compare.html?{FIVE}"])
def test_axe_finds_nothing_in_what_scripts_made(chromium: Browser, public: str, path: str) -> None:
    page = show(chromium, f"{public}many/{path}", width=PHONE, scheme="dark")
    if path == "modules.html":
        page.get_by_role("button", name="Change of share").click()
        expect(page.locator("#said")).to_have_text(f"{MANY} of {MANY} modules")
    assert chromium.violations() == []
    assert chromium.ask("document.documentElement.scrollWidth") <= PHONE


# How far what was shown moved, of the window; as browsers measure it.
SHIFTED = """new Promise((done) => {
  let sum = 0;
  const add = (entries) => entries.forEach(({ value }) => { sum += value; });
  const observer = new PerformanceObserver((list) => add(list.getEntries()));
  observer.observe({ type: "layout-shift", buffered: true });
  requestAnimationFrame(() => requestAnimationFrame(() => done(sum)));
})"""


@pytest.mark.parametrize(
    "path", ["index.html", "modules.html", f"modules/{SLUGS[0]}.html", f"compare.html?{FIVE}"]
)
def test_hardly_anything_moves_while_a_page_loads(
    chromium: Browser, public: str, path: str
) -> None:
    page = show(chromium, f"{public}many/{path}", width=PHONE)
    page.wait_for_load_state("networkidle")
    assert chromium.ask(SHIFTED) < 0.1


def test_where_nothing_is_public_nothing_is_to_be_pressed(chromium: Browser, public: str) -> None:
    for name in ("index", "modules", "compare"):
        page = show(chromium, f"{public}nobody/{name}.html")
        page.wait_for_load_state("networkidle")
        assert chromium.complaints() == []
        assert chromium.violations() == []
        expect(page.locator("main")).to_contain_text(re.compile("needs? [0-9]+"))
        expect(page.locator("canvas")).to_have_count(0)
