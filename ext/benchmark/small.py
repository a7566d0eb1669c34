"""The rows that need no PuppetDB: start-up, manifests, the Forge's list, made-up rows."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from ext.benchmark.bare import curl, shell, sizes
from ext.benchmark.measure import DROPSONDE, HERE, Case, run
from ext.benchmark.preview import read
from tests.doubles.forge import LoopbackForge, names

if TYPE_CHECKING:
    from tests.doubles.forge import Request

STARTUP_MOST, COMMAND_MOST = 1.5, 2.0
MANIFESTS = Path("/usr/share/puppet/modules.available")
FORGE_MODULES = 6351
FORGE_REQUESTS, FORGE_BYTES = 65, 2_500_000
SIZES = (1_000, 50_000)


def startup() -> Iterator[Case]:
    """Yield start-up times, compared with Python and the one module that it must import."""
    bare = (sys.executable, "-c", "import argparse")
    yield Case("start-up: --version", (DROPSONDE, "--version"), bare, most=STARTUP_MOST)
    for words in ("--help", "list", "dev schema"):
        ours = (DROPSONDE, *words.split())
        yield Case(f"start-up: {words}", ours, bare, most=COMMAND_MOST)


def manifests(scratch: Path) -> Iterator[Case]:
    """Yield finding the classes of all packaged manifests, compared with reading the files."""
    paths = sorted(MANIFESTS.glob("**/*.pp"))
    if not paths:
        print(f"manifests: {MANIFESTS} holds none: left out", file=sys.stderr)
        return
    listing = scratch / "manifests"
    listing.write_text("".join(f"{path}\0" for path in paths))
    script = str(HERE / "read_files.py")
    yield Case(
        "class names of the packaged manifests",
        (script, str(listing), "classes"),
        (sys.executable, script, str(listing)),
        note=read(listing),
    )


def forge(scratch: Path) -> Iterator[Case]:
    """Yield fetching the Forge's whole list, and asking for news when there is none."""
    directory = scratch / "forge"
    with LoopbackForge(names(FORGE_MODULES)) as server:
        ours = (DROPSONDE, "update", f"--forge={server.url}", f"--cachepath={directory}")

        def start_again() -> None:
            shutil.rmtree(directory, ignore_errors=True)

        for name, prepare in (("all", start_again), ("nothing new", lambda: None)):
            prepare()
            yield _forge_case(name, ours, server, scratch, prepare)


def _forge_case(
    name: str,
    ours: tuple[str, ...],
    server: LoopbackForge,
    scratch: Path,
    prepare: Callable[[], None],
) -> Case:
    server.requests.clear()
    server.bytes_sent = 0
    run((sys.executable, *ours), {}, scratch)
    asked, sent = list(server.requests), server.bytes_sent
    urls = [f"{server.url}{one.path}?{urlencode(one.query, quote_via=quote)}" for one in asked]
    since = [f'header = "If-Modified-Since: {value}"' for value in _conditions(asked)]
    command = curl(urls, scratch / f"curl-{name}.conf", options=since)
    _, plain = sizes(command, scratch)
    whole = name == "all"
    requests = FORGE_REQUESTS if whole else 1
    return Case(
        f"Forge, {FORGE_MODULES:,} modules: {name}",
        ours,
        shell(command),
        aim=f"≤ {requests} requests" + f", ≤ {FORGE_BYTES / 1e6} MB" * whole,
        met=len(asked) <= requests and sent <= FORGE_BYTES,
        note=f"{len(asked)} requests, {sent:,} bytes, {plain:,} unpacked",
        prepare=prepare,
    )


def _conditions(asked: Iterable[Request]) -> set[str]:
    return {value for one in asked if (value := one.headers.get("If-Modified-Since"))}


def example() -> Iterator[Case]:
    """Yield making up rows of the dataset."""
    for size in SIZES:
        yield Case(
            f"dev example, {size:,} rows",
            (DROPSONDE, "dev", "example", f"--size={size}"),
            rows=size,
        )
