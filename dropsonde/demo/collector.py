"""The demo: weeks of made-up reports, a collector on loopback, releases with noise, and pages.

A collector on loopback takes the newest week's reports as real requests. The weeks before it are
prepared: the same checks and the same store, without a network between.
"""

from __future__ import annotations

import contextlib
import functools
import gzip
import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import requests

from dropsonde.collector.intake.vocabulary import Vocabularies
from dropsonde.collector.store import Store
from dropsonde.collector.web.app import Parts, make_app
from dropsonde.collector.web.limits import Limits
from dropsonde.collector.web.server import Listener, listening, server_of
from dropsonde.collector.web.signing_key import Key
from dropsonde.common import weeks
from dropsonde.common.errors import DropsondeError
from dropsonde.common.files import private_directory, write_atomically
from dropsonde.demo.world import SLUGS, Site
from dropsonde.publish.root import publish

if TYPE_CHECKING:
    from dropsonde.aggregation.releasing import Releasing
    from dropsonde.schema.model import Column

HOST = "127.0.0.1"
_LIMITS = Limits(rate=0, new_sites=0)
_RETAIN = 36_500  # days: all weeks of the demo
_TIMEOUT = 30


def report(
    directory: Path, versions: Sequence[Sequence[Column]], sites: int, finished: Sequence[str]
) -> int:
    """Have made-up sites report, at each week's own time.

    Args:
        directory: gets the data directory and the list of modules.
        versions: the columns of each known version, the newest first.
        sites: how many there are.
        finished: the weeks, oldest first.

    Returns:
        how many reports were accepted.
    """
    listed = {"modules": sorted(SLUGS)}
    write_atomically(private_directory(directory) / "forge.json", json.dumps(listed).encode())
    world = [Site(number) for number in range(sites)]
    taken = 0
    for place, week in enumerate(finished):
        when = weeks.first_moment(week) + timedelta(days=2)
        made = (site.report(place, f"{when:%Y-%m-%dT%H:%M:%SZ}") for site in world)
        bodies = [json.dumps(document).encode() for document in made if document is not None]
        if week == finished[-1]:
            with _collector(directory, versions, _standing(when)) as url:
                for body in bodies:
                    _send(url, body)
        else:
            _prepare(directory, versions, when, bodies)
        taken += len(bodies)
    return taken


def _prepare(
    directory: Path,
    versions: Sequence[Sequence[Column]],
    when: datetime,
    bodies: Sequence[bytes],
) -> None:
    """Keep a week's reports, as a collector would have."""
    intake = Vocabularies(directory / "forge.json", versions).words.intake()
    with Store.open(directory / "data", versions[0], _standing(when), accept_clock=True) as store:
        rows = [intake.take(body, when, str(place)).row for place, body in enumerate(bodies)]
        for kept in [store.submit(row) for row in rows]:
            kept.result()
        store.compact(when)


def _standing(when: datetime) -> Callable[[], datetime]:
    """A frozen clock."""
    return lambda: when


def _send(url: str, body: bytes) -> None:
    answer = requests.post(
        url,
        data=gzip.compress(body),
        headers={"Content-Type": "application/json", "Content-Encoding": "gzip"},
        timeout=_TIMEOUT,
    )
    if not answer.ok:
        raise DropsondeError(f"the demo's collector answered {answer.status_code}", "report it")


@contextlib.contextmanager
def _collector(
    directory: Path, versions: Sequence[Sequence[Column]], clock: Callable[[], datetime]
) -> Iterator[str]:
    """A collector in a thread; gives its URL."""
    data = directory / "data"
    with (
        contextlib.closing(listening(HOST, 0)) as socket,
        Store.open(data, versions[0], clock, accept_clock=True) as store,  # weeks apart
    ):
        listener = Listener(socket)
        parts = Parts(
            store=store,
            vocabularies=Vocabularies(directory / "forge.json", versions),
            key=Key.load_or_make(data),
            columns=versions[0],
            dataset=listener.url,
            clock=clock,
            monotonic=time.monotonic,
            limits=_LIMITS,
            retain=_RETAIN,
        )
        ready = threading.Event()
        server = server_of(make_app(parts), listener, _LIMITS, ready.set)
        thread = threading.Thread(target=server.run, args=([socket],))
        thread.start()
        try:
            if not ready.wait(_TIMEOUT):
                raise DropsondeError("the demo's collector does not start", "report it")
            yield listener.url
        finally:
            server.should_exit = True
            thread.join()


def release(releasing: Releasing, finished: Sequence[str], root: Path) -> None:
    """Release the weeks, which say that they are made up, and publish them."""
    released = private_directory(releasing.released)
    with releasing.alone():
        for week in finished[1:]:  # a site counts from its second week on
            made = releasing.make(week, released)
            replace(made, method=replace(made.method, made_up=True)).save(released)
    publish(root, released)


class _Quiet(SimpleHTTPRequestHandler):
    """Serves files without a log."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Log nothing."""


def pages(root: Path, port: int) -> ThreadingHTTPServer:
    """Make a web server for the public root, on loopback; the caller runs it.

    Raises:
        ConfigError: the port is not available.
    """
    listening(HOST, port).close()
    handler = functools.partial(_Quiet, directory=str(root))
    return ThreadingHTTPServer((HOST, port), handler)
