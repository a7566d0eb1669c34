"""``dropsonde-collector demo``: made-up sites, a collector, some weeks, and their pages."""

from __future__ import annotations

import contextlib
import tempfile
from argparse import Namespace
from datetime import timedelta
from pathlib import Path

from dropsonde.aggregation.engines.counting import counting
from dropsonde.aggregation.engines.duckdb.engine import engine
from dropsonde.aggregation.releasing import Releasing
from dropsonde.cli.collector.releases import plans
from dropsonde.common import console, weeks
from dropsonde.common.clock import utc_now
from dropsonde.demo import collector
from dropsonde.schema import published


def run(arguments: Namespace) -> int:
    """Run it in a directory that is removed afterwards, and serve the pages until interrupted."""
    newest = weeks.first_moment(weeks.last_finished(utc_now()))
    finished = [
        weeks.week_of(newest - timedelta(weeks=back)) for back in reversed(range(arguments.weeks))
    ]
    versions = tuple(published.load().values())
    with (
        tempfile.TemporaryDirectory(prefix="dropsonde-demo-") as name,
        collector.pages(Path(name) / "public", arguments.port) as server,
    ):
        directory = Path(name)
        console.say(f"{arguments.sites:,} made-up sites report to a collector on loopback …")
        taken = collector.report(directory, versions, arguments.sites, finished)
        console.say(f"{taken:,} reports were taken; releasing {finished[0]} to {finished[-1]} …")
        data, columns = directory / "data", versions[0]
        count = counting(lambda plans: engine(data, columns, plans), plans(columns))
        releasing = Releasing(directory / "data", directory / "releases", count, utc_now)
        collector.release(releasing, finished, directory / "public")
        console.write_lines([f"http://{collector.HOST}:{server.server_port}/index.html"])
        console.say("the pages are there; Ctrl-C ends it and removes everything")
        with contextlib.suppress(KeyboardInterrupt):
            server.serve_forever()
    return 0
