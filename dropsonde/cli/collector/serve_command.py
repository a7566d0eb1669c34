"""``dropsonde-collector serve``: receive reports until asked to end."""

from __future__ import annotations

import time
from argparse import Namespace
from contextlib import ExitStack, closing
from importlib.util import find_spec

from dropsonde.cli.collector.sources import opened, remote
from dropsonde.collector import vocabulary_file
from dropsonde.collector.intake.vocabulary import Vocabularies
from dropsonde.collector.web.app import Parts, make_app
from dropsonde.collector.web.limits import Limits
from dropsonde.collector.web.reports import Announcement
from dropsonde.collector.web.server import Listener, is_loopback, listening, serve, url_of
from dropsonde.collector.web.signing_key import Key
from dropsonde.common import console
from dropsonde.common.clock import utc_now
from dropsonde.common.errors import UsageError
from dropsonde.common.urls import shown
from dropsonde.protocol.about import About
from dropsonde.schema import published

_MINUTE = 60


def run(arguments: Namespace) -> int:
    """Open everything, report when it is ready, and end with exit code 0 when asked to."""
    if find_spec("duckdb") is None:  # which only the processes of ``store.apart`` import
        raise ModuleNotFoundError(name="duckdb")
    if bool(arguments.newer) != bool(arguments.newer_link):
        raise UsageError("--newer and --newer-link need each other", "give both or none")
    if (arguments.contact or arguments.privacy_url) and not arguments.operator:
        raise UsageError("--contact and --privacy-url are the operator's", "give --operator too")
    versions = tuple(published.load().values())
    path = arguments.forge_list or arguments.data / "forge.json"
    limits = Limits(
        rate=arguments.rate,
        burst=max(int(arguments.rate * _MINUTE), 1),
        new_sites=arguments.new_sites,
    )
    archive = remote(arguments)
    with ExitStack() as stack:
        socket = stack.enter_context(closing(listening(arguments.host, arguments.port)))
        if not (is_loopback(socket) or arguments.trusted_proxy or arguments.plain_http):
            raise UsageError(
                f"--host {arguments.host}: others would send reports there in plain HTTP",
                "put nginx in front (docs/collector.md) with --trusted-proxy, or give --plain-http",
            )
        counters = None
        if arguments.metrics_listen:
            counters = stack.enter_context(closing(listening(*arguments.metrics_listen)))
        listener = Listener(socket, arguments.trusted_proxy, counters)
        # Before the store makes anything.
        vocabularies = Vocabularies(
            path,
            versions,
            arguments.vocabulary or arguments.data / vocabulary_file.NAME,
            required=arguments.vocabulary is not None,
        )
        with opened(arguments, utc_now, archive, stays=True) as store:
            if counters is not None:
                console.say(f"counters on {url_of(counters)}/metrics")
            parts = Parts(
                store=store,
                vocabularies=vocabularies,
                key=Key.load_or_make(arguments.data),
                columns=versions[0],
                dataset=shown(arguments.public_url or listener.url),
                clock=utc_now,
                monotonic=time.monotonic,
                announcement=Announcement(arguments.newer or "", arguments.newer_link or ""),
                about=_about(arguments),
                limits=limits,
                retain=arguments.retain,
                deletion_by_id=arguments.deletion_by_id,
                counters=counters.getsockname()[1] if counters else None,
                workers=arguments.workers,
            )
            app = make_app(parts)
            serve(app, listener, limits, lambda: console.say(f"ready on {listener.url}"))
    return 0


def _about(arguments: Namespace) -> About:
    """Who runs the collector, for those who send to it."""
    return About(
        arguments.operator or "",
        arguments.contact or "",
        arguments.privacy_url or "",
        arguments.retain,
    )
