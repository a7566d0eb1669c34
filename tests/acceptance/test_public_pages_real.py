"""The public pages in a real browser: what they load, look like, and say aloud."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.real.public_pages import LONG, ONE, search, show
from tests.unit.publish.releases import SLUGS

if TYPE_CHECKING:
    from tests.real.browser import Browser, Scheme

pytestmark = pytest.mark.real

PHONE, DESKTOP = 360, 1280
FIVE = "&".join(f"m={slug}" for slug in SLUGS[:5])
PATHS = (
    "plain/index.html",
    "plain/modules.html",
    f"plain/modules/{ONE}.html",
    f"plain/compare.html?{FIVE}",
    "plain/method.html",
    "plain/data.html",
    "plain/tables/class_usage.html",
    f"site/modules/{ONE}.html",
    "site/method.html",
    "odd/index.html",
    f"odd/modules/{LONG}.html",
    f"odd/compare.html?m={LONG}",
)

each_path = pytest.mark.parametrize("path", PATHS)
each_width = pytest.mark.parametrize("width", [PHONE, DESKTOP])
each_scheme = pytest.mark.parametrize("scheme", ["light", "dark"])


@each_path
def test_it_asks_nobody_else_and_complains_of_nothing(
    chromium: Browser, public: str, path: str
) -> None:
    show(chromium, f"{public}{path}")
    requested = chromium.requested()
    assert f"{public}{path}" in requested
    assert [address for address in requested if not address.startswith(public)] == []
    assert chromium.complaints() == []


@each_path
@each_width
@each_scheme
def test_axe_finds_nothing(
    chromium: Browser, public: str, path: str, width: int, scheme: Scheme
) -> None:
    show(chromium, f"{public}{path}", width=width, scheme=scheme)
    chromium.ask("document.querySelectorAll('details').forEach((each) => { each.open = true })")
    assert chromium.violations() == []


@each_scheme
def test_axe_finds_nothing_while_one_searches(
    chromium: Browser, public: str, scheme: Scheme
) -> None:
    page = show(chromium, f"{public}plain/index.html", scheme=scheme)
    search(page, "module").press("ArrowDown")
    assert chromium.violations() == []


@each_path
@each_width
def test_the_page_never_scrolls_sideways(
    chromium: Browser, public: str, path: str, width: int
) -> None:
    show(chromium, f"{public}{path}", width=width)
    chromium.ask("document.querySelectorAll('details').forEach((each) => { each.open = true })")
    assert chromium.ask("window.innerWidth") == width
    assert chromium.ask("document.documentElement.scrollWidth") <= width


@each_path
@each_width
@each_scheme
def test_screenshots(
    chromium: Browser, public: str, tmp_path: Path, path: str, width: int, scheme: Scheme
) -> None:
    show(chromium, f"{public}{path}", width=width, scheme=scheme)
    picture = chromium.picture()
    (tmp_path / f"{width}-{scheme}.png").write_bytes(picture)  # to be looked at
    shown, height = struct.unpack(">II", picture[16:24])
    scrollbar = 15
    assert width - scrollbar <= shown <= width
    assert height > 800
    color = chromium.ask("getComputedStyle(document.body).backgroundColor")
    light = min(int(part) for part in color.removeprefix("rgb(").rstrip(")").split(",")) > 200
    assert light == (scheme == "light")
