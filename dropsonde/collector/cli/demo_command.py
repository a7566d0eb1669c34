"""``dropsonde-collector demo``: made-up sites, a collector, two weeks, and the pages of them."""

from __future__ import annotations

import contextlib
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from dropsonde.aggregation.counting import counting
from dropsonde.aggregation.engines.duckdb import engine
from dropsonde.aggregation.releasing import Releasing
from dropsonde.collector import weeks
from dropsonde.collector.cli import streams
from dropsonde.collector.cli.releases import plans
from dropsonde.collector.cli.serve_command import utc_now
from dropsonde.collector.demo import playing
from dropsonde.schema import published

if TYPE_CHECKING:
    from argparse import Namespace


def run(arguments: Namespace) -> int:
    """Play it in a directory that is removed afterwards, and serve the pages until interrupted."""
    newest = weeks.first_moment(weeks.last_finished(utc_now()))
    finished = [
        weeks.week_of(newest - timedelta(weeks=back)) for back in reversed(range(arguments.weeks))
    ]
    versions = tuple(published.load().values())
    with (
        tempfile.TemporaryDirectory(prefix="dropsonde-demo-") as name,
        playing.pages(Path(name) / "public", arguments.port) as server,
    ):
        place = Path(name)
        streams.say(f"{arguments.sites:,} made-up sites report to a collector on loopback …")
        taken = playing.report(place, versions, arguments.sites, finished)
        streams.say(f"{taken:,} reports were taken; releasing {finished[0]} to {finished[-1]} …")
        data, columns = place / "data", versions[0]
        count = counting(lambda plans: engine(data, columns, plans), plans(columns))
        releasing = Releasing(place / "data", place / "releases", count, utc_now)
        playing.release(releasing, finished, place / "public")
        streams.write_lines([f"http://{playing.HOST}:{server.server_port}/index.html"])
        streams.say("the pages are there; Ctrl-C ends it and removes everything")
        with contextlib.suppress(KeyboardInterrupt):
            server.serve_forever()
    return 0
