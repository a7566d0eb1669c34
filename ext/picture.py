"""Take pictures in Debian's Chromium: of the demo's preview and its pages, and that of a link.

python ext/picture.py
"""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.real.browser import Browser, browser  # noqa: E402  # found by the line above

PREVIEW, PAGES = ROOT / "docs/preview.png", ROOT / "docs/pages.png"
CARD = ROOT / "dropsonde/publish/pages/assets/card.png"  # of a link to a page
CARD_SIZE = (1200, 630)
PREVIEW_SIZE, PAGES_SIZE = (1100, 700), (1100, 1010)
SHOWN = (sys.executable, "-m", "dropsonde", "preview", "--demo", "--format", "html")
MODULE = "modules/demo-apt.html"  # the demo's, of which much can be said
DEMO = (sys.executable, "-m", "dropsonde.cli.collector", "demo")


def _take(shown: Browser, address: str, size: tuple[int, int], picture: Path) -> None:
    shown.open(address, width=size[0])
    picture.write_bytes(shown.picture(size))
    print(f"{picture}: {picture.stat().st_size:,} bytes")


def main() -> None:
    with (
        tempfile.NamedTemporaryFile(suffix=".html") as page,
        subprocess.Popen(DEMO, cwd=ROOT, stdout=subprocess.PIPE, text=True) as demo,
        browser() as shown,
    ):
        try:
            subprocess.run(SHOWN, cwd=ROOT, stdout=page, check=True)
            _take(shown, f"file://{page.name}", PREVIEW_SIZE, PREVIEW)
            _take(shown, f"file://{ROOT}/ext/card.html", CARD_SIZE, CARD)
            address = demo.stdout.readline() if demo.stdout else ""
            module = address.strip().replace("index.html", MODULE)
            _take(shown, module, PAGES_SIZE, PAGES)
        finally:
            demo.send_signal(signal.SIGTERM)


if __name__ == "__main__":
    main()
