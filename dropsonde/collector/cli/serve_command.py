"""``dropsonde-collector serve``: receive reports until asked to end."""

from __future__ import annotations

import time
from contextlib import closing
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from dropsonde.collector.cli import streams
from dropsonde.collector.cli.reading import opened, remote
from dropsonde.collector.web.app import Parts, make_app
from dropsonde.collector.web.keys import Key
from dropsonde.collector.web.limits import Limits
from dropsonde.collector.web.reports import Announcement
from dropsonde.collector.web.server import Listener, listening, serve, server_tls
from dropsonde.collector.web.vocabulary import Intakes
from dropsonde.errors import UsageError
from dropsonde.schema import published
from dropsonde.urls import shown

if TYPE_CHECKING:
    from argparse import Namespace

_MINUTE = 60


def utc_now() -> datetime:
    """The time, aware."""
    return datetime.now(timezone.utc)


def run(arguments: Namespace) -> int:
    """Open everything, say when it is ready, and end with exit code 0 when asked to."""
    if arguments.tls_key and not arguments.tls_cert:
        raise UsageError("--tls-key needs --tls-cert", "name the certificate, too")
    if bool(arguments.newer) != bool(arguments.newer_link):
        raise UsageError("--newer and --newer-link need each other", "give both or none")
    versions = tuple(published.load().values())
    tls = server_tls(arguments.tls_cert, arguments.tls_key) if arguments.tls_cert else None
    path = arguments.forge_list or arguments.data / "forge.json"
    limits = Limits(rate=arguments.rate, burst=max(int(arguments.rate * _MINUTE), 1))
    archive = remote(arguments)
    with closing(listening(arguments.host, arguments.port)) as socket:
        listener = Listener(socket, tls, arguments.trusted_proxy)
        intakes = Intakes(path, versions)  # before the store makes anything
        with opened(arguments, utc_now, archive) as store:
            parts = Parts(
                store=store,
                intakes=intakes,
                key=Key.load_or_make(arguments.data),
                columns=versions[0],
                dataset=shown(arguments.public_url or listener.url),
                clock=utc_now,
                monotonic=time.monotonic,
                announcement=Announcement(arguments.newer or "", arguments.newer_link or ""),
                limits=limits,
                retain=arguments.retain,
            )
            app = make_app(parts)
            serve(app, listener, limits, lambda: streams.say(f"ready on {listener.url}"))
    return 0
