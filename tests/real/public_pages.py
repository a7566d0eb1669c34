"""Public pages on a web server, and a reader's actions on them."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from playwright.sync_api import expect

from dropsonde.common.weeks import later
from dropsonde.demo import collector
from dropsonde.publish.api import documents
from dropsonde.publish.pages import pages
from dropsonde.publish.root import publish
from tests.unit.publish.releases import SLUGS, releases, save

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    from tests.real.browser import Browser

ONE = SLUGS[0]
# Shares of a module's sites, each ± 0.014.
MAJORS = {"3": 0.88, "2": 0.087, "1": 0.031}
FAMILIES = {"RedHat": 0.64, "Debian": 0.41, "windows": 0.022}
LONG = f"{'averylongauthorname' * 2}-{'and_a_module_of_a_long_name_' * 4}"
MANY, MISSED, OLD, RETIRED = 250, 12, 107, "author9-retired"


@contextmanager
def served(directory: Path) -> Iterator[str]:
    """Run a web server for a directory; give its address."""
    with collector.pages(directory, 0) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


def publish_all(directory: Path) -> None:
    """Publish releases of both units, and rare cases: a gap, a first week, a year, many modules."""
    for name, unit in (("plain", "module"), ("site", "site")):
        released = save(directory / f"{name} released", releases(unit=unit))
        publish(directory / name, released)
    fill(directory / "gap", gapped())
    fill(directory / "odd", odd())
    fill(directory / "year", year())
    fill(directory / "many", many())
    fill(directory / "nobody", nobody())


def gapped() -> dict[str, Any]:
    """Documents in which a module was not public in the middle week."""
    found = dict(documents(releases()))
    names = ("sites", "error", "week_sites", "share", "share_error")
    gone = dict.fromkeys(names)
    found[f"v1/modules/{ONE}.json"]["trend"][1].update(gone)
    return found


def year() -> dict[str, Any]:
    """Documents in which a module has a year of majors, of which one is given up."""
    found = dict(documents(releases()))
    module = found[f"v1/modules/{ONE}.json"]
    point, newest = module["trend"][-1], module["week"]
    module["trend"] = [{**point, "week": later(newest, -ago)} for ago in reversed(range(53))]
    up: list[float | None] = [0.02 * at for at in range(45)]
    down: list[float | None] = [0.9 - at / 60 for at in range(53)]
    taken = {"3": [None] * 8 + up, "2": down}
    module["majors_trend"] = [
        {"major": major, "sites": [each and round(each * 1000) for each in shares],
         "error": [each and 12.5 for each in shares], "share": shares,
         "share_error": [each and 0.014 for each in shares]}
        for major, shares in taken.items()
    ]  # fmt: skip
    module["majors"] = [_row(major=major, share=share) for major, share in MAJORS.items()]
    module["platforms"] = [_row(platform=name, share=share) for name, share in FAMILIES.items()]
    return found


def nobody() -> dict[str, Any]:
    """Documents of the first week of a collector to which nobody reports yet."""
    (release,) = releases(weeks=1, rows=0)
    return dict(documents((replace(release, sites=0, sites_week=0),)))


def many() -> dict[str, Any]:
    """Documents of more modules than a page has, one that was public, and a week not released."""
    found = dict(documents(releases()))
    rows = found["v1/modules.json"]["modules"]
    rows[:] = [
        {**rows[0], "module": f"author{at % 4}-module{at}", "sites": 2000 - at, "error": 9.5,
         "share": round(0.8 - at / 1000, 3), "share_error": 0.006,
         "share_change": (at % 7 - 3) / 100, "share_change_error": 0.015, "unused": at * 3 % 50,
         "unused_error": 4.5, "deprecated": at == OLD}
        for at in range(MANY)
    ]  # fmt: skip
    found["v1/search.json"]["modules"] = [[row["module"], row["share"]] for row in rows]
    found["v1/search.json"]["gone"] = [[RETIRED, "2026-W30"]]
    small = [f"small{at}-rarely_used" for at in range(9)]
    found["v1/forge.json"] = {"known": True, "modules": small}
    for at, slug in enumerate(SLUGS[:5]):
        module = found[f"v1/modules/{slug}.json"]
        point, newest = module["trend"][-1], module["week"]
        module["trend"] = [
            {**point, "week": later(newest, -ago), "sites": 1000 - 180 * at + ago, "error": 9.5,
             "share": round(0.9 - 0.17 * at - ago / 400, 3), "share_error": 0.012}
            for ago in reversed(range(30))
            if ago != MISSED
        ]  # fmt: skip
        module["majors_trend"] = []
        module["said"] = [{"kind": "newest", "text": f"{at + 1}.x is at 91 to 93% of sites"}]
    module = found[f"v1/modules/{SLUGS[4]}.json"]
    module["deprecated"] = {"since": "2026-03-01", "superseded_by": SLUGS[0]}
    module["said"].insert(0, {"kind": "deprecated", "text": "deprecated since 2026-03-01"})
    return found


def _row(share: float, **key: str) -> dict[str, Any]:
    sites = round(share * 1000)
    exact = {"error": 12.5, "share_error": 0.014}
    return {**key, "sites": sites, "week_sites": sites, "share": share, **exact}


def odd() -> dict[str, Any]:
    """Documents of the first week, with long names, and made up."""
    source = dict(documents(releases(weeks=1)))
    source["v1/index.json"]["made_up"] = True
    text = json.dumps(source)
    name = ONE.partition("-")[2]
    long = text.replace(ONE, LONG).replace(f"{name}::", f"{LONG.partition('-')[2]}::")
    found: dict[str, Any] = json.loads(long)
    return found


def fill(directory: Path, source: dict[str, Any]) -> None:
    written = {path: json.dumps(document).encode() for path, document in source.items()}
    for path, data in [*written.items(), *pages(source)]:
        file = directory / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)


def show(chromium: Browser, address: str, **how: Any) -> Page:
    """Open a page, and wait for the data that its script fetches."""
    page = chromium.open(address, **how)
    if "compare.html?" in address and how.get("script", True):
        expect(page.locator("#newest tr")).not_to_have_count(0)
    return page


def search(page: Page, typed: str) -> Locator:
    """Type into the search box, and wait for the answer."""
    box = page.locator("#search")
    expect(box).to_be_visible()
    box.press_sequentially(typed)
    expect(page.locator("#said")).not_to_be_empty()
    return box
