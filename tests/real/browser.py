"""Debian's Chromium, headless, as a reader uses it; and axe-core to check a page."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from playwright.sync_api import expect, sync_playwright

from tests.support.patience import PATIENCE

if TYPE_CHECKING:
    from playwright.sync_api import Browser as Chromium
    from playwright.sync_api import FloatRect, Page

    Scheme = Literal["light", "dark"]

SWITCHES = (
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
HEIGHT = 800


class Browser:
    """One browser with one tab.

    Attributes:
        page: Playwright's handle of the tab; a new one for each page that is opened.
    """

    page: Page

    def __init__(self, chromium: Chromium) -> None:
        self._chromium = chromium
        self._requested: list[str] = []
        self._complaints: list[str] = []

    def open(
        self,
        page: Path | str,
        *,
        width: int = 1280,
        scheme: Scheme = "light",
        script: bool = True,
    ) -> Page:
        """Show a page to a new reader.

        Args:
            page: an HTML file, or an address.
            width: the window's, in CSS pixels.
            scheme: the reader's color scheme.
            script: whether scripts of the page run.
        """
        for context in self._chromium.contexts:
            context.close()
        self._requested.clear()
        self._complaints.clear()
        context = self._chromium.new_context(
            viewport={"width": width, "height": HEIGHT},
            color_scheme=scheme,
            java_script_enabled=script,
        )
        context.set_default_timeout(1000 * PATIENCE)
        self.page = context.new_page()
        self.page.on("request", lambda request: self._requested.append(request.url))
        self.page.on("console", lambda message: self._complaints.append(message.text))
        self.page.on("pageerror", lambda error: self._complaints.append(error.message))
        self.page.goto(page if isinstance(page, str) else page.as_uri())
        return self.page

    def ask(self, expression: str) -> Any:
        """Evaluate a JavaScript expression."""
        return self.page.evaluate(expression)

    def requested(self) -> list[str]:
        """Wait until the page has loaded; return the addresses that it requested."""
        self.page.wait_for_load_state("networkidle")
        return list(self._requested)

    def complaints(self) -> list[str]:
        """The console's messages since the page was opened."""
        return list(self._complaints)

    def violations(self) -> list[str]:
        """The rules of axe-core that the page breaks, each with the elements that break it."""
        self.ask(resources.files("axe_core_python").joinpath("axe.min.js").read_text("utf-8"))
        # Without preload: axe would fetch the style sheets again, which the policy forbids.
        found = self.ask("axe.run({preload: false}).then((found) => found.violations)")
        return [f"{rule['id']}: {node['html']}" for rule in found for node in rule["nodes"]]

    def picture(self, size: tuple[int, int] | None = None) -> bytes:
        """Take the page as PNG.

        Args:
            size: width and height of its upper left part; None for the whole page.
        """
        if size is None:
            return self.page.screenshot(full_page=True)
        part: FloatRect = {"x": 0, "y": 0, "width": size[0], "height": size[1]}
        return self.page.screenshot(full_page=True, clip=part)


@contextlib.contextmanager
def browser() -> Iterator[Browser]:
    """Run a browser with its own profile for the length of the block."""
    expect.set_options(timeout=1000 * PATIENCE)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path="/usr/bin/chromium",
            args=SWITCHES,
            chromium_sandbox=False,  # the tests run as root
        )
        yield Browser(chromium)
        chromium.close()
