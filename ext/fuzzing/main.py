"""Fuzz the collector with malformed reports, HTTP and queries, until a fault or the time's end.

A round sends some hundred requests to the application itself, then some to a real server over a
socket, reads and compacts the dataset, and finally gives the guard as many queries. A seed makes
each round reproducible; hypothesis shrinks what it finds.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gzip
import random
import tempfile
import time
import traceback
import zlib
from collections.abc import Callable, Sequence
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, Phase, given, seed, settings

from ext.fuzzing import asgi, queries, sockets
from ext.fuzzing.bodies import real_reports
from ext.fuzzing.checks import Watch, sound, tells_nothing, values_of, watching
from tests.unit.collector.web.serving import NOW, QUICK, application, served

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy
    from starlette.types import ASGIApp

    from dropsonde.collector.store import Store

# An open connection ends soon, so a round can try many.
HURRIED = QUICK._replace(head=0.05, body=0.05, answer=1, silent=1, idle=0, deletion=0.001)
CONNECTIONS = 5  # a fifth as many streams as requests: they take longer


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the rounds; return 1 if a round found a fault."""
    options = _options(arguments)
    until = time.monotonic() + 60 * options.minutes
    real = real_reports()
    for turn in count():
        number = options.seed + turn
        try:
            with tempfile.TemporaryDirectory(prefix="dropsonde-fuzz-") as name, watching() as watch:
                fuzz(Path(name), watch, real, number, options.examples)
        except Exception:  # noqa: BLE001 - whatever it is, it was found
            traceback.print_exc()
            print(f"\nFound. Again: ext/fuzz.py --minutes 0 --seed {number}", end="")
            print(f" --examples {options.examples}")
            return 1
        if time.monotonic() >= until:
            print(f"Nothing found in {turn + 1} rounds, seeds {options.seed} to {number}.")
            return 0
    return 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="ext/fuzz.py", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10, help="(default: 10; 0: one round)")
    parser.add_argument("--examples", type=int, default=1000, help="in a round (default: 1000)")
    parser.add_argument(
        "--seed",
        type=int,
        default=random.SystemRandom().randrange(1_000_000_000),
        help="of the first round; the next one's is one more (default: drawn)",
    )
    return parser.parse_args(arguments)


def fuzz(directory: Path, watch: Watch, real: Sequence[bytes], number: int, examples: int) -> None:
    """Run one round.

    Raises:
        FoundError: an invariant is violated; other exceptions mean the same.
    """
    for name in ("asgi", "http"):
        (directory / name).mkdir()
    with application(directory / "asgi", HURRIED) as (app, parts):
        with asgi.running(app) as loop:

            def ask(request: asgi.Request) -> None:
                check(app, loop, watch, request)

            _each(ask, asgi.requests(real), number, examples)
        _read(parts.store)
    with served(directory / "http", HURRIED) as collector:

        def talk(pieces: tuple[bytes, ...]) -> None:
            said = sockets.talk(collector.port, pieces)
            for status in sockets.statuses(said):
                sound(status)
            tells_nothing(said)
            watch.silent()

        _each(talk, sockets.streams(real), number, examples // CONNECTIONS)
        _read(collector.store)
        sound(collector.post().status_code)
    watch.silent()
    _each(queries.check, queries.texts(), number, examples)


def check(
    app: ASGIApp, loop: asyncio.AbstractEventLoop, watch: Watch, request: asgi.Request
) -> None:
    """Send a request to an application, and check the answer.

    Raises:
        FoundError: the answer violates an invariant.
    """
    answer = loop.run_until_complete(asgi.ask(app, request))
    sound(answer.status)
    body = b"".join(request.pieces)
    with contextlib.suppress(OSError, EOFError, zlib.error):
        body = gzip.decompress(body)
    tells_nothing(answer.data, values_of(body))
    watch.silent()


def _each(
    run: Callable[[Any], None], cases: SearchStrategy[Any], number: int, examples: int
) -> None:
    everything = settings(
        max_examples=max(examples, 1),
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate, Phase.shrink),
    )
    seed(number)(everything(given(cases)(run)))()


def _read(store: Store) -> None:
    """Read all stored rows, and compact them."""
    sql = "SELECT count(*), count(DISTINCT CAST(COLUMNS(*) AS VARCHAR)) FROM community_metrics"
    before = list(store.query(sql))
    store.compact(NOW + timedelta(weeks=2))
    if list(store.query(sql)) != before:
        raise RuntimeError("the rows changed when they were compacted")
