"""Collectors to talk to: a server in a thread of the test, or the program in a process."""

from __future__ import annotations

import hashlib
import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

from dropsonde.collector import vocabulary_file
from dropsonde.collector.intake.vocabulary import Vocabularies
from dropsonde.collector.store import Reader, Store
from dropsonde.collector.web.app import Parts, make_app
from dropsonde.collector.web.limits import Limits
from dropsonde.collector.web.reports import Announcement
from dropsonde.collector.web.server import Listener, listening, server_of, url_of
from dropsonde.collector.web.signing_key import Key
from dropsonde.common.files import write_atomically
from dropsonde.protocol.about import About
from tests.support.patience import PATIENCE
from tests.unit.collector.intake.reports import COLUMNS, NEWEST, SLUGS, VERSIONS, report, to_bytes

if TYPE_CHECKING:
    from starlette.types import ASGIApp
    from typing_extensions import Self

NOW = datetime(2026, 11, 20, 12, tzinfo=timezone.utc)
QUICK = Limits(rate=0, new_sites=0, deletion=0.01, ending=1)
JSON = {"content-type": "application/json"}
VOCABULARY_FILE = (
    b"# Dropsonde vocabulary 1\n# forge: https://forgeapi.puppet.com\n# since: 2025-11-01\n"
    b"puppetlabs-apache\t12.1.0\t2025-11-21T09:31:07Z\tapache apache::mod::ssl\n"
    b"puppetlabs-ntp\t9.2.2\t2023-05-12T12:09:50Z\t?\n"
    b"puppetlabs-ntp\t11.0.0\t2025-11-20T09:31:07Z\tntp ntp::config\n"
)
ABOUT = About("Vox Pupuli", "mail@vox.example", "https://vox.example/privacy", 60)
REPORT = to_bytes(report(COLUMNS))


@dataclass(frozen=True)
class Served:
    """A collector that runs in this process."""

    url: str
    port: int
    store: Store
    key: Key
    counters: str

    def post(self, data: bytes = REPORT, **headers: str) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return httpx.post(f"{self.url}/v1/reports", content=data, headers={**JSON, **named})

    def get(self, path: str) -> httpx.Response:
        return httpx.get(self.url + path)

    def metrics(self) -> httpx.Response:
        return httpx.get(self.counters)

    def rows(self, what: str = "count(*)") -> list[tuple[object, ...]]:
        with self.store.query(f"SELECT {what} FROM community_metrics") as found:  # noqa: S608 - the tests' own
            return list(found)

    def connect(self, of: str = "127.0.0.1") -> socket.socket:
        """Connect, from an address of loopback."""
        return socket.create_connection(("127.0.0.1", self.port), PATIENCE, (of, 0))


@contextmanager
def served(
    directory: Path,
    limits: Limits = QUICK,
    *,
    clock: Callable[[], datetime] = lambda: NOW,
    announcement: Announcement | None = None,
    proxies: Sequence[str] = (),
    workers: int = 1,
) -> Iterator[Served]:
    with (
        listening("127.0.0.1", 0) as listener,
        listening("127.0.0.1", 0) as counters,
        application(directory, limits, clock, announcement, counters.getsockname()[1], workers) as (
            app,
            parts,
        ),
    ):
        place = Listener(listener, proxies, counters)
        ready = threading.Event()
        server = server_of(app, place, limits, ready.set)
        thread = threading.Thread(target=server.run, args=([listener, counters],))
        thread.start()
        try:
            assert ready.wait(PATIENCE)
            yield Served(
                place.url,
                listener.getsockname()[1],
                parts.store,
                parts.key,
                f"{url_of(counters)}/metrics",
            )
        finally:
            server.should_exit = True
            thread.join()


@contextmanager
def application(
    directory: Path,
    limits: Limits = QUICK,
    clock: Callable[[], datetime] = lambda: NOW,
    announcement: Announcement | None = None,
    counters: int | None = None,
    workers: int = 1,
) -> Iterator[tuple[ASGIApp, Parts]]:
    """The application without a server."""
    data = directory / "data"
    with Store.open(data, NEWEST, clock) as store:
        parts = Parts(
            store=store,
            vocabularies=Vocabularies(
                forge_list(directory), VERSIONS, data / vocabulary_file.NAME, required=False
            ),
            key=Key.load_or_make(data),
            columns=NEWEST,
            dataset="test",
            clock=clock,
            monotonic=time.monotonic,
            announcement=announcement or Announcement(),
            about=ABOUT,
            limits=limits,
            counters=counters,
            workers=workers,
        )
        yield make_app(parts), parts


def deletion(key: bytes) -> tuple[str, dict[str, str]]:
    """The path of the site that has a key, and the header that proves it."""
    return f"/v1/sites/{hashlib.sha512(key).hexdigest()}", {"Dropsonde-Deletion-Key": key.hex()}


def vocabulary(directory: Path, data: bytes = VOCABULARY_FILE) -> Path:
    """Write the vocabulary of a collector's data directory, as a whole."""
    path = directory / "data" / vocabulary_file.NAME
    path.parent.mkdir(mode=0o700, exist_ok=True)
    write_atomically(path, data)
    return path


def forge_list(directory: Path, slugs: Sequence[str] = SLUGS) -> Path:
    path = directory / "forge.json"
    path.write_text(json.dumps({"timestamp": "2026-01-01T00:00:00Z", "modules": list(slugs)}))
    return path


class Program:
    """``dropsonde-collector serve`` in a process of its own, perhaps started by another program.

    Attributes:
        data: its data directory, in ``directory`` unless it is given.
        url: where it listens, once it is ready.
        told: what it said before.
    """

    def __init__(
        self,
        directory: Path,
        *options: str,
        data: Path | None = None,
        within: Sequence[str | Path] = (),
    ) -> None:
        self.data = data or directory / "data"
        if not (directory / "forge.json").exists():
            forge_list(directory)
        command = (
            sys.executable,
            "-m",
            "dropsonde.cli.collector",
            "serve",
            "--data",
            str(self.data),
        )
        self._process = subprocess.Popen(
            [*within, *command, "--forge-list", directory / "forge.json", "--port", "0", *options],
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self._process.stderr is not None
        self._stderr = self._process.stderr
        lines = [self._stderr.readline()]
        while lines[-1] and not lines[-1].startswith("dropsonde-collector: ready on "):
            lines.append(self._stderr.readline())
        *before, last = lines
        self.told = "".join(before)
        if not last:
            self._process.communicate(timeout=PATIENCE)
            raise AssertionError(self.told)
        self.url = last.split()[-1]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate(timeout=PATIENCE)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def connect(self, of: str = "127.0.0.1") -> socket.socket:
        """Connect, from an address of loopback."""
        return socket.create_connection(("127.0.0.1", self.port), PATIENCE, (of, 0))

    def command(self, name: str) -> str:
        """What another command prints for the same directory."""
        command = [sys.executable, "-m", "dropsonde.cli.collector", name, "--data", str(self.data)]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def listens(self) -> bool:
        with socket.socket() as one:
            return one.connect_ex(("127.0.0.1", self.port)) == 0

    def peak_memory(self) -> int:
        """The most that it ever had, in KiB."""
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0])

    def signal(self, number: int) -> None:
        self._process.send_signal(number)

    def ended(self, number: int) -> tuple[int, str]:
        """Send a signal, 0 for none; give the exit code and what was said since it was ready."""
        if number:
            self.signal(number)
        _, said = self._process.communicate(timeout=PATIENCE)
        return self._process.returncode, said

    def rows(self, what: str) -> list[tuple[object, ...]]:
        with Reader(self.data, NEWEST).query(f"SELECT {what} FROM community_metrics") as found:  # noqa: S608 - the tests' own
            return list(found)
