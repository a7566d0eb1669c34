"""A small made-up site, to see a whole report without Puppet and without a network.

Its environments, its list of public modules and PuppetDB's answers ship in this package; the
answers were recorded from a real PuppetDB and are served on loopback, so that all of the program
runs.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import tempfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from dropsonde.common.state import FORGE, VOCABULARY
from dropsonde.site.server import Server

if TYPE_CHECKING:
    from dropsonde.settings.resolve import Settings

SITE = Path(__file__).with_name("site")
SEED = "a made-up site"
SERVER = Server("openvox", "8.11", "Debian", "12")


@contextlib.contextmanager
def demo_site(settings: Settings, *, sends: bool) -> Iterator[tuple[Settings, dict[str, str]]]:
    """Give the made-up site, and serve PuppetDB's recorded answers meanwhile.

    Args:
        settings: this run's; those that locate the site are replaced.
        sends: whether a report is to be sent, which needs a temporary directory; otherwise nothing
            is written.

    Yields:
        the settings and the environment's variables to run with.
    """
    with _cachepath() if sends else contextlib.nullcontext(SITE) as cachepath, _puppetdb() as url:
        environ = {
            "PUPPET_CONFDIR": str(SITE / "puppet"),
            "PUPPET_CODEDIR": str(SITE / "code"),
            "PUPPET_VARDIR": str(cachepath),
            "PUPPET_LOGDIR": str(cachepath),
        }
        yield (
            settings._replace(
                cachepath=cachepath, update=False, forge=None, puppetdb=url, seed=SEED
            ),
            environ,
        )


@contextlib.contextmanager
def _cachepath() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="dropsonde-demo-") as name:
        for file in (FORGE, VOCABULARY):
            shutil.copy(SITE / file, name)
        yield Path(name)


@contextlib.contextmanager
def _puppetdb() -> Iterator[str]:
    """A server on loopback that answers the recorded queries alone."""
    with HTTPServer(("127.0.0.1", 0), _Recorded) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


class _Recorded(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        recorded = json.loads((SITE / "puppetdb.json").read_bytes())
        asked = json.loads(parse_qs(urlsplit(self.path).query)["query"][0])
        answers = [item["answer"] for item in recorded if item["query"] == asked]
        body = json.dumps(answers[0]).encode() if answers else b"[]"
        self.send_response(200 if answers else 400)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Log nothing: standard error is the user's."""
