"""Public pages on a web server, and a reader's actions on them."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from playwright.sync_api import expect

from dropsonde.aggregation.release import history
from dropsonde.demo import collector
from dropsonde.publish.api import documents
from dropsonde.publish.pages import pages
from dropsonde.publish.root import publish
from tests.unit.publish.releases import SLUGS, releases, save

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    from tests.real.browser import Browser

ONE = SLUGS[0]
LONG = f"{'averylongauthorname' * 2}-{'and_a_module_of_a_long_name_' * 4}"


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
    """Publish releases of both units, and two rare cases: a gap, and a first week."""
    for name, unit in (("plain", "module"), ("site", "site")):
        released = save(directory / f"{name} released", releases(unit=unit))
        publish(directory / name, history(released), released)
    fill(directory / "gap", gapped())
    fill(directory / "odd", odd())


def gapped() -> dict[str, Any]:
    """Documents in which a module was not public in the middle week."""
    found = dict(documents(releases()))
    gone = {"sites": None, "error": None, "week_sites": None}
    found[f"v1/modules/{ONE}.json"]["trend"][1].update(gone)
    return found


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
