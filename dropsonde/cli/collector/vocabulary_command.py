"""``dropsonde-collector vocabulary``: build the file of the Forge's releases and their classes."""

from __future__ import annotations

import os
import threading
import time
from argparse import Namespace
from collections.abc import Callable

from dropsonde import http
from dropsonde.cli.progress import progress_bar
from dropsonde.collector.store.directory import made
from dropsonde.common import console
from dropsonde.common.clock import utc_now
from dropsonde.common.urls import shown
from dropsonde.site.vocabulary.building import Forge, build
from dropsonde.site.vocabulary.files import Files


def run(arguments: Namespace) -> int:
    """Ask the Forge for what is new, replace the file, and print what it holds."""
    made(arguments.data)
    url = arguments.forge.rstrip("/")
    files = Files(arguments.data, shown(url))
    proxies = http.puppet_proxies(http.NoPuppet(), os.environ)
    forge = Forge(
        url,
        lambda: http.session(verify=http.authorities(os.environ), proxies=proxies),
        pacer(arguments.rate),
    )
    with progress_bar("releases") as progress:
        built = build(forge, files, arguments.since, utc_now(), progress)
    known = sum(release.classes is not None for release in built.content.releases)
    unusable = f", {built.unread:,} cannot be used" if built.unread else ""
    line = (
        f"{built.modules:,} modules, {len(built.content.releases):,} releases; {known:,} of them "
        f"read, all since {built.content.since} ({built.read:,} now{unusable})"
    )
    console.write([f"{line}\n{files.shared}: sha256 {built.sha256}\n".encode()])
    return 0


def pacer(rate: float) -> Callable[[], None]:
    """A function that waits, so that it is called at most so often.

    Args:
        rate: calls a second, of all threads together; 0 for any number.
    """
    lock = threading.Lock()
    free = time.monotonic()

    def pace() -> None:
        nonlocal free
        if not rate:
            return
        with lock:
            now = time.monotonic()
            free = max(free, now)
            pause, free = free - now, free + 1 / rate
        time.sleep(pause)

    return pace
