"""``dropsonde-collector check``: would the guard accept a contributed query?"""

from __future__ import annotations

import textwrap
from argparse import Namespace

from dropsonde.aggregation.plan import lines
from dropsonde.cli.collector.mechanism import described
from dropsonde.cli.collector.query_file import accepted, verdict_of
from dropsonde.cli.collector.releases import plans
from dropsonde.cli.collector.sources import newest
from dropsonde.common import console

_WIDTH = 79


def run(arguments: Namespace) -> int:
    """Print the plan, or each reason with its line and column."""
    verdict = verdict_of(arguments.file)
    console.write_lines(f"{arguments.file}:{reason}" for reason in verdict.reasons)
    plan = accepted(arguments.file, verdict)
    columns = newest()
    for line in lines(plan):
        console.write_lines(textwrap.wrap(line, _WIDTH, subsequent_indent="  "))
    console.write_lines(["", *described(plan, list(plans(columns)), columns)])
    return 0
