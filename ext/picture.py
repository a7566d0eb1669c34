"""Take the README's picture of the pages: of the demo's made-up sites, in Debian's Chromium.

python ext/picture.py
"""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.real.browser import browser  # noqa: E402  # found by the line above

PICTURE = ROOT / "docs/pages.png"
SIZE = (1100, 1010)
DEMO = (sys.executable, "-m", "dropsonde.cli.collector", "demo", "--weeks", "6")


def main() -> None:
    with (
        subprocess.Popen(DEMO, cwd=ROOT, stdout=subprocess.PIPE, text=True) as demo,
        browser() as shown,
    ):
        try:
            address = demo.stdout.readline() if demo.stdout else ""
            shown.open(address.strip(), width=SIZE[0])
            PICTURE.write_bytes(shown.picture(SIZE))
        finally:
            demo.send_signal(signal.SIGTERM)
    print(f"{PICTURE}: {PICTURE.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
