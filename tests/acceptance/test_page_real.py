"""`preview --format html` in a real browser: what its reader sees, and what the page does."""

from __future__ import annotations

import json
import re
import struct
import subprocess
import sys
from datetime import datetime, timezone
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from dropsonde.protocol.report import Snapshot
from dropsonde.report import plugins
from dropsonde.report.build import Report
from dropsonde.report.formats.html import page

if TYPE_CHECKING:
    from playwright.sync_api import Locator

    from tests.real.browser import Browser, Scheme

pytestmark = pytest.mark.real

PHONE, DESKTOP = 360, 1280
NOON = datetime(2026, 1, 1, 12, tzinfo=timezone.utc)
LONG = "::".join(["a_module_whose_name_is_very_long", "with_a_class", *["and_segments"] * 6])

each_width = pytest.mark.parametrize("width", [PHONE, DESKTOP])
each_scheme = pytest.mark.parametrize("scheme", ["light", "dark"])
each_page = pytest.mark.parametrize("name", ["demo", "large"])


def preview(form: str) -> bytes:
    return subprocess.run(
        [sys.executable, "-m", "dropsonde", "preview", "--demo", "--format", form],
        check=True,
        capture_output=True,
    ).stdout


def large_page() -> bytes:
    """Many rows, long names, a missing column."""
    metrics = plugins.choose(plugins.load(None), (), ())
    rng = Random(2)  # made-up values
    values: dict[str, Any] = {}
    for metric in metrics:
        values |= metric.example(rng)
    values["classes"] += [{"name": f"{LONG}_{number}", "count": 10**number} for number in range(8)]
    values["unused_classes"] += [{"name": f"ntp::class_{number}"} for number in range(100)]
    del values["unused_modules"]
    report = Report(
        "0f" * 64,
        {name: Snapshot(value, NOON) for name, value in values.items()},
        missing={"unused_modules": "PuppetDB did not answer"},
        withheld={"private modules": 12345, LONG: 1},
    )
    return page(report, metrics, basis={"Public modules": "7,301"})


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("pages")
    (directory / "demo.html").write_bytes(preview("html"))
    (directory / "large.html").write_bytes(large_page())
    return directory


@pytest.fixture
def classes(chromium: Browser, pages: Path) -> Locator:
    """The made-up site's table of classes, and the page around it shown."""
    page = chromium.open(pages / "demo.html")
    caption = page.locator("caption", has_text=re.compile("^classes$"))
    return page.locator("table", has=caption)


def rows(table: Locator) -> list[tuple[str, int]]:
    """The rows that are shown."""
    lines = [row.split() for row in table.locator("tbody tr:visible").all_inner_texts()]
    return [(line[0], int(line[1])) for line in lines]


def press(table: Locator, name: str) -> str | None:
    """Press a column's sort button, and give the order that the page then tells."""
    head = table.locator("thead th", has_text=re.compile(rf"^\s*{name}\b"))
    head.get_by_role("button").press("Enter")
    return head.get_attribute("aria-sort")


def test_no_private_name_of_the_made_up_site_is_on_its_page(pages: Path) -> None:
    whole = (pages / "demo.html").read_bytes().lower()
    for name in (b"acme", b"staging", b"production"):
        assert name not in whole


@each_page
def test_it_asks_for_nothing_and_complains_of_nothing(
    chromium: Browser, pages: Path, name: str
) -> None:
    file = pages / f"{name}.html"
    chromium.open(file)
    assert chromium.requested() == [file.as_uri()]
    assert chromium.complaints() == []


def test_the_policy_stops_scripts_and_styles_of_others(chromium: Browser, tmp_path: Path) -> None:
    """So the test before this one would have seen a complaint."""
    intruder = b"<script>document.title = 'taken'</script><img src='http://127.0.0.1:9/'></main>"
    file = tmp_path / "intruded.html"
    file.write_bytes(large_page().replace(b"</main>", intruder))
    chromium.open(file)
    assert chromium.ask("document.title") == "Dropsonde: what this site would report"
    complaints = chromium.complaints()
    assert len(complaints) == 2
    assert all("Content Security Policy" in line for line in complaints)


@each_page
@each_width
@each_scheme
def test_axe_finds_nothing(
    chromium: Browser, pages: Path, name: str, width: int, scheme: Scheme
) -> None:
    chromium.open(pages / f"{name}.html", width=width, scheme=scheme)
    chromium.ask("document.querySelector('details').open = true")
    assert chromium.violations() == []


def test_axe_would_find_something(chromium: Browser, pages: Path) -> None:
    chromium.open(pages / "demo.html")
    chromium.ask("document.querySelector('label').remove()")
    assert [found.partition(":")[0] for found in chromium.violations()] == ["label"]


@each_page
@each_width
def test_the_page_never_scrolls_sideways(
    chromium: Browser, pages: Path, name: str, width: int
) -> None:
    chromium.open(pages / f"{name}.html", width=width)
    chromium.ask("document.querySelector('details').open = true")
    assert chromium.ask("window.innerWidth") == width
    assert chromium.ask("document.documentElement.scrollWidth") <= width
    boxes = "[...document.querySelectorAll('.scroll')]"
    if name == "large":
        assert chromium.ask(f"{boxes}.some((box) => box.scrollWidth > box.clientWidth)")
    assert chromium.ask(f"{boxes}.every((box) => box.getBoundingClientRect().right <= innerWidth)")


@each_page
@each_width
@each_scheme
def test_screenshots(
    chromium: Browser, pages: Path, tmp_path: Path, name: str, width: int, scheme: Scheme
) -> None:
    chromium.open(pages / f"{name}.html", width=width, scheme=scheme)
    picture = chromium.picture()
    (tmp_path / f"{name}-{width}-{scheme}.png").write_bytes(picture)  # to be looked at
    shown, height = struct.unpack(">II", picture[16:24])
    scrollbar = 15
    assert width - scrollbar <= shown <= width
    assert height > 2000
    colors = re.findall(r"\d+", chromium.ask("getComputedStyle(document.body).backgroundColor"))
    assert (min(map(int, colors)) > 200) == (scheme == "light")


def test_a_table_sorts_by_number_and_by_name(classes: Locator) -> None:
    before = rows(classes)
    assert press(classes, "count") == "descending"
    assert [count for _, count in rows(classes)] == sorted((c for _, c in before), reverse=True)
    assert press(classes, "count") == "ascending"
    assert [count for _, count in rows(classes)] == sorted(count for _, count in before)
    assert press(classes, "name") == "ascending"
    assert rows(classes) == sorted(before)
    assert press(classes, "name") == "descending"
    assert rows(classes) == sorted(before, reverse=True)
    sorted_by = classes.locator("[aria-sort]").all_inner_texts()
    assert [head.split()[0] for head in sorted_by] == ["name"]


def test_versions_sort_as_versions(chromium: Browser, pages: Path) -> None:
    table = chromium.open(pages / "demo.html").locator("table", has_text="puppetlabs-stdlib")
    press(table, "version")
    versions = [row.split()[-1] for row in table.locator("tbody tr").all_inner_texts()]
    assert versions == ["6.0.0", "8.2.0", "9.6.0", "10.1.0", "11.0.0", "12.2.0", "empty"]


def test_a_table_filters_and_says_how_many_rows_are_left(
    chromium: Browser, classes: Locator
) -> None:
    before = rows(classes)
    box = chromium.page.get_by_label("Filter classes", exact=True)
    said = chromium.page.locator("#filter-classes ~ [role=status]")
    box.press_sequentially("NTP")
    wanted = [row for row in before if "ntp" in row[0]]
    assert rows(classes) == wanted
    assert said.inner_text() == f"{len(wanted)} of {len(before)} rows"
    press(classes, "name")
    press(classes, "name")
    assert rows(classes) == wanted[::-1]
    box.press("Control+A")
    box.press("Backspace")
    assert rows(classes) == sorted(before, reverse=True)
    assert said.inner_text() == ""


def test_without_its_script_everything_still_is_there(chromium: Browser, pages: Path) -> None:
    page = chromium.open(pages / "demo.html", script=False)
    assert "Filter " not in re.sub(r"<script>.*</script>", "", page.content(), flags=re.DOTALL)
    found = json.loads(page.locator("pre").text_content() or "")
    snapshots = found["self-service-analytics"]["snapshots"]
    for name in ("classes", "class_platforms", "modules"):
        head = f"{name} {len(snapshots[name]['value'])} rows"
        assert page.locator(f"#column-{name}").inner_text() == head
    tables = [item["value"] for item in snapshots.values() if isinstance(item["value"], list)]
    expect(page.locator("table.rows tbody tr")).to_have_count(sum(map(len, tables)))


def test_the_folded_json_is_what_preview_prints_but_for_the_site_id(
    chromium: Browser, pages: Path
) -> None:
    page = chromium.open(pages / "demo.html")
    document = page.locator("details pre")
    expect(document).to_be_hidden()
    page.locator("details summary").click()
    expect(document).to_be_visible()
    shown = document.text_content() or ""
    times = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"
    printed = preview("json").decode()
    site_id = json.loads(printed)["site_id"]
    begun = printed.replace(site_id, f"{site_id[:12]}...")
    assert re.sub(times, "", shown) == re.sub(times, "", begun)
    assert f"{len(printed.encode()):,} bytes" in page.locator("dl").first.inner_text()
    assert site_id not in page.content()
