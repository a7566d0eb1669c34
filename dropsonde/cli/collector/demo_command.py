"""``dropsonde-collector demo``: made-up sites, a collector, some weeks, and their pages."""

from __future__ import annotations

import contextlib
import tempfile
from argparse import Namespace
from datetime import timedelta
from pathlib import Path

from dropsonde.aggregation.engines.duckdb.engine import engine
from dropsonde.aggregation.privacy.loss import Budget
from dropsonde.aggregation.privacy.unit import Unit
from dropsonde.aggregation.releasing import Releasing
from dropsonde.cli.collector.options import DELTA_YEAR, EPSILON_YEAR
from dropsonde.cli.collector.releases import plans
from dropsonde.common import console, weeks
from dropsonde.common.clock import utc_now
from dropsonde.demo import collector
from dropsonde.demo.world import published as published_modules
from dropsonde.schema import published


def run(arguments: Namespace) -> int:
    """Run it in a directory that is removed afterwards, and serve the pages until interrupted."""
    newest = weeks.first_moment(weeks.last_finished(utc_now()))
    before = reversed(range(arguments.weeks + 1))  # a site counts from its second week on
    finished = [weeks.week_of(newest - timedelta(weeks=back)) for back in before]
    versions = tuple(published.load().values())
    with (
        tempfile.TemporaryDirectory(prefix="dropsonde-demo-") as name,
        collector.pages(Path(name) / "public", arguments.port) as server,
    ):
        directory = Path(name)
        console.say(f"{arguments.sites:,} made-up sites report to a collector on loopback …")
        taken = collector.report(directory, versions, arguments.sites, finished)
        console.say(f"{taken:,} reports were taken; releasing {finished[1]} to {finished[-1]} …")
        data, columns = directory / "data", versions[0]
        releasing = Releasing(
            data=data,
            released=directory / "releases",
            opened=lambda: engine(data, columns),
            plans=list(plans(columns)),
            schema=columns,
            modules=published_modules,
            clock=utc_now,
            unit=Unit.MODULE,
            year=Budget(EPSILON_YEAR[Unit.MODULE.value], DELTA_YEAR),
        )
        collector.release(releasing, finished, directory / "public")
        console.write_lines([f"http://{collector.HOST}:{server.server_port}/index.html"])
        console.say("the pages are there; Ctrl-C ends it and removes everything")
        with contextlib.suppress(KeyboardInterrupt):
            server.serve_forever()
    return 0
