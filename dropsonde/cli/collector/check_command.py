"""``dropsonde-collector check``: would the guard accept a contributed query?"""

from __future__ import annotations

from argparse import Namespace

from dropsonde.aggregation.plan import lines
from dropsonde.cli.collector.query_file import accepted, verdict_of
from dropsonde.common import console


def run(arguments: Namespace) -> int:
    """Print the plan, or each reason with its line and column."""
    verdict = verdict_of(arguments.file)
    console.write_lines(f"{arguments.file}:{reason}" for reason in verdict.reasons)
    console.write_lines(lines(accepted(arguments.file, verdict)))
    return 0
