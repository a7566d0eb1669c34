"""The public pages in a real browser: search, comparison, downloads, and all of it by keyboard."""

from __future__ import annotations

import functools
import json
from typing import TYPE_CHECKING

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.real.public_pages import ONE, find, search, show, texts, wait
from tests.unit.aggregation.publish.html import resolve
from tests.unit.aggregation.publish.releases import SLUGS, WEEKS

if TYPE_CHECKING:
    from pathlib import Path

    from tests.real.browser import Browser

pytestmark = pytest.mark.real

FIVE = "&".join(f"m={slug}" for slug in SLUGS[:5])


@pytest.mark.parametrize("page", ["index", "modules"])
def test_one_searches_with_the_keyboard_alone(
    chromium: Browser, public_root: Path, public: str, page: str
) -> None:
    show(chromium, f"{public}plain/{page}.html")
    known = json.loads((public_root / "plain/v1/search.json").read_text())["modules"]
    wanted = [slug for slug, _ in known if slug.partition("-")[2] == "module3"]
    assert len(wanted) > 1
    box = search(chromium, "Module3")
    assert find(chromium, "#said").text == f"{len(wanted)} modules found"
    assert box.get_attribute("aria-expanded") == "true"
    assert texts(chromium, "[role=option] span:first-child") == wanted
    numbers = dict(known)
    assert texts(chromium, "[role=option] span:last-child") == [
        f"≥ {numbers[slug]:,} sites" for slug in wanted
    ]
    box.send_keys(Keys.ARROW_DOWN, Keys.ARROW_DOWN, Keys.ARROW_DOWN, Keys.ARROW_UP)
    chosen = find(chromium, "[aria-selected=true]")
    assert chosen.get_attribute("id") == box.get_attribute("aria-activedescendant")
    slug = chosen.get_attribute("data-slug")
    assert slug == wanted[(2 if len(wanted) > 2 else 0) - 1]
    box.send_keys(Keys.ESCAPE)
    assert box.get_attribute("aria-expanded") == "false"
    box.send_keys(Keys.BACKSPACE, "3")
    wait(chromium, lambda: box.get_attribute("aria-expanded") == "true")
    box.send_keys(Keys.ENTER)
    wait(chromium, lambda: chromium.driver.current_url.endswith(f"/modules/{wanted[0]}.html"))
    assert find(chromium, "h1").text == wanted[0]


def test_a_search_that_finds_nothing_says_so(chromium: Browser, public: str) -> None:
    show(chromium, f"{public}plain/index.html")
    box = search(chromium, "<b>no such")
    assert find(chromium, "#said").text == "No modules found"
    box.send_keys(Keys.ENTER)
    assert chromium.driver.current_url.endswith("index.html")


def choice(chromium: Browser) -> list[str]:
    return texts(chromium, "#chosen a")


def test_a_comparison_says_the_released_numbers(
    chromium: Browser, public_root: Path, public: str
) -> None:
    for kind in ("plain", "noise"):
        show(chromium, f"{public}{kind}/compare.html?m={SLUGS[1]}&m={SLUGS[0]}")
        assert choice(chromium) == [SLUGS[1], SLUGS[0]]
        top = public_root / kind
        source = {
            str(path.relative_to(top)): json.loads(path.read_text())
            for path in (top / "v1").rglob("*.json")
        }
        numbers = chromium.driver.find_elements(By.CSS_SELECTOR, "#result data")
        assert len(numbers) >= 2 * len(WEEKS) + 4
        for number in numbers:
            value = resolve(source, number.get_attribute("data-cell") or "")
            assert float(number.get_attribute("value") or "") == value
        for text in texts(chromium, "#trend tbody td"):
            assert text == "not public" or (
                text.startswith("≥ ") if kind == "plain" else "±" in text
            )


def test_the_choice_stands_in_the_address(chromium: Browser, public: str) -> None:
    show(chromium, f"{public}plain/compare.html?m={SLUGS[0]}")
    for slug in SLUGS[1:3]:
        search(chromium, slug).send_keys(Keys.ENTER)
    assert choice(chromium) == list(SLUGS[:3])
    address = chromium.driver.current_url
    assert address.endswith("?" + "&".join(f"m={slug}" for slug in SLUGS[:3]))
    find(chromium, f"[aria-label='Remove {SLUGS[1]}']").click()
    assert choice(chromium) == [SLUGS[0], SLUGS[2]]
    assert chromium.ask("document.activeElement.id") == "search"
    chromium.driver.back()
    wait(chromium, lambda: choice(chromium) == list(SLUGS[:3]))
    show(chromium, address)
    assert choice(chromium) == list(SLUGS[:3])


def test_a_sixth_and_an_unknown_name_are_refused(chromium: Browser, public: str) -> None:
    show(chromium, f"{public}plain/compare.html?{FIVE}&m={SLUGS[5]}&m=<img src=x>&m=__proto__")
    assert choice(chromium) == list(SLUGS[:5])
    said = find(chromium, "#message").text
    assert said == (
        "No such public module: <img src=x>, __proto__. "
        f"At most five modules can be compared; left out: {SLUGS[5]}."
    )
    search(chromium, SLUGS[6]).send_keys(Keys.ENTER)
    assert find(chromium, "#message").text.endswith(f"left out: {SLUGS[6]}.")
    assert choice(chromium) == list(SLUGS[:5])
    assert chromium.complaints() == []


def test_without_scripts_everything_still_is_there(
    chromium: Browser, public_root: Path, public: str
) -> None:
    show(chromium, f"{public}plain/modules.html", script=False)
    known = json.loads((public_root / "plain/v1/search.json").read_text())["modules"]
    assert texts(chromium, "tbody th") == [slug for slug, _ in known]
    assert not find(chromium, "[data-search]").is_displayed()
    show(chromium, f"{public}plain/modules/{ONE}.html", script=False)
    assert len(texts(chromium, "[data-charted] tbody tr")) == len(WEEKS)
    assert not find(chromium, ".chart").is_displayed()
    show(chromium, f"{public}plain/compare.html", script=False)
    assert "needs its script" in find(chromium, "noscript").text


def holds(file: Path, wanted: bytes) -> bool:
    return file.exists() and file.read_bytes() == wanted


def test_files_can_be_downloaded(
    chromium: Browser, public_root: Path, public: str, tmp_path: Path
) -> None:
    chromium.driver.execute_cdp_cmd(
        "Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(tmp_path)}
    )
    show(chromium, f"{public}plain/data.html")
    for form in ("csv", "json", "parquet"):
        path = f"data/{WEEKS[-1]}/module_usage.{form}"
        find(chromium, f"a[href='{path}']").click()
        wanted = (public_root / "plain" / path).read_bytes()
        file = tmp_path / f"module_usage.{form}"
        wait(chromium, functools.partial(holds, file, wanted))


def test_a_badge_is_an_image_and_can_be_copied(chromium: Browser, public: str) -> None:
    rights = {"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"], "origin": public}
    chromium.driver.execute_cdp_cmd("Browser.grantPermissions", rights)
    show(chromium, f"{public}plain/modules/{ONE}.html")
    image = "document.querySelector('#badge ~ p img')"
    assert chromium.ask(f"{image}.naturalWidth") > 80
    assert chromium.ask(f"{image}.naturalHeight") == 20
    wanted = f"[![Used by]({public}plain/badges/{ONE}.svg)]({public}plain/modules/{ONE}.html)"
    assert find(chromium, ".copy pre").get_attribute("textContent") == wanted
    find(chromium, ".copy button").click()
    wait(chromium, lambda: find(chromium, ".copy [role=status]").text == "Copied")
    assert (
        chromium.driver.execute_async_script(
            "navigator.clipboard.readText().then(arguments[0], (error) => arguments[0](`${error}`))"
        )
        == wanted
    )


def test_the_keyboard_skips_to_the_content(chromium: Browser, public: str) -> None:
    show(chromium, f"{public}plain/index.html")
    find(chromium, "body").send_keys(Keys.TAB)
    assert chromium.ask("document.activeElement.className") == "skip"
    chromium.driver.switch_to.active_element.send_keys(Keys.ENTER)
    assert chromium.ask("document.activeElement.id") == "main"
