"""Debian's Chromium, headless, as a reader of a page would have it; and axe-core to judge it."""

from __future__ import annotations

import base64
import contextlib
import json
from importlib import resources
from typing import TYPE_CHECKING, Any

from selenium import webdriver
from selenium.webdriver.chrome.service import Service

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SWITCHES = (
    "--headless=new",
    "--no-sandbox",  # the tests run as root
    "--disable-gpu",
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
        driver: Selenium's own handle.
    """

    def __init__(self, driver: webdriver.Chrome) -> None:
        self.driver = driver

    def open(
        self, page: Path | str, *, width: int = 1280, scheme: str = "light", script: bool = True
    ) -> None:
        """Show a page.

        Args:
            page: an HTML file, or an address.
            width: the window's, in CSS pixels.
            scheme: ``light`` or ``dark``, as the reader prefers.
            script: whether scripts of the page run.
        """
        self._tell(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": HEIGHT, "deviceScaleFactor": 1, "mobile": False},
        )
        preference = {"name": "prefers-color-scheme", "value": scheme}
        self._tell("Emulation.setEmulatedMedia", {"features": [preference]})
        self._tell("Emulation.setScriptExecutionDisabled", {"value": not script})
        for kind in ("browser", "performance"):
            self._drain(kind)  # what earlier pages left
        self.driver.get(page if isinstance(page, str) else page.as_uri())

    def ask(self, expression: str) -> Any:
        """The value of an expression of JavaScript."""
        return self.driver.execute_script(f"return {expression}")

    def requested(self) -> list[str]:
        """The addresses that were asked for since the page was opened."""
        events = (json.loads(entry["message"])["message"] for entry in self._drain("performance"))
        return [
            event["params"]["request"]["url"]
            for event in events
            if event["method"] == "Network.requestWillBeSent"
        ]

    def complaints(self) -> list[str]:
        """What stands on the console since the page was opened."""
        return [entry["message"] for entry in self._drain("browser")]

    def violations(self) -> list[str]:
        """The rules of axe-core that the page breaks, each with the elements that break it."""
        source = resources.files("axe_core_python").joinpath("axe.min.js").read_text("utf-8")
        self.driver.execute_script(source)
        found = self.driver.execute_async_script(
            # Without preload: axe would fetch the style sheets anew, which the policy forbids.
            "const done = arguments[0];"
            "axe.run({preload: false}).then((found) => done(found.violations))"
        )
        return [f"{rule['id']}: {node['html']}" for rule in found for node in rule["nodes"]]

    def picture(self, size: tuple[int, int] | None = None) -> bytes:
        """The page as PNG.

        Args:
            size: width and height of its upper left part; the whole page unless told.
        """
        parameters: dict[str, Any] = {"captureBeyondViewport": True, "format": "png"}
        if size is not None:
            width, height = size
            parameters["clip"] = {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}
        return base64.b64decode(self._tell("Page.captureScreenshot", parameters)["data"])

    def _tell(self, command: str, parameters: dict[str, Any]) -> Any:
        return self.driver.execute_cdp_cmd(command, parameters)

    def _drain(self, kind: str) -> list[dict[str, Any]]:
        entries: list[dict[str, Any]] = self.driver.get_log(kind)  # type: ignore[no-untyped-call]  # theirs
        return entries


@contextlib.contextmanager
def browser(profile: Path) -> Iterator[Browser]:
    """A browser with a profile of its own, ended with the block."""
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for switch in (*SWITCHES, f"--user-data-dir={profile}"):
        options.add_argument(switch)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    # The driver's path is given, so Selenium does not look for one in the network.
    driver = webdriver.Chrome(options=options, service=Service("/usr/bin/chromedriver"))
    try:
        yield Browser(driver)
    finally:
        driver.quit()
