"""The public pages in a real browser, served as any web server serves them."""

from __future__ import annotations

import functools
import json
import struct
import threading
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.wait import WebDriverWait

from dropsonde.aggregation.publish.api import documents
from dropsonde.aggregation.publish.pages import pages
from dropsonde.aggregation.publish.site import publish
from tests.real.browser import Browser, browser
from tests.unit.aggregation.publish.html import resolve
from tests.unit.aggregation.publish.releases import SLUGS, WEEKS, releases

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from selenium.webdriver.remote.webelement import WebElement

pytestmark = pytest.mark.real

PHONE, DESKTOP = 360, 1280
WAIT = 20  # seconds at most, for a fetch on loopback
ONE = SLUGS[0]
FIVE = "&".join(f"m={slug}" for slug in SLUGS[:5])
PATHS = (
    "plain/index.html",
    "plain/modules.html",
    f"plain/modules/{ONE}.html",
    f"plain/compare.html?{FIVE}",
    "plain/method.html",
    "plain/data.html",
    "plain/tables/class_usage.html",
    "noise/index.html",
    f"noise/modules/{ONE}.html",
    "noise/method.html",
)

each_path = pytest.mark.parametrize("path", PATHS)
each_width = pytest.mark.parametrize("width", [PHONE, DESKTOP])
each_scheme = pytest.mark.parametrize("scheme", ["light", "dark"])


class Silent(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        pass


@contextmanager
def served(directory: Path) -> Iterator[str]:
    """A web server of a directory; gives its address."""
    handler = functools.partial(Silent, directory=str(directory))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("public")
    publish(directory / "plain", releases())
    publish(directory / "noise", releases(noise=True))
    for path, data in gapped():
        place = directory / "gap" / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
    return directory


def gapped() -> Iterator[tuple[str, bytes]]:
    """Pages on which a module was not public in the week in the middle."""
    found = dict(documents(releases()))
    found[f"v1/modules/{ONE}.json"]["trend"][1]["sites"] = None
    return pages(found)


@pytest.fixture(scope="module")
def base(root: Path) -> Iterator[str]:
    with served(root) as address:
        yield address


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with browser(tmp_path_factory.mktemp("profile")) as found:
        yield found


def find(chromium: Browser, css: str) -> WebElement:
    return chromium.driver.find_element(By.CSS_SELECTOR, css)


def wait(chromium: Browser, done: Callable[[], Any]) -> None:
    WebDriverWait(chromium.driver, WAIT, poll_frequency=0.05).until(lambda _: done())


def show(chromium: Browser, address: str, **how: Any) -> None:
    """Open a page, and wait for what its script fetches."""
    chromium.open(address, **how)
    if "compare.html?" in address and how.get("script", True):
        wait(chromium, lambda: chromium.ask("document.querySelectorAll('#newest tr').length"))


def texts(chromium: Browser, css: str) -> list[str]:
    found = chromium.driver.find_elements(By.CSS_SELECTOR, css)
    return [each.get_attribute("textContent") or "" for each in found]


@each_path
def test_it_asks_nobody_else_and_complains_of_nothing(
    chromium: Browser, base: str, path: str
) -> None:
    show(chromium, f"{base}{path}")
    requested = chromium.requested()
    assert f"{base}{path}" in requested
    assert [address for address in requested if not address.startswith(base)] == []
    assert chromium.complaints() == []


@each_path
@each_width
@each_scheme
def test_axe_finds_nothing(
    chromium: Browser, base: str, path: str, width: int, scheme: str
) -> None:
    show(chromium, f"{base}{path}", width=width, scheme=scheme)
    chromium.ask("document.querySelectorAll('details').forEach((each) => { each.open = true })")
    assert chromium.violations() == []


@each_scheme
def test_axe_finds_nothing_while_one_searches(chromium: Browser, base: str, scheme: str) -> None:
    show(chromium, f"{base}plain/index.html", scheme=scheme)
    search(chromium, "module").send_keys(Keys.ARROW_DOWN)
    assert chromium.violations() == []


@each_path
@each_width
def test_the_page_never_scrolls_sideways(
    chromium: Browser, base: str, path: str, width: int
) -> None:
    show(chromium, f"{base}{path}", width=width)
    chromium.ask("document.querySelectorAll('details').forEach((each) => { each.open = true })")
    assert chromium.ask("window.innerWidth") == width
    assert chromium.ask("document.documentElement.scrollWidth") <= width


@each_path
@each_width
@each_scheme
def test_screenshots(
    chromium: Browser, base: str, tmp_path: Path, path: str, width: int, scheme: str
) -> None:
    show(chromium, f"{base}{path}", width=width, scheme=scheme)
    picture = chromium.picture()
    (tmp_path / f"{width}-{scheme}.png").write_bytes(picture)  # to be looked at
    shown, height = struct.unpack(">II", picture[16:24])
    scrollbar = 15
    assert width - scrollbar <= shown <= width
    assert height > 800
    color = chromium.ask("getComputedStyle(document.body).backgroundColor")
    light = min(int(part) for part in color.removeprefix("rgb(").rstrip(")").split(",")) > 200
    assert light == (scheme == "light")


def search(chromium: Browser, typed: str) -> WebElement:
    """Type into the search box, and wait for the answer."""
    wait(chromium, lambda: find(chromium, "#search").is_displayed())
    box = find(chromium, "#search")
    box.send_keys(typed)
    wait(chromium, lambda: find(chromium, "#said").text)
    return box


@pytest.mark.parametrize("page", ["index", "modules"])
def test_one_searches_with_the_keyboard_alone(
    chromium: Browser, root: Path, base: str, page: str
) -> None:
    show(chromium, f"{base}plain/{page}.html")
    known = json.loads((root / "plain/v1/search.json").read_text())["modules"]
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


def test_a_search_that_finds_nothing_says_so(chromium: Browser, base: str) -> None:
    show(chromium, f"{base}plain/index.html")
    box = search(chromium, "<b>no such")
    assert find(chromium, "#said").text == "No modules found"
    box.send_keys(Keys.ENTER)
    assert chromium.driver.current_url.endswith("index.html")


def choice(chromium: Browser) -> list[str]:
    return texts(chromium, "#chosen a")


def test_a_comparison_says_the_released_numbers(chromium: Browser, root: Path, base: str) -> None:
    for kind in ("plain", "noise"):
        show(chromium, f"{base}{kind}/compare.html?m={SLUGS[1]}&m={SLUGS[0]}")
        assert choice(chromium) == [SLUGS[1], SLUGS[0]]
        top = root / kind
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
            few = text == "fewer than 10"
            assert few or (text.startswith("≥ ") if kind == "plain" else "±" in text)


def test_the_choice_stands_in_the_address(chromium: Browser, base: str) -> None:
    show(chromium, f"{base}plain/compare.html?m={SLUGS[0]}")
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


def test_a_sixth_and_an_unknown_name_are_refused(chromium: Browser, base: str) -> None:
    show(chromium, f"{base}plain/compare.html?{FIVE}&m={SLUGS[5]}&m=<img src=x>&m=__proto__")
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


# How many pixels of a canvas have about a colour, for each column of pixels.
COLORED = """
const canvas = document.querySelector(".chart canvas");
const style = getComputedStyle(document.documentElement).getPropertyValue("--series-0").trim();
const wanted = [1, 3, 5].map((at) => parseInt(style.slice(at, at + 2), 16));
const { width, height } = canvas;
const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
const columns = Array(width).fill(0);
for (let at = 0; at < data.length; at += 4) {
  const near = wanted.every((part, place) => Math.abs(part - data[at + place]) < 8);
  if (near && data[at + 3] > 200) columns[(at / 4) % width] += 1;
}
return columns;
"""


def colored(chromium: Browser) -> list[int]:
    wait(chromium, lambda: chromium.ask("document.querySelector('.chart canvas') !== null"))
    found: list[int] = chromium.driver.execute_script(COLORED)
    return found


@pytest.mark.parametrize("path", [PATHS[0], PATHS[2], f"plain/compare.html?m={ONE}", PATHS[8]])
def test_a_chart_is_drawn_in_the_colours_of_the_scheme(
    chromium: Browser, base: str, path: str
) -> None:
    show(chromium, f"{base}{path}")
    drawn = colored(chromium)
    middle = drawn[len(drawn) // 4 : len(drawn) * 3 // 4]
    assert all(middle)
    dark = [{"name": "prefers-color-scheme", "value": "dark"}]
    chromium.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": dark})
    wait(chromium, lambda: all(colored(chromium)[len(drawn) // 4 : len(drawn) * 3 // 4]))


def test_a_chart_has_a_gap_where_a_week_is_not_public(chromium: Browser, base: str) -> None:
    show(chromium, f"{base}gap/modules/{ONE}.html")
    drawn = colored(chromium)
    first = next(place for place, pixels in enumerate(drawn) if pixels)
    last = len(drawn) - 1 - next(place for place, pixels in enumerate(drawn[::-1]) if pixels)
    assert not any(drawn[first + 20 : last - 20])
    assert "fewer than 10" in texts(chromium, "[data-charted] tbody tr")[1]


def test_without_scripts_everything_still_is_there(
    chromium: Browser, root: Path, base: str
) -> None:
    show(chromium, f"{base}plain/modules.html", script=False)
    known = json.loads((root / "plain/v1/search.json").read_text())["modules"]
    assert texts(chromium, "tbody th") == [slug for slug, _ in known]
    assert not find(chromium, "[data-search]").is_displayed()
    show(chromium, f"{base}plain/modules/{ONE}.html", script=False)
    assert len(texts(chromium, "[data-charted] tbody tr")) == len(WEEKS)
    assert not find(chromium, ".chart").is_displayed()
    show(chromium, f"{base}plain/compare.html", script=False)
    assert "needs its script" in find(chromium, "noscript").text


def holds(file: Path, wanted: bytes) -> bool:
    return file.exists() and file.read_bytes() == wanted


def test_files_can_be_downloaded(chromium: Browser, root: Path, base: str, tmp_path: Path) -> None:
    chromium.driver.execute_cdp_cmd(
        "Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(tmp_path)}
    )
    show(chromium, f"{base}plain/data.html")
    for form in ("csv", "json", "parquet"):
        path = f"data/{WEEKS[-1]}/module_usage.{form}"
        find(chromium, f"a[href='{path}']").click()
        wanted = (root / "plain" / path).read_bytes()
        file = tmp_path / f"module_usage.{form}"
        wait(chromium, functools.partial(holds, file, wanted))


def test_a_badge_is_an_image_and_can_be_copied(chromium: Browser, base: str) -> None:
    rights = {"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"], "origin": base}
    chromium.driver.execute_cdp_cmd("Browser.grantPermissions", rights)
    show(chromium, f"{base}plain/modules/{ONE}.html")
    image = "document.querySelector('#badge ~ p img')"
    assert chromium.ask(f"{image}.naturalWidth") > 80
    assert chromium.ask(f"{image}.naturalHeight") == 20
    wanted = f"[![Used by]({base}plain/badges/{ONE}.svg)]({base}plain/modules/{ONE}.html)"
    assert find(chromium, ".copy pre").get_attribute("textContent") == wanted
    find(chromium, ".copy button").click()
    wait(chromium, lambda: find(chromium, ".copy [role=status]").text == "Copied")
    assert (
        chromium.driver.execute_async_script(
            "navigator.clipboard.readText().then(arguments[0], (error) => arguments[0](`${error}`))"
        )
        == wanted
    )


def test_the_keyboard_skips_to_the_content(chromium: Browser, base: str) -> None:
    show(chromium, f"{base}plain/index.html")
    find(chromium, "body").send_keys(Keys.TAB)
    assert chromium.ask("document.activeElement.className") == "skip"
    chromium.driver.switch_to.active_element.send_keys(Keys.ENTER)
    assert chromium.ask("document.activeElement.id") == "main"
