"""The public pages in a real browser: search, comparison, downloads, and all of it by keyboard."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from dropsonde.publish import paths
from dropsonde.publish.pages.wording import percent
from tests.real.public_pages import ONE, search, show
from tests.unit.publish.html import resolve
from tests.unit.publish.releases import SLUGS, WEEKS

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.real.browser import Browser

pytestmark = pytest.mark.real

FIVE = "&".join(f"m={slug}" for slug in SLUGS[:5])


def test_one_searches_with_the_keyboard_alone(
    chromium: Browser, public_root: Path, public: str
) -> None:
    page = show(chromium, f"{public}plain/index.html")
    listed = json.loads((public_root / "plain/v1/search.json").read_text())
    known, gone = listed["modules"], {slug.partition("-")[2] for slug, _ in listed["gone"]}
    count = Counter(
        slug.partition("-")[2] for slug, _ in known if slug.partition("-")[2] not in gone
    )
    name = count.most_common(1)[0][0]
    wanted = [slug for slug, _ in known if slug.partition("-")[2] == name]
    assert len(wanted) > 1
    box = search(page, name.title())
    expect(page.locator("#said")).to_have_text(f"{len(wanted)} modules found")
    expect(box).to_have_attribute("aria-expanded", "true")
    options = page.locator("[role=option]")
    assert options.locator("span:first-child").all_text_contents() == wanted
    numbers = dict(known)
    assert options.locator("span:last-child").all_text_contents() == [
        f"≈ {percent(numbers[slug])} of sites" for slug in wanted
    ]
    for key in ("ArrowDown", "ArrowDown", "ArrowDown", "ArrowUp"):
        box.press(key)
    chosen = page.locator("[aria-selected=true]")
    assert chosen.get_attribute("id") == box.get_attribute("aria-activedescendant")
    slug = chosen.get_attribute("data-slug")
    assert slug == wanted[(2 if len(wanted) > 2 else 0) - 1]
    box.press("Escape")
    expect(box).to_have_attribute("aria-expanded", "false")
    box.press("Backspace")
    box.press(name[-1])
    expect(box).to_have_attribute("aria-expanded", "true")
    box.press("Enter")
    page.wait_for_url(f"**/modules/{wanted[0]}.html")
    expect(page.locator("h1")).to_have_text(wanted[0])


def test_a_search_that_finds_nothing_says_so(chromium: Browser, public: str) -> None:
    page = show(chromium, f"{public}plain/index.html")
    box = search(page, "<b>no such")
    expect(page.locator("#said")).to_have_text(
        "No public module has this name. "
        "Whether the Forge has one that too few sites use is not known here."
    )
    box.press("Enter")
    assert page.url.endswith("index.html")


def has_choice(page: Page, slugs: tuple[str, ...]) -> None:
    expect(page.locator("#chosen a")).to_have_text(slugs)


def test_a_comparison_says_the_released_numbers(
    chromium: Browser, public_root: Path, public: str
) -> None:
    for kind in ("plain", "site"):
        page = show(chromium, f"{public}{kind}/compare.html?m={SLUGS[1]}&m={SLUGS[0]}")
        has_choice(page, (SLUGS[1], SLUGS[0]))
        top = public_root / kind
        source = {
            str(path.relative_to(top)): json.loads(path.read_text())
            for path in (top / "v1").rglob("*.json")
        }
        numbers = page.locator("#result data").all()
        assert len(numbers) >= 4 * len(WEEKS) + 12
        for number in numbers:
            value = resolve(source, number.get_attribute("data-cell") or "")
            assert float(number.get_attribute("value") or "") == value
        for text in page.locator("#trend tbody td").all_text_contents():
            assert text == "not public" or "±" in text


def test_the_choice_stands_in_the_address(chromium: Browser, public: str) -> None:
    page = show(chromium, f"{public}plain/compare.html?m={SLUGS[0]}")
    for at, slug in enumerate(SLUGS[1:3], 2):
        search(page, slug).press("Enter")
        has_choice(page, SLUGS[:at])
    address = page.url
    assert address.endswith("?" + "&".join(f"m={slug}" for slug in SLUGS[:3]))
    page.get_by_label(f"Remove {SLUGS[1]}").click()
    has_choice(page, (SLUGS[0], SLUGS[2]))
    expect(page.locator("#search")).to_be_focused()
    page.go_back()
    has_choice(page, SLUGS[:3])
    has_choice(show(chromium, address), SLUGS[:3])


def test_a_sixth_and_an_unknown_name_are_refused(chromium: Browser, public: str) -> None:
    address = f"{public}plain/compare.html?{FIVE}&m={SLUGS[5]}&m=<img src=x>&m=__proto__"
    page = show(chromium, address)
    has_choice(page, SLUGS[:5])
    expect(page.locator("#message")).to_have_text(
        "No such public module: <img src=x>, __proto__. "
        f"At most five modules can be compared; left out: {SLUGS[5]}."
    )
    search(page, SLUGS[6]).press("Enter")
    expect(page.locator("#message")).to_have_text(re.compile(f"left out: {SLUGS[6]}\\.$"))
    has_choice(page, SLUGS[:5])
    assert chromium.complaints() == []


def test_without_scripts_everything_still_is_there(
    chromium: Browser, public_root: Path, public: str
) -> None:
    page = show(chromium, f"{public}plain/modules.html", script=False)
    known = json.loads((public_root / "plain/v1/search.json").read_text())["modules"]
    assert page.locator("tbody th").all_text_contents() == [slug for slug, _ in known]
    expect(page.locator("[data-filter]")).to_be_hidden()
    page = show(chromium, f"{public}plain/modules/{ONE}.html", script=False)
    expect(page.locator("[data-charted] tbody tr")).to_have_count(len(WEEKS))
    expect(page.locator(".chart")).to_be_hidden()
    page = show(chromium, f"{public}plain/compare.html", script=False)
    expect(page.locator("noscript p")).to_contain_text("needs its script")


def test_files_can_be_downloaded(chromium: Browser, public_root: Path, public: str) -> None:
    page = show(chromium, f"{public}plain/data.html")
    for path in paths.files(WEEKS[-1], "module_usage").values():
        with page.expect_download() as found:
            page.locator(f"a[href='{path}']").click()
        assert found.value.suggested_filename == Path(path).name
        assert found.value.path().read_bytes() == (public_root / "plain" / path).read_bytes()
    with page.expect_download() as found:
        page.locator("#cells ~ .downloads a").first.click()
    assert found.value.suggested_filename == f"{WEEKS[-1]}.cells.parquet"
    path = f"data/{WEEKS[-1]}/{WEEKS[-1]}.cells.parquet"
    assert found.value.path().read_bytes() == (public_root / "plain" / path).read_bytes()


def test_a_badge_is_an_image_and_can_be_copied(chromium: Browser, public: str) -> None:
    page = show(chromium, f"{public}plain/modules/{ONE}.html")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=public)
    image = "document.querySelector('#badge ~ p img')"
    assert chromium.ask(f"{image}.naturalWidth") > 80
    assert chromium.ask(f"{image}.naturalHeight") == 20
    wanted = f"[![Used by]({public}plain/badges/{ONE}.svg)]({public}plain/modules/{ONE}.html)"
    assert page.locator(".copy pre").text_content() == wanted
    page.locator(".copy button").click()
    expect(page.locator(".copy [role=status]")).to_have_text("Copied")
    assert chromium.ask("navigator.clipboard.readText()") == wanted


def test_the_keyboard_skips_to_the_content(chromium: Browser, public: str) -> None:
    page = show(chromium, f"{public}plain/index.html")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()


@pytest.mark.parametrize("name", ["index.html", f"modules/{ONE}.html", f"compare.html?m={ONE}"])
def test_a_reader_follows_a_number_to_its_cell(chromium: Browser, public: str, name: str) -> None:
    page = show(chromium, f"{public}plain/{name}")
    before = page.locator("main").inner_text()
    button = page.get_by_role("button", name="Link each number to its source")
    button.press("Enter")
    expect(button).to_have_attribute("aria-pressed", "true")
    assert page.locator("main").inner_text() == before
    numbers = page.locator("main data").all()
    assert len(numbers) == page.locator("main data > a").count() > 5
    for number in numbers[:: max(len(numbers) // 20, 1)]:
        address, _, pointer = (number.locator("a").get_attribute("href") or "").partition("#")
        document = json.loads(page.request.get(address).text())
        value = resolve({"": document}, f"#{pointer}")
        assert float(number.get_attribute("value") or "") == value
    button.press("Enter")
    expect(page.locator("main data > a")).to_have_count(0)
    assert page.locator("main").inner_text() == before
    assert chromium.complaints() == []


def test_numbers_that_come_later_are_links_too(chromium: Browser, public: str) -> None:
    page = show(chromium, f"{public}plain/compare.html?m={ONE}")
    page.get_by_role("button", name="Link each number to its source").click()
    search(page, SLUGS[1]).press("Enter")
    has_choice(page, (ONE, SLUGS[1]))
    expect(page.locator("#newest thead th")).to_have_count(3)
    expect(page.locator("main data:not(:has(a))")).to_have_count(0)
