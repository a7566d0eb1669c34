"""``dropsonde-collector check``: would the guard let a contributed query through?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dropsonde.aggregation.plan import lines
from dropsonde.collector.cli import streams
from dropsonde.collector.cli.judging import accepted, verdict_of

if TYPE_CHECKING:
    from argparse import Namespace


def run(arguments: Namespace) -> int:
    """Print the plan, or each reason with its line and column."""
    verdict = verdict_of(arguments.file)
    streams.write_lines(f"{arguments.file}:{reason}" for reason in verdict.reasons)
    streams.write_lines(lines(accepted(arguments.file, verdict)))
    return 0
